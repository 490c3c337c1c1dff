//! The functions that stand above the kernel, where it calls them.
//!
//! What is known of the hardware's copy (operands, their order, the names) comes from public sources; none of it
//! was run on an Apple GPU by the makers of this crate.

use std::collections::BTreeSet;

use enigma_ir::target::LinearCopy;

use crate::lanes::LaneFold;
use crate::{AsyncLowering, Options};

/// A function that a kernel's text may call.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Helper {
    /// Division of signed integers, rounded down.
    FloorDivide,
    /// `extract_bits` with clamped operands.
    ExtractBits,
    /// `insert_bits` with clamped operands.
    InsertBits,
    /// Addition to a float in threadgroup memory.
    AtomicAdd,
    /// A reduction or a prefix over 64-bit integers.
    Lanes(LaneFold),
    /// A copy.
    Copy(CopyHelper),
    /// The wait for copies.
    Wait,
}

impl Helper {
    /// The name that the kernel calls.
    pub fn name(self) -> &'static str {
        match self {
            Helper::FloorDivide => "floor_divide",
            Helper::ExtractBits => "extract_field",
            Helper::InsertBits => "insert_field",
            Helper::AtomicAdd => "atomic_add",
            Helper::Lanes(fold) => fold.name(),
            Helper::Copy(copy) => copy.name(),
            Helper::Wait => "async_copy_wait",
        }
    }
}

/// Which copy.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct CopyHelper {
    /// The near side is a register tensor; else it is threadgroup memory.
    pub registers: bool,
    /// Rows and columns, not consecutive elements.
    pub tile: bool,
    /// From the near side to device memory; else the other way.
    pub to_device: bool,
    /// Only a part of the tile exists in device memory.
    pub edges: bool,
}

impl CopyHelper {
    /// The name that the kernel calls: the operation's own, but for registers.
    pub fn name(self) -> &'static str {
        match (self.registers, self.tile, self.to_device) {
            (false, false, false) => "async_copy_1d_d2t",
            (false, false, true) => "async_copy_1d_t2d",
            (false, true, false) => "async_copy_2d_d2t",
            (false, true, true) => "async_copy_2d_t2d",
            (true, false, false) => "copy_1d_to_registers",
            (true, false, true) => "copy_1d_from_registers",
            (true, true, false) => "copy_2d_to_registers",
            (true, true, true) => "copy_2d_from_registers",
        }
    }

    /// The destination and the source, each as a pointer to elements of `element`.
    fn sides(self, element: &str) -> [String; 2] {
        let near = if self.registers { "thread" } else { "threadgroup" };
        match self.to_device {
            true => [format!("device {element}* dst"), format!("const {near} {element}* src")],
            false => [format!("{near} {element}* dst"), format!("const device {element}* src")],
        }
    }

    fn parameters(self) -> String {
        let [dst, src] = self.sides("T");
        if !self.tile {
            return format!("{dst}, {src}, long count");
        }
        let edges = match (self.edges, self.to_device) {
            (false, _) => "",
            (true, true) => ",\n    long valid_cols, long valid_rows",
            (true, false) => ",\n    long valid_cols, long valid_rows, async_copy_fill fill",
        };
        format!("\n    {dst}, long dst_pitch, {src}, long src_pitch, long cols, long rows{edges}\n")
    }
}

/// The functions that one kernel needs.
pub(crate) struct Helpers {
    options: Options,
    needed: BTreeSet<Helper>,
    /// Copies that may turn out to be empty.
    guarded: BTreeSet<CopyHelper>,
    nullable_events: bool,
}

impl Helpers {
    pub fn new(options: Options) -> Self {
        Helpers { options, needed: BTreeSet::new(), guarded: BTreeSet::new(), nullable_events: false }
    }

    /// Asks for a function.
    pub fn need(&mut self, helper: Helper) {
        self.needed.insert(helper);
        if let Helper::Copy(copy) = helper
            && copy.edges
            && copy.to_device
        {
            self.needed.insert(Helper::Copy(CopyHelper { edges: false, ..copy }));
        }
    }

    /// Asks for the form of a copy that hands the hardware nothing where there is nothing to copy.
    pub fn may_be_empty(&mut self, copy: CopyHelper) {
        self.guarded.insert(copy);
        if copy.to_device {
            self.guarded.insert(CopyHelper { edges: false, ..copy });
        }
    }

    /// Asks for a wait that passes over copies which were never issued.
    pub fn events_may_be_null(&mut self) {
        self.nullable_events = true;
    }

    /// The text of all functions that were asked for.
    pub fn text(&self) -> String {
        let copies: Vec<CopyHelper> =
            self.needed.iter().filter_map(|h| if let Helper::Copy(c) = h { Some(*c) } else { None }).collect();
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.needed.iter().filter_map(|helper| match helper {
            Helper::FloorDivide => Some(FLOOR_DIVIDE.to_owned()),
            Helper::ExtractBits => Some(EXTRACT_FIELD.to_owned()),
            Helper::InsertBits => Some(INSERT_FIELD.to_owned()),
            Helper::AtomicAdd => Some(ATOMIC_ADD.to_owned()),
            Helper::Lanes(fold) => Some(fold.text()),
            Helper::Copy(_) | Helper::Wait => None,
        }));
        if copies.iter().any(|c| c.edges && !c.to_device) {
            parts.push(FILL.to_owned());
        }
        if self.options.async_lowering != AsyncLowering::Cooperative && copies.iter().any(|c| !c.registers) {
            parts.push(self.declarations(&copies));
        }
        if self.fills_with_zero() {
            parts.push(FILL_WITH_ZERO.to_owned());
        }
        parts.extend(copies.iter().map(|&copy| {
            match copy.registers || self.options.async_lowering == AsyncLowering::Cooperative {
                true => lane_copy(copy),
                false => self.hardware_copy(copy),
            }
        }));
        if self.needed.contains(&Helper::Wait) {
            parts.push(self.wait());
        }
        parts.iter().map(|part| format!("{part}\n")).collect()
    }

    /// Whether lanes fill a tile that the hardware is not asked to fill, because none of it exists.
    fn fills_with_zero(&self) -> bool {
        self.options.async_lowering != AsyncLowering::Cooperative
            && self.guarded.iter().any(|copy| copy.edges && !copy.to_device && !copy.registers)
    }

    /// The hardware's operations, which Metal's headers do not declare.
    fn declarations(&self, copies: &[CopyHelper]) -> String {
        let mut text = String::from(EVENT);
        for (tile, to_device) in [(false, false), (false, true), (true, false), (true, true)] {
            let operation = CopyHelper { registers: false, tile, to_device, edges: false };
            if copies.iter().any(|copy| !copy.registers && self.operation(*copy) == operation) {
                text.push_str(&self.declaration(operation));
            }
        }
        let label = self.label("air.wait_simdgroup_events");
        text.push_str(&format!(
            "void air_wait_simdgroup_events(int count, thread async_event* events)\n    __asm({label}) __attribute__((convergent));\n"
        ));
        text
    }

    fn label(&self, symbol: &str) -> String {
        match self.options.async_lowering {
            AsyncLowering::AsmEscaped => format!("\"\\001{symbol}\""),
            _ => format!("\"{symbol}\""),
        }
    }

    /// The hardware's operation that a copy calls.
    fn operation(&self, copy: CopyHelper) -> CopyHelper {
        let tile = copy.tile || self.options.target.linear_copy == LinearCopy::Row;
        CopyHelper { tile, edges: false, ..copy }
    }

    /// Address space 1 is device memory, 3 is threadgroup memory; the destination stands first.
    fn declaration(&self, copy: CopyHelper) -> String {
        let [dst, src] = copy.sides("void");
        let (extent, spaces) = (if copy.tile { 2 } else { 1 }, if copy.to_device { "p1i8.p3i8" } else { "p3i8.p1i8" });
        let label = self.label(&format!("air.simdgroup_async_copy_{extent}d.{spaces}"));
        let operands = match copy.tile {
            false => format!("    ulong element_size, ulong alignment, {dst}, {src}, ulong count"),
            true => format!(
                "    ulong element_size, ulong alignment,\n    \
                     {dst}, ulong dst_pitch, ulong dst_stride, ulong2 dst_tile,\n    \
                     {src}, ulong src_pitch, ulong src_stride, ulong2 src_tile,\n    \
                     ulong2 offset, int clamp_mode"
            ),
        };
        format!("async_event air_{}(\n{operands}\n) __asm({label}) __attribute__((convergent));\n\n", copy.name())
    }

    /// A copy that the hardware makes.
    fn hardware_copy(&self, copy: CopyHelper) -> String {
        let (operation, guarded) = (self.operation(copy), self.guarded.contains(&copy));
        let name = operation.name();
        let whole =
            Extents { dst_pitch: "dst_pitch", src_pitch: "src_pitch", dst_tile: "cols, rows", src_tile: "cols, rows" };
        let mut body = Vec::new();
        match (copy.tile, copy.edges, copy.to_device) {
            (false, ..) => {
                guard(&mut body, guarded, "count <= 0");
                body.push(match operation.tile {
                    false => format!("return air_{name}(sizeof(T), alignof(T), dst, src, count);"),
                    true => hardware_tile(name, &ROW, "0"),
                });
            }
            (true, false, _) => {
                guard(&mut body, guarded, "cols <= 0 || rows <= 0");
                body.push(hardware_tile(name, &whole, "0"));
            }
            (true, true, true) => body.push(clipped(name)),
            (true, true, false) => {
                body.extend(CLAMP_VALID.map(str::to_owned));
                if guarded {
                    body.push("if (valid_cols == 0 || valid_rows == 0) {".to_owned());
                    body.push("    fill_with_zero(dst, dst_pitch, cols, rows);".to_owned());
                    body.push("    return nullptr;".to_owned());
                    body.push("}".to_owned());
                }
                let valid = Extents { src_tile: "valid_cols, valid_rows", ..whole };
                body.push(hardware_tile(name, &valid, "fill"));
            }
        }
        function("inline __attribute__((always_inline)) async_event", copy, &body)
    }

    /// The wait, which takes any number of events.
    fn wait(&self) -> String {
        let mut text = String::from(
            "template <typename... Events>\nvoid async_copy_wait(Events... events) {\n    async_event in_flight[] = {events...};\n",
        );
        match self.nullable_events {
            false => text.push_str("    air_wait_simdgroup_events(sizeof...(events), in_flight);\n"),
            true => text.push_str(WAIT_FOR_ISSUED),
        }
        if self.fills_with_zero() {
            text.push_str("    simdgroup_barrier(mem_flags::mem_threadgroup);\n");
        }
        text.push_str("}\n");
        text
    }
}

/// A copy that lanes make: all lanes of the simdgroup together, or, with registers, each lane its own.
fn lane_copy(copy: CopyHelper) -> String {
    let count = if copy.tile { "cols * rows" } else { "count" };
    let mut body = Vec::new();
    if copy.edges && copy.to_device {
        body.push(clipped(copy.name()).trim_start_matches("return ").to_owned());
        return function("void", copy, &body);
    }
    if copy.edges {
        body.extend(CLAMP_VALID.map(str::to_owned));
    }
    if copy.registers {
        body.push(format!("for (long i = 0; i < {count}; i++) {{"));
    } else {
        body.push(SETTLE.to_owned());
        body.push(LANES.to_owned());
        body.push(format!("for (long i = lane; i < {count}; i += lanes) {{"));
    }
    if !copy.tile {
        body.push("    dst[i] = src[i];".to_owned());
    } else {
        body.push("    long row = i / cols, col = i % cols;".to_owned());
        body.push(match copy.edges {
            true => CLAMPED_ELEMENT.to_owned(),
            false => "    dst[row * dst_pitch + col] = src[row * src_pitch + col];".to_owned(),
        });
    }
    body.push("}".to_owned());
    function("void", copy, &body)
}

fn function(result: &str, copy: CopyHelper, body: &[String]) -> String {
    let lines: String = body.iter().flat_map(|part| part.lines()).map(|line| format!("    {line}\n")).collect();
    format!("template <typename T>\n{result} {}({}) {{\n{lines}}}\n", copy.name(), copy.parameters())
}

fn guard(body: &mut Vec<String>, guarded: bool, empty: &str) {
    if guarded {
        body.push(format!("if ({empty}) {{\n    return nullptr;\n}}"));
    }
}

/// The extents of a tile on both sides, as the text of a copy names them.
struct Extents {
    dst_pitch: &'static str,
    src_pitch: &'static str,
    /// Columns and rows.
    dst_tile: &'static str,
    /// Columns and rows; what the destination has beyond them is filled.
    src_tile: &'static str,
}

/// Consecutive elements as a single row.
const ROW: Extents = Extents { dst_pitch: "count", src_pitch: "count", dst_tile: "count, 1", src_tile: "count, 1" };

fn hardware_tile(name: &str, extents: &Extents, clamp_mode: &str) -> String {
    let Extents { dst_pitch, src_pitch, dst_tile, src_tile } = extents;
    format!(
        "return air_{name}(\n    sizeof(T), alignof(T), dst, {dst_pitch}, 1, ulong2({dst_tile}), src, {src_pitch}, 1, \
         ulong2({src_tile}),\n    ulong2(0, 0), {clamp_mode}\n);"
    )
}

/// A tile to device memory of which only a part exists is the copy of that part.
fn clipped(name: &str) -> String {
    format!(
        "return {name}(\n    dst, dst_pitch, src, src_pitch, clamp(valid_cols, 0L, cols), clamp(valid_rows, 0L, rows)\n);"
    )
}

/// The hardware orders a copy after what its simdgroup did before; lanes that copy must be held to that.
const SETTLE: &str = "simdgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);";

const LANES: &str = "long lane = simd_prefix_exclusive_sum(1u), lanes = simd_sum(1u);";

const CLAMP_VALID: [&str; 2] =
    ["valid_cols = clamp(valid_cols, 0L, cols);", "valid_rows = clamp(valid_rows, 0L, rows);"];

const CLAMPED_ELEMENT: &str = "    T value = T(0);
    bool exists = row < valid_rows && col < valid_cols;
    if (exists || (fill == fill_edge && valid_cols > 0 && valid_rows > 0)) {
        value = src[min(row, valid_rows - 1) * src_pitch + min(col, valid_cols - 1)];
    }
    dst[row * dst_pitch + col] = value;";

const FLOOR_DIVIDE: &str = "// The quotient rounded down, where `/` rounds towards zero.
template <typename T>
T floor_divide(T x, T y) {
    return x / y - T(x % y != T(0) && (x < T(0)) != (y < T(0)));
}
";

const EXTRACT_FIELD: &str = "// Bits beyond the width are left out, where Metal leaves the result open.
template <typename T>
T extract_field(T v, uint offset, uint bits, uint width) {
    offset = min(offset, width);
    return extract_bits(v, offset, min(bits, width - offset));
}
";

const INSERT_FIELD: &str = "// Bits beyond the width are left out, where Metal leaves the result open.
template <typename T>
T insert_field(T base, T insert, uint offset, uint bits, uint width) {
    offset = min(offset, width);
    return insert_bits(base, insert, offset, min(bits, width - offset));
}
";

const ATOMIC_ADD: &str =
    "// Metal has no atomic floats in threadgroup memory: the sum is exchanged until no other thread came between.
float atomic_add(threadgroup float* target, float value) {
    threadgroup atomic_uint* bits = (threadgroup atomic_uint*)target;
    uint held = atomic_load_explicit(bits, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        bits, &held, as_type<uint>(as_type<float>(held) + value), memory_order_relaxed, memory_order_relaxed
    )) {
    }
    return as_type<float>(held);
}
";

const FILL: &str = "// What fills the part of a tile that its source does not have: the hardware's clamp mode.
enum async_copy_fill { fill_zero = 0, fill_edge = 1 };
";

const EVENT: &str = "// The asynchronous copies of Apple GPUs, which Metal's headers do not declare. Element size and alignment must reach
// them as literals, so what calls them is inlined.
struct async_event_data;
using async_event = thread async_event_data*;

";

const FILL_WITH_ZERO: &str = "// The lanes of the simdgroup fill a tile: the hardware is never handed an empty copy.
template <typename T>
void fill_with_zero(threadgroup T* dst, long dst_pitch, long cols, long rows) {
    simdgroup_barrier(mem_flags::mem_threadgroup);
    long lane = simd_prefix_exclusive_sum(1u), lanes = simd_sum(1u);
    for (long i = lane; i < cols * rows; i += lanes) {
        dst[i / cols * dst_pitch + i % cols] = T(0);
    }
}
";

const WAIT_FOR_ISSUED: &str = "    int count = 0;
    for (uint i = 0; i < sizeof...(events); i++) {
        if (in_flight[i] != nullptr) {
            in_flight[count++] = in_flight[i];
        }
    }
    if (count > 0) {
        air_wait_simdgroup_events(count, in_flight);
    }
";
