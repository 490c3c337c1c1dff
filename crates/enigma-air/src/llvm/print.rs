//! A module as LLVM 14 reads it.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter, Write};

use super::function::{Attribute, BlockId, Function, FunctionId, InstructionId, Linkage, Operation, Value};
use super::types::{Shape, Type};
use super::{Global, Literal, Metadata, MetadataId, Module};

impl Display for Module {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "source_filename = {}", quoted(&self.source_filename))?;
        writeln!(f, "target datalayout = {}", quoted(&self.data_layout))?;
        writeln!(f, "target triple = {}\n", quoted(&self.triple))?;
        self.opaque_types(f)?;
        for global in &self.globals {
            writeln!(f, "{}", self.global(global))?;
        }
        if !self.globals.is_empty() {
            writeln!(f)?;
        }
        for (id, function) in self.defined_functions() {
            Body::new(self, id, function).print(f)?;
        }
        for function in self.functions.iter().filter(|function| function.is_declaration()) {
            writeln!(f, "declare {}", self.head(function, &|_| String::new()))?;
        }
        self.all_metadata(f)
    }
}

impl Module {
    fn opaque_types(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for shape in self.types.shapes() {
            if let Shape::Opaque(name) = shape {
                writeln!(f, "%{} = type opaque", identifier(name))?;
                any = true;
            }
        }
        if any { writeln!(f) } else { Ok(()) }
    }

    fn global(&self, global: &Global) -> String {
        let space = match self.types.shape(global.address) {
            Shape::Pointer { space, .. } => *space,
            _ => 0,
        };
        let ty = self.types.pointee(global.address).unwrap_or(global.address);
        let linkage = match (global.linkage, global.initial) {
            (Linkage::Internal, _) => "internal ",
            (Linkage::Appending, _) => "appending ",
            (Linkage::External, None) => "external ",
            (Linkage::External, Some(_)) => "",
        };
        let externally = if global.externally_initialized { "externally_initialized " } else { "" };
        let kind = if global.constant { "constant" } else { "global" };
        let space = if space == 0 { String::new() } else { format!("addrspace({space}) ") };
        let mut text =
            format!("@{} = {linkage}{space}{externally}{kind} {}", identifier(&global.name), self.type_name(ty));
        if let Some(initial) = global.initial {
            text.push_str(&format!(" {}", self.constant_text(initial)));
        }
        if !global.section.is_empty() {
            text.push_str(&format!(", section {}", quoted(&global.section)));
        }
        if global.align > 0 {
            text.push_str(&format!(", align {}", global.align));
        }
        text
    }

    /// A function's head, from its linkage to its attributes.
    fn head(&self, function: &Function, name: &dyn Fn(usize) -> String) -> String {
        let linkage = if function.linkage == Linkage::Internal { "internal " } else { "" };
        let result = self.types.result(function.ty).unwrap_or(Type::VOID);
        let types = self.types.parameters(function.ty).iter().zip(&function.parameters).enumerate();
        let parameters: Vec<String> = types
            .map(|(n, (&ty, parameter))| {
                let attributes: String =
                    parameter.attributes.iter().map(|attribute| format!(" {}", attribute_text(*attribute))).collect();
                format!("{}{attributes}{}", self.type_name(ty), name(n))
            })
            .collect();
        let attributes: String =
            function.attributes.iter().map(|attribute| format!(" {}", attribute_text(*attribute))).collect();
        let name = identifier(&function.name);
        let section = match function.section.as_str() {
            "" => String::new(),
            section => format!(" section {}", quoted(section)),
        };
        format!("{linkage}{} @{name}({}){attributes}{section}", self.type_name(result), parameters.join(", "))
    }

    fn type_name(&self, ty: Type) -> String {
        match self.types.shape(ty) {
            Shape::Void => "void".to_owned(),
            Shape::Int(bits) => format!("i{bits}"),
            Shape::Half => "half".to_owned(),
            Shape::BFloat => "bfloat".to_owned(),
            Shape::Float => "float".to_owned(),
            Shape::Pointer { to, space: 0 } => format!("{}*", self.type_name(*to)),
            Shape::Pointer { to, space } => format!("{} addrspace({space})*", self.type_name(*to)),
            Shape::Vector { of, len } => format!("<{len} x {}>", self.type_name(*of)),
            Shape::Array { of, len } => format!("[{len} x {}]", self.type_name(*of)),
            Shape::Opaque(name) => format!("%{}", identifier(name)),
            Shape::Struct(members) => format!("{{ {} }}", self.type_names(members)),
            Shape::Function { result, parameters } => {
                format!("{} ({})", self.type_name(*result), self.type_names(parameters))
            }
        }
    }

    fn type_names(&self, types: &[Type]) -> String {
        types.iter().map(|&ty| self.type_name(ty)).collect::<Vec<_>>().join(", ")
    }

    /// A constant, a global or a function, without its type.
    fn constant_text(&self, value: Value) -> String {
        let n = match value {
            Value::Constant(n) => n as usize,
            Value::Global(n) => return format!("@{}", identifier(&self.globals[n as usize].name)),
            Value::Function(id) => return format!("@{}", identifier(&self.function(id).name)),
            Value::Argument(_) | Value::Local(_) => return String::new(),
        };
        let constant = &self.constants()[n];
        match (&constant.literal, self.types.shape(constant.ty)) {
            (Literal::Int(number), Shape::Int(1)) => (*number != 0).to_string(),
            (Literal::Int(number), Shape::Int(bits)) => signed(*number, *bits).to_string(),
            (Literal::Int(number), _) => number.to_string(),
            (Literal::Float(bits), Shape::Half) => format!("0xH{bits:04X}"),
            (Literal::Float(bits), Shape::BFloat) => format!("0xR{bits:04X}"),
            (Literal::Float(bits), _) => format!("0x{:016X}", f64_bits(*bits)),
            (Literal::Null, Shape::Pointer { .. }) => "null".to_owned(),
            (Literal::Null, _) => "zeroinitializer".to_owned(),
            (Literal::Undef, _) => "undef".to_owned(),
            (Literal::Aggregate(elements), shape) => {
                let elements: Vec<String> = elements
                    .iter()
                    .map(|&e| format!("{} {}", self.type_name(self.type_of_global(e)), self.constant_text(e)))
                    .collect();
                let elements = elements.join(", ");
                match shape {
                    Shape::Vector { .. } => format!("<{elements}>"),
                    Shape::Array { .. } => format!("[{elements}]"),
                    _ => format!("{{ {elements} }}"),
                }
            }
        }
    }

    fn all_metadata(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_node = |metadata: &Metadata| matches!(metadata, Metadata::Node(_));
        let nodes: Vec<usize> = (0..self.metadata().len()).filter(|&n| is_node(&self.metadata()[n])).collect();
        let numbers: HashMap<usize, usize> = nodes.iter().enumerate().map(|(number, &n)| (n, number)).collect();
        writeln!(f)?;
        for (name, members) in &self.named_metadata {
            let members: Vec<String> = members.iter().map(|id| format!("!{}", numbers[&id.index()])).collect();
            writeln!(f, "!{name} = !{{{}}}", members.join(", "))?;
        }
        writeln!(f)?;
        let reference = |id: &MetadataId| match &self.metadata()[id.index()] {
            Metadata::Text(text) => format!("!{}", quoted(text)),
            Metadata::Value(value) => {
                format!("{} {}", self.type_name(self.type_of_global(*value)), self.constant_text(*value))
            }
            Metadata::Node(_) => format!("!{}", numbers[&id.index()]),
        };
        for n in nodes {
            let Metadata::Node(members) = &self.metadata()[n] else { continue };
            let members: Vec<String> = members.iter().map(reference).collect();
            writeln!(f, "!{} = !{{{}}}", numbers[&n], members.join(", "))?;
        }
        Ok(())
    }
}

/// A function with the names of what stands in it.
struct Body<'m> {
    module: &'m Module,
    id: FunctionId,
    function: &'m Function,
    arguments: Vec<String>,
    blocks: Vec<String>,
    locals: Vec<String>,
}

impl<'m> Body<'m> {
    /// What has no name gets the next number, in the order of the text.
    fn new(module: &'m Module, id: FunctionId, function: &'m Function) -> Self {
        let mut next = 0;
        let mut name = |name: &str| match name {
            "" => {
                next += 1;
                format!("%{}", next - 1)
            }
            name => format!("%{}", identifier(name)),
        };
        let arguments = function.parameters.iter().map(|parameter| name(&parameter.name)).collect();
        let mut blocks = Vec::with_capacity(function.blocks.len());
        let mut locals = vec![String::new(); function.instructions.len()];
        for block in &function.blocks {
            blocks.push(name(&block.name));
            for &id in &block.instructions {
                if function.instruction(id).ty != Type::VOID {
                    locals[id.index()] = name(&function.instruction(id).name);
                }
            }
        }
        Body { module, id, function, arguments, blocks, locals }
    }

    fn print(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let head = self.module.head(self.function, &|n| format!(" {}", self.arguments[n]));
        writeln!(f, "define {head} {{")?;
        for (n, block) in self.function.blocks.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}:", &self.blocks[n][1..])?;
            for &id in &block.instructions {
                writeln!(f, "  {}", self.instruction(id))?;
            }
        }
        writeln!(f, "}}\n")
    }

    fn instruction(&self, id: InstructionId) -> String {
        let instruction = self.function.instruction(id);
        let text = self.operation(instruction.ty, &instruction.operation);
        match instruction.ty {
            Type::VOID => text,
            _ => format!("{} = {text}", self.locals[id.index()]),
        }
    }

    fn operation(&self, ty: Type, operation: &Operation) -> String {
        let result = self.module.type_name(ty);
        match operation {
            Operation::Binary(op, a, b) => format!("{} {}, {}", op.name(), self.typed(*a), self.value(*b)),
            Operation::ICmp(predicate, a, b) => {
                format!("icmp {} {}, {}", predicate.name(), self.typed(*a), self.value(*b))
            }
            Operation::FCmp(predicate, a, b) => {
                format!("fcmp {} {}, {}", predicate.name(), self.typed(*a), self.value(*b))
            }
            Operation::Select(c, a, b) => format!("select {}", self.list(&[*c, *a, *b])),
            Operation::Cast(op, a) => format!("{} {} to {result}", op.name(), self.typed(*a)),
            Operation::Phi(incoming) => {
                let ways: Vec<String> = incoming
                    .iter()
                    .map(|(value, block)| format!("[ {}, {} ]", self.value(*value), self.label(*block)))
                    .collect();
                format!("phi {result} {}", ways.join(", "))
            }
            Operation::Alloca { of, align } => format!("alloca {}, align {align}", self.module.type_name(*of)),
            Operation::Load { pointer, align, volatile } => {
                let volatile = if *volatile { "volatile " } else { "" };
                format!("load {volatile}{result}, {}, align {align}", self.typed(*pointer))
            }
            Operation::Store { value, pointer, align } => {
                format!("store {}, {}, align {align}", self.typed(*value), self.typed(*pointer))
            }
            Operation::GetElementPtr { of, pointer, indices } => format!(
                "getelementptr inbounds {}, {}, {}",
                self.module.type_name(*of),
                self.typed(*pointer),
                self.list(indices)
            ),
            Operation::ExtractElement(vector, n) => format!("extractelement {}", self.list(&[*vector, *n])),
            Operation::InsertElement(vector, value, n) => {
                format!("insertelement {}", self.list(&[*vector, *value, *n]))
            }
            Operation::ExtractValue(value, n) => format!("extractvalue {}, {n}", self.typed(*value)),
            Operation::Call(function, arguments) => format!(
                "call {result} @{}({})",
                identifier(&self.module.function(*function).name),
                self.list(arguments)
            ),
            Operation::Br(block) => format!("br label {}", self.label(*block)),
            Operation::CondBr(condition, yes, no) => {
                format!("br {}, label {}, label {}", self.typed(*condition), self.label(*yes), self.label(*no))
            }
            Operation::Ret(None) => "ret void".to_owned(),
            Operation::Ret(Some(value)) => format!("ret {}", self.typed(*value)),
        }
    }

    fn list(&self, values: &[Value]) -> String {
        values.iter().map(|&value| self.typed(value)).collect::<Vec<_>>().join(", ")
    }

    fn typed(&self, value: Value) -> String {
        format!("{} {}", self.module.type_name(self.module.type_of(self.id, value)), self.value(value))
    }

    fn value(&self, value: Value) -> String {
        match value {
            Value::Argument(n) => self.arguments[n as usize].clone(),
            Value::Local(id) => self.locals[id.index()].clone(),
            other => self.module.constant_text(other),
        }
    }

    fn label(&self, block: BlockId) -> &str {
        &self.blocks[block.index()]
    }
}

fn attribute_text(attribute: Attribute) -> String {
    match attribute {
        Attribute::Convergent => "convergent".to_owned(),
        Attribute::NoUnwind => "nounwind".to_owned(),
        Attribute::ReadNone => "readnone".to_owned(),
        Attribute::NoCapture => "nocapture".to_owned(),
        Attribute::Text(name, "") => quoted(name),
        Attribute::Text(name, value) => format!("{}={}", quoted(name), quoted(value)),
    }
}

/// An integer of so many bits as LLVM writes it: with a sign.
fn signed(number: u64, bits: u32) -> i64 {
    let shift = 64 - bits.clamp(1, 64);
    ((number << shift) as i64) >> shift
}

/// The bits of a `float` as those of the `double` by which LLVM writes it; a NaN keeps its payload.
fn f64_bits(bits: u32) -> u64 {
    let value = f32::from_bits(bits);
    if !value.is_nan() {
        return f64::from(value).to_bits();
    }
    let sign = u64::from(bits >> 31) << 63;
    sign | 0x7FF0_0000_0000_0000 | (u64::from(bits & 0x007F_FFFF) << 29)
}

/// A name as it stands after `@` and `%`.
fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '$' | '.' | '_');
    match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// A text in quotation marks.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..0x20 | 0x7F.. => write!(quoted, "\\{byte:02X}").unwrap_or(()),
            _ => quoted.push(char::from(byte)),
        }
    }
    quoted.push('"');
    quoted
}
