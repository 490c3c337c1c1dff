//! `out-of-bounds`, where index, extents and length are constant.

use super::Subject;
use super::extent::{Extent, Shape};
use crate::analysis::evaluate::Thread;
use crate::copy::{Copy, CopyShape};
use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{BlockId, Kernel, Memory, Op, ValueId};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    check_block(subject, Kernel::BODY, found);
}

fn check_block(subject: &Subject<'_>, block: BlockId, found: &mut Vec<Diagnostic>) {
    for &id in &subject.kernel.block(block).ops {
        let op = subject.kernel.op(id);
        match op.as_copy() {
            Some(copy) => found.extend(copy_flaw(subject, op, &copy)),
            None => found.extend(access_flaw(subject, op)),
        }
        for &nested in subject.entered(op) {
            check_block(subject, nested, found);
        }
    }
}

fn access_flaw(subject: &Subject<'_>, op: &Op) -> Option<Diagnostic> {
    let extent = Extent::of_access(subject.kernel, &subject.evaluator, op)?;
    let start = extent.start.as_constant()?;
    let memory = subject.kernel.memory(extent.memory);
    overrun(memory, start, extent.shape).map(|what| report(op, memory, what, op.code.info().name))
}

fn copy_flaw(subject: &Subject<'_>, op: &Op, copy: &Copy) -> Option<Diagnostic> {
    let Subject { kernel, evaluator, .. } = subject;
    let known = |value| evaluator.evaluate(value, Thread::Every);
    if known(copy.predicate) != Some(1) {
        return None;
    }
    let name = op.code.info().name;
    for (what, value) in extents(copy) {
        if let Some(number @ ..0) = known(value) {
            return Some(negative(kernel, op, name, what, value, number));
        }
    }
    let sides = [Extent::of_destination(kernel, evaluator, copy), Extent::of_source(kernel, evaluator, copy)];
    if let [Some(Extent { shape: Shape { cols, rows, pitch }, .. }), _] = sides
        && rows > 1
        && pitch < cols
    {
        let message = format!("`{name}` writes rows of {cols} elements that lie only {pitch} apart");
        let help = "the pitch `dst_epr` counts the elements from one row of the destination to the next: at least as many as a row has";
        return Some(Diagnostic::new(Rule::OutOfBounds, message, op.span, "rows overlap").with_help(help));
    }
    for extent in sides.into_iter().flatten() {
        let Some(start) = extent.start.as_constant() else { continue };
        let memory = kernel.memory(extent.memory);
        if let Some(what) = overrun(memory, start, extent.shape) {
            return Some(report(op, memory, what, name));
        }
    }
    None
}

/// What says how much is copied. An offset or a pitch is judged by where it leads, which for an empty copy is nowhere.
fn extents(copy: &Copy) -> Vec<(&'static str, ValueId)> {
    match copy.shape {
        CopyShape::Linear { count } => vec![("count", count)],
        CopyShape::Tile { cols, rows, .. } => vec![("cols", cols), ("rows", rows)],
    }
}

fn negative(kernel: &Kernel, op: &Op, name: &str, what: &str, value: ValueId, number: i128) -> Diagnostic {
    let message = format!("`{name}` is given a negative {what}: {number}");
    let given = kernel.value(value).span;
    let diagnostic = Diagnostic::new(Rule::OutOfBounds, message, op.span, "this copy");
    let diagnostic = if given == op.span { diagnostic } else { diagnostic.with_label(given, format!("{number}")) };
    diagnostic.with_help("extents count elements; 0 copies nothing")
}

/// How a set of elements leaves its memory, in words.
fn overrun(memory: &Memory, start: i128, shape: Shape) -> Option<String> {
    if shape.is_empty() {
        return None;
    }
    let (low, end) = (start.saturating_add(shape.low()), start.saturating_add(shape.reach()));
    if low < 0 {
        return Some(format!("uses element {low}"));
    }
    let length = i128::from(memory.space.length()?);
    if end <= length {
        return None;
    }
    if shape == Shape::ELEMENT {
        return Some(format!("uses element {start}"));
    }
    let count = shape.cols.saturating_mul(shape.rows);
    let extent = if shape.rows == 1 { format!("{count} elements") } else { format!("{} x {}", shape.rows, shape.cols) };
    Some(format!("uses {extent} from element {start}, up to element {}", end - 1))
}

fn report(op: &Op, memory: &Memory, what: String, name: &str) -> Diagnostic {
    let reach = match memory.space.length() {
        Some(1) => "has 1 element".to_owned(),
        Some(n) => format!("has {n} elements"),
        None => "is a buffer, which begins at element 0".to_owned(),
    };
    let message = format!("`{name}` leaves `{}`: it {what}, and `{}` {reach}", memory.name, memory.name);
    Diagnostic::new(Rule::OutOfBounds, message, op.span, "leaves the buffer")
        .with_label(memory.span, format!("`{}` is declared here", memory.name))
        .with_help("offsets and extents count elements, not bytes")
}
