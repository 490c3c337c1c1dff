//! What stands between the heading and the body: function constants, and the kernel's parameters, which are its buffers
//! and scalars and the position attributes that it uses.

use std::collections::HashMap;

use enigma_ir::{Attr, Binding, Dim, Op, Opcode, Type, table::Group};

use crate::body::Emitter;

/// The attributes that Metal wants all scalar or all vectors of one kernel, and what to call each.
const FAMILY: [(Opcode, &str); 6] = [
    (Opcode::ThreadPositionInGrid, "gid"),
    (Opcode::ThreadPositionInThreadgroup, "tid"),
    (Opcode::ThreadgroupPositionInGrid, "group"),
    (Opcode::ThreadsPerThreadgroup, "group_size"),
    (Opcode::ThreadsPerGrid, "grid_size"),
    (Opcode::ThreadgroupsPerGrid, "groups"),
];

/// The attributes that are one number each.
const INDICES: [(Opcode, &str); 5] = [
    (Opcode::ThreadIndexInThreadgroup, "thread_index"),
    (Opcode::ThreadIndexInSimdgroup, "lane"),
    (Opcode::SimdgroupIndexInThreadgroup, "simdgroup"),
    (Opcode::ThreadsPerSimdgroup, "lanes"),
    (Opcode::SimdgroupsPerThreadgroup, "simdgroups"),
];

const LINE: usize = 110;

impl<'k> Emitter<'k> {
    /// The head of the kernel, to its opening brace. Binds parameters and positions to their names.
    pub fn signature(&mut self, function: &str) -> String {
        let mut parameters = self.bindings();
        let used: Vec<&'k Op> = self.positions();
        let vectors = used.iter().any(|op| is_family(op.code) && dim(op) != Dim::X);
        for (code, default) in FAMILY.into_iter().chain(INDICES) {
            let uses: Vec<&Op> = used.iter().copied().filter(|op| op.code == code).collect();
            if uses.is_empty() {
                continue;
            }
            let vector = vectors && is_family(code);
            let user_name = uses.iter().find_map(|op| self.kernel.value(op.results[0]).name.as_deref());
            // What the user calls by the default name is something else, mostly what becomes of this one.
            let free = if self.is_named(default) { code.info().name } else { default };
            let name = self.names.declare(user_name.filter(|_| !vector).unwrap_or(free));
            parameters.push(format!("{} {name} [[{}]]", if vector { "uint3" } else { "uint" }, code.info().name));
            self.bind_positions(&uses, &name, vector);
        }
        let head = format!("kernel void {function}(");
        let list = parameters.join(", ");
        match head.len() + list.len() + 3 <= LINE {
            true => format!("{head}{list}) {{"),
            false => format!("{head}\n    {}\n) {{", parameters.join(",\n    ")),
        }
    }

    /// Whether the user gave a value that the text needs this name.
    fn is_named(&self, name: &str) -> bool {
        self.live_operations()
            .iter()
            .flat_map(|op| &op.results)
            .any(|&v| self.kernel.value(v).name.as_deref() == Some(name))
    }

    fn bindings(&mut self) -> Vec<String> {
        let kernel = self.kernel;
        let mut list = Vec::new();
        for (index, param) in kernel.params().iter().enumerate() {
            let name = self.names.declare(&param.name);
            let dtype = param.dtype;
            list.push(match param.binding {
                Binding::Buffer(memory) => {
                    let text = format!("{} {dtype}* {name} [[buffer({index})]]", self.address_space(memory));
                    self.memory_names[memory.index()] = name;
                    text
                }
                Binding::Scalar(value) => {
                    self.variables.bind(value, &name);
                    format!("constant {dtype}& {name} [[buffer({index})]]")
                }
            });
        }
        list
    }

    /// A declaration for each function constant, at file scope. Binds the constants to their names.
    pub fn function_constants(&mut self) -> String {
        let mut text = String::new();
        let mut declared: HashMap<(u32, Type), String> = HashMap::new();
        for op in self.live_operations().into_iter().filter(|op| op.code == Opcode::FunctionConstant) {
            let (result, index) = (op.results[0], constant_index(op));
            let ty = self.kernel.ty(result);
            let name = declared.entry((index, ty)).or_insert_with(|| {
                let own = self.kernel.value(result).name.clone();
                let name = self.names.declare(&own.unwrap_or_else(|| format!("constant_{index}")));
                text.push_str(&format!("constant {ty} {name} [[function_constant({index})]];\n"));
                name
            });
            self.variables.bind(result, name);
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    fn positions(&self) -> Vec<&'k Op> {
        let kernel = self.kernel;
        let ids = kernel.walk().into_iter().filter(|&id| self.plan.is_live(id));
        ids.map(|id| kernel.op(id)).filter(|op| op.code.info().group == Group::Position).collect()
    }

    /// A component that the user gave a name gets a variable of that name where it stands; all else is read in place.
    fn bind_positions(&mut self, uses: &[&Op], name: &str, vector: bool) {
        for op in uses {
            let result = op.results[0];
            let own_variable = vector && self.kernel.value(result).name.is_some();
            let text = if vector { format!("{name}.{}", dim(op).name()) } else { name.to_owned() };
            match own_variable {
                true => self.position_texts.push((op.code, dim(op), text)),
                false => self.variables.bind(result, &text),
            }
        }
    }

    /// How a position is read from the kernel's parameters.
    pub fn position_text(&self, op: &Op) -> String {
        let wanted = (op.code, dim(op));
        let found = self.position_texts.iter().find(|(code, dim, _)| (*code, *dim) == wanted);
        found.map(|(_, _, text)| text.clone()).unwrap_or_default()
    }
}

fn constant_index(op: &Op) -> u32 {
    let index = op.attrs.iter().find_map(|attr| match attr {
        Attr::Number(index) => Some(*index),
        _ => None,
    });
    index.unwrap_or_default()
}

fn is_family(code: Opcode) -> bool {
    FAMILY.iter().any(|(member, _)| *member == code)
}

fn dim(op: &Op) -> Dim {
    match op.attrs.first() {
        Some(Attr::Dim(dim)) => *dim,
        _ => Dim::X,
    }
}
