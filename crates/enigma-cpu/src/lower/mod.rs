//! Lowers a kernel to a plan.

mod bits;
mod lanes;
mod vector;

use std::collections::HashMap;

use enigma_ir::table::Group;
use enigma_ir::{
    Attr, BlockId, CopyShape, DType, Dim, Fill, Kernel, Literal, MemFlags, Op, OpId, Opcode, Space, Type, ValueId,
};
use half::{bf16, f16};
use smallvec::{SmallVec, smallvec};

use crate::lane::Lane;
use crate::map::{self, Map};
use crate::plan::{
    Affine, Block, CopyNode, CopyOperand, ForNode, IfNode, MapNode, MatrixNode, MultiplyNode, Node, Operand, Pass,
    Plan, Reg, Shape, WhileNode,
};
use crate::share::share;

/// The registers of a value, one per component.
type Regs = SmallVec<[Reg; 4]>;

/// The bits of a number as one of that type, which it fits: the lowest of what is returned.
pub fn bits(literal: Literal, dtype: DType) -> u64 {
    match (literal.rounded(dtype), dtype) {
        (Literal::Float(x), DType::F16) => u64::from(f16::narrow(x as f32).to_bits()),
        (Literal::Float(x), DType::BF16) => u64::from(bf16::narrow(x as f32).to_bits()),
        (Literal::Float(x), _) => u64::from((x as f32).to_bits()),
        (other, _) => other.as_int().unwrap_or(0) as u64,
    }
}

/// Lowers a verified kernel.
pub fn lower(kernel: &Kernel) -> Plan {
    let values = vec![Regs::new(); kernel.value_count()];
    let mut lowering = Lowering { kernel, plan: Plan::default(), values, constants: HashMap::new() };
    for (i, param) in kernel.params().iter().enumerate() {
        if let enigma_ir::Binding::Scalar(value) = param.binding {
            let reg = lowering.register(Shape::Lanes(param.dtype));
            lowering.plan.scalars.push((reg, i));
            lowering.values[value.index()] = smallvec![reg];
        }
    }
    lowering.plan.body = lowering.nodes(Kernel::BODY);
    share(&mut lowering.plan);
    lowering.plan
}

struct Lowering<'k> {
    kernel: &'k Kernel,
    plan: Plan,
    values: Vec<Regs>,
    constants: HashMap<(DType, u64), Reg>,
}

impl Lowering<'_> {
    fn register(&mut self, shape: Shape) -> Reg {
        self.plan.registers.push(shape);
        self.plan.registers.len() as Reg - 1
    }

    fn constant(&mut self, dtype: DType, bits: u64) -> Reg {
        if let Some(&reg) = self.constants.get(&(dtype, bits)) {
            return reg;
        }
        let reg = self.register(Shape::Lanes(dtype));
        self.constants.insert((dtype, bits), reg);
        self.plan.constants.push((reg, bits));
        reg
    }

    /// Fresh registers for a value.
    fn define(&mut self, value: ValueId) -> Regs {
        let regs: Regs = match self.kernel.ty(value) {
            Type::Scalar(dtype) => smallvec![self.register(Shape::Lanes(dtype))],
            Type::Vector(dtype, n) => (0..n).map(|_| self.register(Shape::Lanes(dtype))).collect(),
            Type::Matrix(dtype, ..) => {
                let components = self.kernel.ty(value).components();
                (0..components).map(|_| self.register(Shape::Lanes(dtype))).collect()
            }
            Type::SimdgroupMatrix(dtype) => smallvec![self.register(Shape::Matrix(dtype))],
            Type::Event => smallvec![self.register(Shape::Event)],
            // A verified kernel has none.
            Type::Invalid => Regs::new(),
        };
        self.values[value.index()] = regs.clone();
        regs
    }

    /// The only register of a value that has one.
    fn reg(&self, value: ValueId) -> Reg {
        self.values[value.index()][0]
    }

    fn regs(&self, values: &[ValueId]) -> Vec<Reg> {
        values.iter().flat_map(|v| self.values[v.index()].iter().copied()).collect()
    }

    fn dtype(&self, value: ValueId) -> DType {
        self.kernel.ty(value).dtype().unwrap_or(DType::U32)
    }

    fn operand(&self, value: ValueId) -> Operand {
        Operand { reg: self.reg(value), dtype: self.dtype(value) }
    }

    fn nodes(&mut self, block: BlockId) -> Vec<Node> {
        let kernel = self.kernel;
        let ops = &kernel.block(block).ops;
        let mut nodes = Vec::with_capacity(ops.len());
        for &id in ops {
            self.op(id, kernel.op(id), &mut nodes);
        }
        nodes
    }

    fn op(&mut self, site: OpId, op: &Op, nodes: &mut Vec<Node>) {
        match op.code {
            Opcode::Constant => self.literal(op),
            Opcode::If => nodes.push(self.branch(op)),
            Opcode::For => nodes.push(self.counted(site, op)),
            Opcode::While => nodes.push(self.conditional(site, op)),
            Opcode::MakeVec | Opcode::MatMake => self.values[op.results[0].index()] = self.regs(&op.operands).into(),
            Opcode::VecExtract => self.component(op),
            Opcode::AsType => self.as_type(op, nodes),
            Opcode::ExtractBits => self.extract_bits(op, nodes),
            Opcode::InsertBits => self.insert_bits(op, nodes),
            Opcode::MatColumn => self.column(op),
            Opcode::MatTranspose => self.transpose(op),
            Opcode::MatMul => self.matrix_product(op, nodes),
            code if matches!(code.info().group, Group::Geometry | Group::Pack) || code == Opcode::Determinant => {
                self.vector(op, nodes);
            }
            Opcode::Cast | Opcode::Select => self.elementwise(op, nodes),
            Opcode::RegisterFill => {
                let value = op.operands.first().map(|&v| self.reg(v));
                nodes.push(Node::RegisterFill { memory: op.memories[0], value });
            }
            Opcode::Load => {
                let value = self.define(op.results[0])[0];
                nodes.push(Node::Load(self.access(site, op, value)));
            }
            Opcode::Store => nodes.push(Node::Store(self.access(site, op, self.reg(op.operands[1])))),
            Opcode::LoadIf => nodes.push(self.load_if(site, op)),
            Opcode::StoreIf => nodes.push(self.store_if(site, op)),
            Opcode::VecLoad | Opcode::VecStore => self.vector_access(site, op, nodes),
            Opcode::DebugPrint => nodes.extend(self.print(op)),
            Opcode::Barrier | Opcode::SimdBarrier => nodes.push(barrier(site, op)),
            Opcode::AsyncCopyWait => {
                nodes.push(Node::Wait { site, events: self.regs(&op.operands).into() });
            }
            Opcode::SimdgroupMatrixLoad | Opcode::SimdgroupMatrixStore => nodes.push(self.matrix_access(site, op)),
            Opcode::SimdgroupMultiplyAccumulate => {
                let [a, b, c] = [0, 1, 2].map(|n| self.reg(op.operands[n]));
                let [factor, sum] = [0, 2].map(|n| self.dtype(op.operands[n]));
                let cast = |from, to| if from == to { None } else { map::cast(from, to) };
                nodes.push(Node::MatrixMultiply(MultiplyNode {
                    a,
                    b,
                    c,
                    result: self.define(op.results[0])[0],
                    widen_factor: cast(factor, DType::F32),
                    widen_sum: cast(sum, DType::F32),
                    narrow_sum: cast(DType::F32, sum),
                }));
            }
            Opcode::MakeFilledSimdgroupMatrix => {
                let value = self.reg(op.operands[0]);
                let dtype = self.dtype(op.results[0]);
                nodes.push(Node::MatrixFill { dtype, value, result: self.define(op.results[0])[0] });
            }
            code if code.is_copy() => nodes.push(self.copy(site, op)),
            code if code.info().signature.atomic => nodes.push(self.atomic(site, op)),
            code if op.operands.is_empty() && op.results.len() == 1 => {
                let result = self.define(op.results[0])[0];
                nodes.push(Node::Position(code, dim(op), result));
            }
            code => match (lanes::reduction(code), lanes::shuffle(code)) {
                (Some(reduction), _) => self.reduce(op, reduction, nodes),
                (_, Some(shuffle)) => self.shuffle(op, shuffle, nodes),
                _ => self.elementwise(op, nodes),
            },
        }
    }

    fn literal(&mut self, op: &Op) {
        let result = op.results[0];
        let Some(Attr::Literal(literal)) = op.attrs.first() else { return };
        let dtype = self.dtype(result);
        let reg = self.constant(dtype, bits(*literal, dtype));
        self.values[result.index()] = smallvec![reg];
    }

    fn component(&mut self, op: &Op) {
        let Some(Attr::Number(lane)) = op.attrs.first() else { return };
        let reg = self.values[op.operands[0].index()][*lane as usize];
        self.values[op.results[0].index()] = smallvec![reg];
    }

    /// An elementwise operation, once per component.
    fn elementwise(&mut self, op: &Op, nodes: &mut Vec<Node>) {
        let dtype = self.dtype(op.operands[0]);
        let result_dtype = self.dtype(op.results[0]);
        let loop_of: Option<Map> = match op.code {
            Opcode::Select => Some(map::select(dtype)),
            Opcode::Cast => map::cast(dtype, result_dtype),
            code => map::operation(code, dtype),
        };
        let results = self.define(op.results[0]);
        // The operation table admits no other types, and a test goes through it.
        let Some(map) = loop_of else { return };
        let affine = affine(op.code, dtype, result_dtype);
        for (n, &result) in results.iter().enumerate() {
            let mut operands = [0; 3];
            for (operand, value) in operands.iter_mut().zip(&op.operands) {
                let regs = &self.values[value.index()];
                *operand = *regs.get(n).unwrap_or(&regs[0]);
            }
            nodes.push(Node::Map(MapNode { map, operands, arity: op.operands.len() as u8, result, dtype, affine }));
        }
    }

    fn matrix_access(&mut self, site: OpId, op: &Op) -> Node {
        let transpose = op.attrs.contains(&Attr::Flag(true));
        let memory = op.memories[0];
        if op.code == Opcode::SimdgroupMatrixLoad {
            let [pitch, offset] = [0, 1].map(|n| self.operand(op.operands[n]));
            let matrix = self.define(op.results[0])[0];
            return Node::MatrixLoad(MatrixNode { site, memory, pitch, offset, transpose, matrix });
        }
        let [pitch, offset] = [1, 2].map(|n| self.operand(op.operands[n]));
        let matrix = self.reg(op.operands[0]);
        Node::MatrixStore(MatrixNode { site, memory, pitch, offset, transpose, matrix })
    }

    fn copy(&mut self, site: OpId, op: &Op) -> Node {
        // A verified copy is one.
        let Some(copy) = op.as_copy() else { return Node::Wait { site, events: Box::default() } };
        let space = |memory| self.kernel.memory(memory).space;
        let to_device = space(copy.dst) == Space::Device;
        let tile = if to_device { space(copy.src) } else { space(copy.dst) };
        let one = Operand { reg: self.constant(DType::U32, 1), dtype: DType::U32 };
        let mut fill = Fill::Zero;
        let mut operands = [one; CopyOperand::COUNT];
        let mut set = |operand: CopyOperand, value| operands[operand as usize] = self.operand(value);
        set(CopyOperand::Predicate, copy.predicate);
        set(CopyOperand::DstOffset, copy.dst_offset);
        set(CopyOperand::SrcOffset, copy.src_offset);
        match copy.shape {
            CopyShape::Linear { count } => {
                for operand in [CopyOperand::DstPitch, CopyOperand::SrcPitch, CopyOperand::Cols, CopyOperand::ValidCols]
                {
                    set(operand, count);
                }
            }
            CopyShape::Tile { dst_pitch, src_pitch, cols, rows, valid_cols, valid_rows, fill: with } => {
                fill = with.unwrap_or(Fill::Zero);
                set(CopyOperand::DstPitch, dst_pitch);
                set(CopyOperand::SrcPitch, src_pitch);
                set(CopyOperand::Cols, cols);
                set(CopyOperand::Rows, rows);
                set(CopyOperand::ValidCols, valid_cols);
                set(CopyOperand::ValidRows, valid_rows);
            }
        }
        let per_lane = matches!(tile, Space::Register { .. });
        let event = self.define(op.results[0])[0];
        Node::Copy(Box::new(CopyNode {
            site,
            dst: copy.dst,
            src: copy.src,
            per_lane,
            to_device,
            operands,
            fill,
            event,
        }))
    }

    fn branch(&mut self, op: &Op) -> Node {
        let condition = self.reg(op.operands[0]);
        let results: Vec<Reg> = op.results.iter().flat_map(|&v| self.define(v)).collect();
        let mut block = |id: BlockId| {
            let since = self.plan.registers.len() as Reg;
            let nodes = self.nodes(id);
            let from = self.regs(&self.kernel.block(id).yields);
            // Nothing of the results is read inside, so that nothing need be set aside.
            Block { nodes, asides: Vec::new(), passes: self.passes(&from, &results, since) }
        };
        let blocks = [block(op.blocks[0]), block(op.blocks[1])];
        Node::If(Box::new(IfNode { condition, blocks }))
    }

    /// Passes values on. What a block made for itself (its registers count from `since`) may change places with
    /// what it is passed to.
    fn passes(&self, from: &[Reg], to: &[Reg], since: Reg) -> Vec<Pass> {
        let pass = |(&from_reg, &to): (&Reg, &Reg)| {
            let once = from.iter().filter(|&&other| other == from_reg).count() == 1;
            let constant = self.plan.constants.iter().any(|&(reg, _)| reg == from_reg);
            Pass { from: from_reg, to, swap: from_reg >= since && once && !constant }
        };
        from.iter().zip(to).map(pass).filter(|pass| pass.from != pass.to).collect()
    }

    /// The body of a loop, whose carried values stand in `carries`.
    fn loop_body(&mut self, id: BlockId, carries: &[Reg]) -> Block {
        let since = self.plan.registers.len() as Reg;
        let nodes = self.nodes(id);
        let from = self.regs(&self.kernel.block(id).yields);
        let mut passes = self.passes(&from, carries, since);
        let mut asides = Vec::new();
        for pass in passes.iter_mut().filter(|pass| carries.contains(&pass.from)) {
            let aside = self.register(self.plan.registers[pass.from as usize]);
            asides.push(Pass { from: pass.from, to: aside, swap: false });
            *pass = Pass { from: aside, to: pass.to, swap: true };
        }
        Block { nodes, asides, passes }
    }

    /// Registers for the values that a loop carries: the arguments of its blocks, and its results, which are the same.
    fn carries(&mut self, args: &[&[ValueId]], results: &[ValueId], init: &[ValueId]) -> (Vec<Reg>, Vec<Pass>) {
        let mut carries = Vec::new();
        for (n, &result) in results.iter().enumerate() {
            let regs = self.define(result);
            for args in args {
                self.values[args[n].index()] = regs.clone();
            }
            carries.extend(regs);
        }
        let init = self.regs(init);
        let passes = self.passes(&init, &carries, Reg::MAX);
        (carries, passes)
    }

    fn counted(&mut self, site: OpId, op: &Op) -> Node {
        let kernel = self.kernel;
        let body = op.blocks[0];
        let args = &kernel.block(body).args;
        let [lo, hi, step] = [0, 1, 2].map(|n| self.reg(op.operands[n]));
        let dtype = self.dtype(op.operands[0]);
        let (carries, init) = self.carries(&[&args[1..]], &op.results, &op.operands[3..]);
        let induction = self.define(args[0])[0];
        let [cursor, spare] = [0, 1].map(|_| self.register(Shape::Lanes(dtype)));
        let advance = MapNode {
            // Every integer type can be added.
            map: map::operation(Opcode::Add, dtype).unwrap_or(map::select(dtype)),
            operands: [cursor, step, 0],
            arity: 2,
            result: spare,
            dtype,
            affine: Affine::Add,
        };
        let down = kernel.integer(op.operands[2]).is_some_and(|step| step < 0);
        let body = self.loop_body(body, &carries);
        Node::For(Box::new(ForNode { site, dtype, lo, hi, step, down, induction, cursor, advance, init, body }))
    }

    fn conditional(&mut self, site: OpId, op: &Op) -> Node {
        let kernel = self.kernel;
        let [condition, body] = [0, 1].map(|n| op.blocks[n]);
        let args = [condition, body].map(|block| kernel.block(block).args.as_slice());
        let (carries, init) = self.carries(&args, &op.results, &op.operands);
        let nodes = self.nodes(condition);
        let holds = self.reg(kernel.block(condition).yields[0]);
        let body = self.loop_body(body, &carries);
        Node::While(Box::new(WhileNode { site, init, condition: nodes, holds, body }))
    }
}

fn barrier(site: OpId, op: &Op) -> Node {
    let flags = op.attrs.iter().find_map(|attr| match attr {
        Attr::MemFlags(flags) => Some(*flags),
        _ => None,
    });
    Node::Barrier { site, code: op.code, flags: flags.unwrap_or(MemFlags::Threadgroup) }
}

fn dim(op: &Op) -> Dim {
    match op.attrs.first() {
        Some(Attr::Dim(dim)) => *dim,
        _ => Dim::X,
    }
}

/// What an operation on integers does to affine operands.
fn affine(code: Opcode, from: DType, to: DType) -> Affine {
    if !from.is_integer() {
        return Affine::No;
    }
    match code {
        Opcode::Add => Affine::Add,
        Opcode::Sub => Affine::Sub,
        Opcode::Mul => Affine::Mul,
        Opcode::Shl => Affine::Shl,
        Opcode::Neg | Opcode::Not => Affine::Negate,
        Opcode::Cast if to.is_integer() => Affine::Cast,
        Opcode::CmpLt | Opcode::CmpLe | Opcode::CmpGt | Opcode::CmpGe => Affine::Order,
        _ => Affine::No,
    }
}
