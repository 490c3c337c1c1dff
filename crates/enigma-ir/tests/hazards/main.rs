//! What is said of each hazard, and how it is repaired: kernels made by hand whose operations stand in a source text.

mod repairs;
mod wording;

use enigma_ir::{Arg, Builder, DType, Kernel, Literal, MemoryId, OpId, Opcode, Span, ValueId};

/// A kernel in the making whose operations stand in a text, one after the other.
struct Sketch {
    builder: Builder,
    text: String,
    /// Where the last operation stands.
    at: usize,
    a: MemoryId,
    b: MemoryId,
    tile: MemoryId,
}

fn int(v: i128) -> Arg {
    Arg::Literal(Literal::Int(v))
}

impl Sketch {
    /// A kernel declared by the first `declared` in the text, with buffers `A` and `B` and a tile of 64 floats.
    fn new(path: &str, text: &str, declared: &str) -> Sketch {
        let start = text.find(declared).expect("the kernel is declared in the text");
        let Span { line, column, end_line, end_column, .. } = span(text, start, declared);
        let mut builder = Builder::new("example", path, Some(text.into()), [line, column, end_line, end_column]);
        let place = span(text, start, declared);
        let a = builder.buffer_param("A", DType::F32, place);
        let b = builder.buffer_param("B", DType::F32, place);
        let made = text.find("threadgroup").expect("the tile is made in the text");
        let tile = builder.threadgroup_alloc(DType::F32, 64, Some("tile"), None, span(text, made, "threadgroup"));
        Sketch { builder, text: text.to_owned(), at: start, a, b, tile }
    }

    fn python(text: &str) -> Sketch {
        Sketch::new("kernel.py", text, "def example")
    }

    /// The place of the next such piece of the text.
    fn next(&mut self, piece: &str) -> Span {
        let found = self.text[self.at..].find(piece).unwrap_or_else(|| panic!("{piece} stands in the text"));
        self.at += found + 1;
        span(&self.text, self.at - 1, piece)
    }

    fn op(&mut self, code: Opcode, args: &[Arg], piece: &str) -> (OpId, Option<ValueId>) {
        let span = self.next(piece);
        let result = self.builder.call(code, args, span);
        let kernel = self.builder.kernel();
        let last = kernel.walk().into_iter().rfind(|&op| kernel.op(op).code == code);
        (last.expect("the operation was made"), result)
    }

    /// A copy of 64 elements from `A` into the tile.
    fn copy_in(&mut self, name: &str, piece: &str) -> (OpId, ValueId) {
        let args = [self.tile.into(), int(0), self.a.into(), int(0), int(64)];
        let (op, event) = self.op(Opcode::AsyncCopy1dD2t, &args, piece);
        self.named(op, event, name)
    }

    /// A copy of 64 elements from the tile to `B`.
    fn copy_out(&mut self, name: &str, piece: &str) -> (OpId, ValueId) {
        let args = [self.b.into(), int(0), self.tile.into(), int(0), int(64)];
        let (op, event) = self.op(Opcode::AsyncCopy1dT2d, &args, piece);
        self.named(op, event, name)
    }

    fn named(&mut self, op: OpId, event: Option<ValueId>, name: &str) -> (OpId, ValueId) {
        let event = event.expect("a copy returns an event");
        self.builder.name_value(event, name);
        (op, event)
    }

    fn wait(&mut self, event: ValueId, piece: &str) -> OpId {
        self.op(Opcode::AsyncCopyWait, &[event.into()], piece).0
    }

    fn load(&mut self, memory: MemoryId, piece: &str) -> OpId {
        self.op(Opcode::Load, &[memory.into(), int(0)], piece).0
    }

    fn store(&mut self, memory: MemoryId, piece: &str) -> OpId {
        self.op(Opcode::Store, &[memory.into(), int(0), Arg::Literal(Literal::Float(1.0))], piece).0
    }

    fn barrier(&mut self, piece: &str) -> OpId {
        self.op(Opcode::Barrier, &[], piece).0
    }

    /// Opens a branch on `lane < 3`, or on `n > 3`, which is the same for all.
    fn begin_if(&mut self, divergent: bool, piece: &str) {
        let span = self.next(piece);
        let position = if divergent { Opcode::ThreadIndexInSimdgroup } else { Opcode::ThreadgroupPositionInGrid };
        let position = self.builder.value(position, &[], span);
        let cond = self.builder.value(Opcode::CmpLt, &[position.into(), int(3)], span);
        self.builder.begin_if(&cond.into(), span);
    }

    fn end_if(&mut self) {
        let span = self.builder.kernel().span();
        self.builder.end_if(&[], span);
    }

    fn begin_for(&mut self, piece: &str) {
        let span = self.next(piece);
        self.builder.begin_for([&int(0), &int(4), &int(1)], DType::U32, &[], span);
    }

    fn end_for(&mut self) {
        let span = self.builder.kernel().span();
        self.builder.end_for(&[], span);
    }

    fn finish(self) -> Kernel {
        self.builder.finish()
    }
}

/// The place of a piece of a text that stands at a byte; its end is known for Python only, as it is to the front ends.
fn span(text: &str, start: usize, piece: &str) -> Span {
    let line = text[..start].matches('\n').count() as u32 + 1;
    let column = (start - text[..start].rfind('\n').map_or(0, |at| at + 1)) as u32 + 1;
    Span { file: 0, line, column, end_line: line, end_column: column + piece.len() as u32 }
}
