//! Statements: the kernel's body, one line for each effect and each value that has a name.

use enigma_ir::{
    Attr, BlockId, Diagnostics, Dim, Kernel, MemFlags, MemoryId, Op, OpId, Opcode, Space, Type, ValueId, table::Group,
};

use crate::expression::{Expression, convert};
use crate::helpers::Helpers;
use crate::names::Names;
use crate::plan::Plan;
use crate::variables::Variables;
use crate::writer::Writer;
use crate::{AsyncLowering, Options, function_name};

/// Writes one kernel.
pub(crate) struct Emitter<'k> {
    pub kernel: &'k Kernel,
    pub plan: Plan<'k>,
    pub options: Options,
    pub names: Names,
    pub variables: Variables<'k>,
    pub helpers: Helpers,
    pub out: Writer,
    pub memory_names: Vec<String>,
    /// Components of positions that get a variable of the user's name.
    pub position_texts: Vec<(Opcode, Dim, String)>,
}

impl<'k> Emitter<'k> {
    pub fn new(kernel: &'k Kernel, options: Options) -> Self {
        let lowering = options.async_lowering;
        Emitter {
            kernel,
            plan: Plan::new(kernel, lowering != AsyncLowering::Cooperative),
            options,
            names: Names::default(),
            variables: Variables::new(kernel),
            helpers: Helpers::new(options),
            out: Writer::default(),
            memory_names: vec![String::new(); kernel.memories().len()],
            position_texts: Vec::new(),
        }
    }

    /// The whole source file.
    pub fn file(mut self) -> Result<String, Diagnostics> {
        self.check_language()?;
        let function = function_name(self.kernel);
        self.names.reserve(&function);
        self.reserve_functions();
        let constants = self.function_constants();
        self.names.enter();
        let signature = self.signature(&function);
        self.out.open(&signature);
        self.threadgroup_arrays();
        self.block(Kernel::BODY);
        self.read_back();
        self.out.close("}");
        let mut file = self.heading();
        file.push_str(&constants);
        file.push_str(&self.helpers.text());
        file.push_str(&self.out.finish());
        Ok(file)
    }

    fn heading(&self) -> String {
        let operations = self.live_operations();
        let copies = operations.iter().any(|op| op.code.is_copy());
        let matrices = operations.iter().any(|op| op.code.info().group == Group::SimdgroupMatrix);
        let language = self.options.target.system.language();
        let mut text = format!("// language: metal{language}\n// {}", self.kernel.name().replace(['\n', '\r'], " "));
        if copies {
            text.push_str(&format!(" (asynchronous copies: {})", self.options.async_lowering.name()));
        }
        text.push_str("\n\n#include <metal_stdlib>\n");
        if matrices {
            text.push_str("#include <metal_simdgroup_matrix>\n");
        }
        text.push_str("\nusing namespace metal;\n\n");
        text
    }

    /// The operations that the text needs.
    pub fn live_operations(&self) -> Vec<&'k Op> {
        let kernel = self.kernel;
        kernel.walk().into_iter().filter(|&id| self.plan.is_live(id)).map(|id| kernel.op(id)).collect()
    }

    /// Keeps local names away from the functions that the body calls.
    fn reserve_functions(&mut self) {
        for op in self.live_operations() {
            let function = match op.code {
                Opcode::FloorDiv => "floor",
                Opcode::Rem => "fmod",
                Opcode::ExtractBits => "extract_bits",
                Opcode::InsertBits => "insert_bits",
                code => code.info().msl.split('(').next().unwrap_or_default(),
            };
            self.names.reserve(function.trim_start_matches("precise::"));
            if matches!(op.code, Opcode::ExtractBits | Opcode::InsertBits | Opcode::Iclamp) {
                ["min", "max", "clamp"].iter().for_each(|limit| self.names.reserve(limit));
            }
            if matches!(op.code.info().group, Group::Simdgroup | Group::Quad) {
                self.names.reserve(&format!("{function}_64"));
            }
        }
    }

    fn threadgroup_arrays(&mut self) {
        let used: Vec<MemoryId> = self.live_operations().iter().flat_map(|op| op.memories.iter().copied()).collect();
        let mut any = false;
        for (id, memory) in self.kernel.memories() {
            if let (Space::Threadgroup { len }, true) = (memory.space, used.contains(&id)) {
                let name = self.names.declare(&memory.name);
                self.out.line(&format!("threadgroup {} {name}[{len}];", memory.dtype));
                self.memory_names[id.index()] = name;
                any = true;
            }
        }
        if any {
            self.out.line("");
        }
    }

    /// All statements of a block.
    pub fn block(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for &id in &kernel.block(block).ops {
            if self.plan.is_live(id) {
                self.statement(id, kernel.op(id));
            }
        }
    }

    /// Whether a block is nothing but expressions that fold into what it yields.
    pub fn is_expression(&self, block: BlockId) -> bool {
        self.kernel.block(block).ops.iter().all(|&id| {
            let silent = |v: &ValueId| self.plan.is_folded(*v) || self.variables.name_of(*v).is_some();
            let op = self.kernel.op(id);
            let expression = op.blocks.is_empty() && !op.results.is_empty() && op.results.iter().all(silent);
            !self.plan.is_live(id) || op.code == Opcode::Constant || expression
        })
    }

    fn statement(&mut self, id: OpId, op: &'k Op) {
        if op.results.first().is_some_and(|&v| op.blocks.is_empty() && self.plan.is_folded(v)) {
            return;
        }
        match op.code {
            Opcode::Constant | Opcode::FunctionConstant => {}
            Opcode::RegisterFill => self.register_array(op),
            Opcode::If => self.branch(op),
            Opcode::For => self.for_loop(op),
            Opcode::While => self.while_loop(op),
            Opcode::Store => self.store(op),
            Opcode::StoreIf => self.store_if(op),
            Opcode::VecStore => self.vector_store(op),
            Opcode::DebugPrint => self.debug_print(op),
            Opcode::Barrier | Opcode::SimdBarrier => self.barrier(op),
            Opcode::AsyncCopyWait => self.wait(op),
            Opcode::SimdgroupMatrixLoad => self.matrix_load(op),
            Opcode::SimdgroupMatrixStore => self.matrix_store(op),
            Opcode::SimdgroupMultiplyAccumulate => self.multiply_accumulate(op),
            code if code.is_copy() => self.copy(op),
            code if code.info().group == Group::Position => self.position(op),
            code if code.info().group == Group::Atomic => self.atomic(op),
            _ => {
                debug_assert!(self.plan.is_live(id));
                let expression = self.operation(op);
                self.define(op.results[0], &expression);
            }
        }
    }

    /// Gives a value its variable: the one planned for it, or the earlier one of that name, or a new one.
    pub fn define(&mut self, value: ValueId, expression: &Expression) {
        if let Some(variable) = self.shared_variable(value) {
            let line = self.assignment(&variable, value, expression);
            self.out.line(&line);
            return;
        }
        let initial = match (self.kernel.literal(value), self.kernel.ty(value)) {
            (Some(_), _) => self.plain(value),
            _ => expression.clone(),
        };
        let variable = self.declare_variable(value);
        let ty = self.type_name(self.kernel.ty(value));
        self.out.line(&format!("{ty} {variable} = {};", initial.text));
    }

    /// The variable of the text that is to hold a value, if there is one already.
    pub fn shared_variable(&mut self, value: ValueId) -> Option<String> {
        if let Some(variable) = self.variables.variable_of(value) {
            return Some(variable.to_owned());
        }
        let kernel = self.kernel;
        let name = kernel.value(value).name.as_deref()?;
        if !self.variables.holds(name, kernel.ty(value), kernel.home(value))
            || !self.variables.can_hold(&self.plan, name, value)
        {
            return None;
        }
        self.variables.put(value, name);
        Some(name.to_owned())
    }

    /// A new variable for a value, not yet written down.
    pub fn declare_variable(&mut self, value: ValueId) -> String {
        let suggestion = self.suggested_name(value);
        let variable = self.names.declare(&suggestion);
        self.variables.declare(&variable);
        self.variables.put(value, &variable);
        variable
    }

    /// The user's name for a value, or one that says what it is.
    fn suggested_name(&self, value: ValueId) -> String {
        let data = self.kernel.value(value);
        if let Some(name) = data.name.as_ref().or_else(|| self.name_when_carried(value)) {
            return name.clone();
        }
        let op = self.kernel.defining_op(value);
        let name = match op.map(|op| op.code) {
            Some(Opcode::Load) => {
                let memory = op.map_or("", |op| self.memory_name(op.memories[0]));
                return format!("{}_value", memory.to_lowercase());
            }
            Some(Opcode::SimdSum | Opcode::QuadSum) => "sum",
            Some(Opcode::SimdProduct | Opcode::QuadProduct) => "product",
            Some(Opcode::SimdMin | Opcode::QuadMin) => "least",
            Some(Opcode::SimdMax | Opcode::QuadMax) => "greatest",
            Some(code) if code.info().name.contains("shuffle") || code.info().name.contains("broadcast") => "other",
            Some(Opcode::AtomicCompareExchangeWeak) => "exchanged",
            Some(code) if code.info().group == Group::Atomic => "held",
            _ => match data.ty {
                Type::Event => "copy",
                Type::SimdgroupMatrix(_) | Type::Matrix(..) => "m",
                Type::Vector(..) => "v",
                Type::Scalar(dtype) if dtype.is_float() => "x",
                Type::Scalar(dtype) if dtype.is_integer() => "n",
                _ => "flag",
            },
        };
        name.to_owned()
    }

    /// The user's name for what becomes of a value that only starts a loop's carried value.
    fn name_when_carried(&self, value: ValueId) -> Option<&'k String> {
        let kernel = self.kernel;
        let [place] = self.plan.uses(value) else { return None };
        let op = kernel.op(*kernel.block(place.block).ops.get(place.index)?);
        let skip = match op.code {
            Opcode::For => 3,
            Opcode::While => 0,
            _ => return None,
        };
        let k = op.operands[skip..].iter().position(|&init| init == value)?;
        let argument = kernel.block(op.blocks[0]).args[k + usize::from(op.code == Opcode::For)];
        kernel.value(argument).name.as_ref().or(kernel.value(op.results[k]).name.as_ref())
    }

    /// A type in the text.
    pub fn type_name(&self, ty: Type) -> String {
        match ty {
            Type::Event => "async_event".to_owned(),
            other => other.to_string(),
        }
    }

    /// `target = expression;`, or `target += rest;` where the expression, as it stands here, begins with the target. A
    /// value that was computed before has a variable, and stands here as its name.
    pub fn assignment(&mut self, target: &str, value: ValueId, expression: &Expression) -> String {
        if let Some(op) = self.kernel.defining_op(value).filter(|op| op.operands.len() == 2)
            && let Some(operator) = op.code.info().msl.strip_prefix("{0} ").and_then(|rest| rest.strip_suffix(" {1}"))
            && matches!(op.code.info().group, Group::Arithmetic)
            && self.kernel.ty(value).dtype() != Some(enigma_ir::DType::Bool)
            && expression.text.starts_with(&format!("{target} {operator} "))
            && self.value(op.operands[0]).text == target
        {
            let rest = self.value(op.operands[1]);
            return format!("{target} {operator}= {};", rest.text);
        }
        format!("{target} = {};", expression.text)
    }

    fn position(&mut self, op: &Op) {
        let result = op.results[0];
        if self.variables.name_of(result).is_none() && self.plan.needs(result) {
            let text = self.position_text(op);
            self.define(result, &Expression::primary(text));
        }
    }

    fn register_array(&mut self, op: &Op) {
        let id = op.memories[0];
        let memory = self.kernel.memory(id);
        let len = memory.space.length().unwrap_or(1);
        let name = self.names.declare(&memory.name);
        self.memory_names[id.index()] = name.clone();
        let declaration = format!("{} {name}[{len}]", memory.dtype);
        let Some(&fill) = op.operands.first() else {
            return self.out.line(&format!("{declaration};"));
        };
        let zero = match self.kernel.literal(fill) {
            Some(enigma_ir::Literal::Float(value)) => value.to_bits() == 0,
            Some(literal) => literal.as_int() == Some(0),
            None => false,
        };
        if zero {
            return self.out.line(&format!("{declaration} = {{}};"));
        }
        self.out.line(&format!("{declaration};"));
        self.names.enter();
        let i = self.names.declare_first(&["i", "j", "k", "n"]);
        let value = self.plain(fill);
        self.out.open(&format!("for (int {i} = 0; {i} < {len}; {i}++) {{"));
        self.out.line(&format!("{name}[{i}] = {};", value.text));
        self.out.close("}");
        self.names.leave();
    }

    /// A comment of one line, whatever the text holds: what would break it is escaped as in a string.
    fn debug_print(&mut self, op: &Op) {
        let text = match op.attrs.first() {
            Some(Attr::Text(number)) => self.kernel.text(*number).escape_debug().to_string(),
            _ => String::new(),
        };
        let mut arguments = vec![Expression::primary(format!("\"{text}\""))];
        arguments.extend(op.operands[1..].iter().map(|&v| self.plain(v)).collect::<Vec<_>>());
        let call = Expression::call("debug_print", &arguments).text;
        let line = match self.kernel.integer(op.operands[0]) {
            Some(0) => return,
            Some(_) => format!("// {call}"),
            None => format!("// if ({}) {call}", self.condition(op.operands[0]).text),
        };
        self.out.line(&line.replace('\n', " "));
    }

    fn barrier(&mut self, op: &Op) {
        let flags = match op.attrs.first() {
            Some(Attr::MemFlags(flags)) => mem_flags(*flags),
            _ => mem_flags(MemFlags::Threadgroup),
        };
        let function = op.code.info().msl.split('(').next().unwrap_or_default();
        self.out.line(&format!("{function}({flags});"));
    }

    fn matrix_load(&mut self, op: &Op) {
        let result = op.results[0];
        if !self.plan.needs(result) {
            return;
        }
        let pitch = self.plain(op.operands[0]);
        let source = self.pointer(op.memories[0], op.operands[1]);
        let target = self.matrix_target(result);
        let transposed = op.attrs.contains(&Attr::Flag(true));
        let transpose = if transposed { ", ulong2(0, 0), true" } else { "" };
        self.out.line(&format!("simdgroup_load({target}, {}, {}{transpose});", source.text, pitch.text));
    }

    /// The variable that a function fills with a matrix; declared here unless it exists.
    fn matrix_target(&mut self, matrix: ValueId) -> String {
        if let Some(variable) = self.shared_variable(matrix) {
            return variable;
        }
        let variable = self.declare_variable(matrix);
        self.out.line(&format!("{} {variable};", self.kernel.ty(matrix)));
        variable
    }

    fn matrix_store(&mut self, op: &Op) {
        let matrix = self.value(op.operands[0]);
        let pitch = self.plain(op.operands[1]);
        let target = self.pointer(op.memories[0], op.operands[2]);
        self.out.line(&format!("simdgroup_store({}, {}, {});", matrix.text, target.text, pitch.text));
    }

    /// Accumulates in place where nothing needs the old sum any more.
    fn multiply_accumulate(&mut self, op: &Op) {
        let (result, sum) = (op.results[0], op.operands[2]);
        if !self.plan.needs(result) {
            return;
        }
        let [a, b, c] = [0, 1, 2].map(|n| self.value(op.operands[n]).text);
        let kernel = self.kernel;
        let in_place = self.variables.variable_of(sum).map(str::to_owned).filter(|variable| {
            self.variables.variable_of(result).is_none()
                && kernel.ty(sum) == kernel.ty(result)
                && kernel.home(sum) == op.parent
                && self.variables.can_hold(&self.plan, variable, result)
        });
        if let Some(variable) = in_place {
            self.variables.put(result, &variable);
        }
        let target = self.matrix_target(result);
        self.out.line(&format!("simdgroup_multiply_accumulate({target}, {a}, {b}, {c});"));
    }

    /// A condition as it stands between the parentheses of `if` and `while`.
    pub fn condition(&mut self, value: ValueId) -> Expression {
        let expression = self.value(value);
        match self.kernel.ty(value).dtype() {
            Some(enigma_ir::DType::Bool) => expression,
            _ => convert(Type::Scalar(enigma_ir::DType::Bool), expression),
        }
    }
}

/// Memory flags of a barrier.
pub(crate) fn mem_flags(flags: MemFlags) -> String {
    match flags {
        MemFlags::DeviceAndThreadgroup => "mem_flags::mem_device | mem_flags::mem_threadgroup".to_owned(),
        _ => format!("mem_flags::{}", flags.name()),
    }
}
