//! Identifiers that neither Metal nor the kernel has taken.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that Metal and C++ keep for themselves.
const RESERVED: &str = "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t \
     class compl const const_cast constant constexpr continue decltype default delete device do double dynamic_cast \
     else enum explicit export extern false float for fragment friend goto half bfloat if inline int kernel long main \
     metal mutable namespace new noexcept not not_eq nullptr object_data operator or or_eq packed_float3 precise fast \
     private protected ptrdiff_t public ray_data register reinterpret_cast restrict return sampler short signed size_t \
     sizeof static static_assert static_cast struct switch template texture this thread thread_local threadgroup \
     threadgroup_imageblock throw true try typedef typeid typename uchar uint ulong union unsigned ushort using vec \
     vertex virtual visible void volatile wchar_t while xor xor_eq mem_flags matrix array vector \
     INFINITY NAN INT_MIN LONG_MIN MAXFLOAT HUGE_VALF assert simdgroup_float8x8 simdgroup_half8x8 simdgroup_bfloat8x8 \
     async_event async_event_data async_copy_fill fill_zero fill_edge fill_with_zero floor_divide async_copy_wait \
     async_copy_1d_d2t async_copy_1d_t2d async_copy_2d_d2t async_copy_2d_t2d air_async_copy_1d_d2t \
     air_async_copy_1d_t2d air_async_copy_2d_d2t air_async_copy_2d_t2d air_wait_simdgroup_events copy_1d_to_registers \
     copy_1d_from_registers copy_2d_to_registers copy_2d_from_registers simdgroup_load simdgroup_store \
     simdgroup_barrier threadgroup_barrier simdgroup_multiply_accumulate make_filled_simdgroup_matrix as_type \
     coherent atomic atomic_int atomic_uint atomic_float atomic_thread_fence memory_order_relaxed memory_order_seq_cst \
     thread_scope_threadgroup thread_scope_device atomic_add extract_field insert_field simd_vote quad_vote";

/// How the names of Metal's numeric macros begin and end.
const MACROS: [(&str, &str); 6] =
    [("FLT_", ""), ("HALF_", ""), ("BFLT_", ""), ("DBL_", ""), ("M_", "_F"), ("M_", "_H")];

/// The names in scope.
#[derive(Default)]
pub(crate) struct Names {
    /// Names of functions and types that this kernel's text uses, by whatever operations it has.
    used: HashSet<String>,
    /// Declared names, innermost scope last.
    scopes: Vec<HashSet<String>>,
}

impl Names {
    /// Takes a name out of circulation.
    pub fn reserve(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    /// Opens a scope: a block between braces.
    pub fn enter(&mut self) {
        self.scopes.push(HashSet::new());
    }

    /// Closes the innermost scope; its names are free again.
    pub fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Declares a variable in the innermost scope: under this name if it is free, else under one close to it.
    pub fn declare(&mut self, wanted: &str) -> String {
        let name = self.free(wanted);
        match self.scopes.last_mut() {
            Some(scope) => scope.insert(name.clone()),
            None => self.used.insert(name.clone()),
        };
        name
    }

    /// This name if it is free, else one close to it.
    pub fn free(&self, wanted: &str) -> String {
        let base = sanitised(wanted);
        if !self.taken(&base) {
            return base;
        }
        (2u32..).map(|n| format!("{base}_{n}")).find(|name| !self.taken(name)).unwrap_or(base)
    }

    /// Declares the first of these names that is free, or one close to the first.
    pub fn declare_first(&mut self, wanted: &[&str]) -> String {
        let free = wanted.iter().find(|name| !self.taken(name));
        self.declare(free.unwrap_or(&wanted[0]))
    }

    fn taken(&self, name: &str) -> bool {
        reserved(name) || self.used.contains(name) || self.scopes.iter().any(|scope| scope.contains(name))
    }
}

fn reserved(name: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| RESERVED.split_ascii_whitespace().collect());
    WORDS.contains(name) || is_vector_or_matrix(name.strip_prefix("packed_").unwrap_or(name))
}

/// `float4`, `half2x3` and the like.
fn is_vector_or_matrix(name: &str) -> bool {
    const EXTENTS: [char; 3] = ['2', '3', '4'];
    let Some(rest) = name.strip_suffix(EXTENTS) else { return false };
    let element = rest.strip_suffix('x').and_then(|rest| rest.strip_suffix(EXTENTS)).unwrap_or(rest);
    enigma_ir::DType::ALL.iter().any(|dtype| dtype.msl() == element)
}

/// The name with every character that C++ does not admit replaced, and no underscores where C++ reserves them.
fn sanitised(name: &str) -> String {
    let mut clean = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c != '_' || !(clean.is_empty() || clean.ends_with('_')) {
            clean.push(c);
        }
    }
    let is_macro = MACROS.iter().any(|(start, end)| clean.starts_with(start) && clean.ends_with(end));
    if clean.is_empty() || is_macro || clean.starts_with(|c: char| c.is_ascii_digit()) {
        clean.insert(0, 'v');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_unless_they_are_taken() {
        let mut names = Names::default();
        names.enter();
        assert_eq!(names.declare("tile"), "tile");
        assert_eq!(names.declare("tile"), "tile_2");
        assert_eq!(names.declare("kernel"), "kernel_2");
        assert_eq!(names.declare("float4"), "float4_2");
        assert_eq!(names.declare("float3x2"), "float3x2_2");
        assert_eq!(names.declare("packed_half4"), "packed_half4_2");
        assert_eq!(names.declare("größe"), "gr_e");
        assert_eq!(names.declare("__x"), "x");
        assert_eq!(names.declare("1st"), "v1st");
        assert_eq!(names.declare("M_PI_F"), "vM_PI_F");
        assert_eq!(names.declare("simd_width"), "simd_width");
    }

    #[test]
    fn a_reserved_prefix_leaves_room() {
        let mut names = Names::default();
        names.enter();
        assert_eq!(names.declare("simdgroup"), "simdgroup");
        assert_eq!(names.declare("simdgroup"), "simdgroup_2");
        assert_eq!(names.declare("simdgroup_load"), "simdgroup_load_2");
        assert_eq!(names.declare("simd_lane"), "simd_lane");
    }

    #[test]
    fn a_scope_gives_its_names_back() {
        let mut names = Names::default();
        names.enter();
        names.enter();
        assert_eq!(names.declare("i"), "i");
        names.leave();
        assert_eq!(names.declare("i"), "i");
    }
}
