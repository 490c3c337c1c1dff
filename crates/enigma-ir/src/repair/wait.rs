//! The wait for a copy as a change of the source: a statement that is inserted, and those that it replaces.

use super::Repair;
use super::editor::{Editor, text_at};
use super::outline::{Index, words};
use super::target::Target;
use crate::dialect::Dialect;
use crate::kernel::{Definition, Kernel, OpId, ValueId};
use crate::table::Opcode;

/// The first of these places at which the source can take the wait.
pub(super) fn first_that_fits(kernel: &Kernel, issue: OpId, targets: Vec<Target>) -> Option<Repair> {
    let place = kernel.op(issue).span;
    let text = text_at(kernel, place)?;
    targets.iter().find_map(|target| Waiter { editor: Editor::new(kernel, place, &text) }.repair(target))
}

/// How the source speaks of an event.
struct Handle {
    /// The expression: `ev`, or `carry[0]`.
    expression: String,
    /// The variable in it, on whose staying the same the expression depends.
    variable: String,
}

struct Waiter<'k> {
    editor: Editor<'k>,
}

impl Waiter<'_> {
    fn repair(mut self, target: &Target) -> Option<Repair> {
        let kernel = self.editor.kernel;
        let (maker, is_argument) = match kernel.value(target.event).definition {
            Definition::Result(op, _) => (op, false),
            Definition::Argument(block, _) => (kernel.block(block).owner?, true),
            Definition::Parameter(_) => return None,
        };
        let made = self.editor.statement(maker)?;
        let sound = self.editor.is_made_once(maker) && self.editor.outline.statement(made).alone;
        if !sound || self.editor.outline.defers(made) {
            return None;
        }
        let anchor_op = match target.before {
            Some(op) => op,
            None => *kernel.block(kernel.home(target.event)).ops.last()?,
        };
        let anchor = self.beside(made, is_argument, self.editor.statement(anchor_op)?)?;
        let handle = self.handle(target.event, maker, made)?;
        if !self.keeps_its_meaning(&handle, made, is_argument, anchor, target) {
            return None;
        }
        for &wait in &target.superfluous {
            self.take_out(wait, &handle.expression)?;
        }
        let statement = self.statement(&handle.expression)?;
        Some(match target.before {
            Some(_) => self.editor.insert_before(anchor, statement),
            None => self.editor.insert_after(anchor, statement),
        })
    }

    /// The statement that holds another and stands in the suite in which the event is at hand: the one of the statement
    /// that made it, or the loop's own where the event is carried.
    fn beside(&self, made: Index, is_argument: bool, inner: Index) -> Option<Index> {
        let outline = &self.editor.outline;
        let suite = outline.statement(made).suite;
        let fits = |n: Index| match is_argument {
            true => outline.owner(n) == Some(made),
            false => outline.statement(n).suite == suite,
        };
        let anchor = outline.lead(outline.around(inner).find(|&n| fits(n))?);
        let comes_after = is_argument || anchor > outline.last(made) || anchor == made && inner == made;
        (comes_after && outline.statement(anchor).alone).then_some(anchor)
    }

    /// How the event is called, where it is made by `made`. What a copy returned is kept where it was not.
    fn handle(&mut self, event: ValueId, maker: OpId, made: Index) -> Option<Handle> {
        let kernel = self.editor.kernel;
        let op = kernel.op(maker);
        let name = kernel.value(event).name.as_ref();
        match (op.code.is_copy(), name) {
            (true, Some(name)) => {
                self.assigns_alone(made, name).then(|| Handle { expression: name.clone(), variable: name.clone() })
            }
            (true, None) => self.keep(maker, made),
            (false, Some(name)) => Some(Handle { expression: name.clone(), variable: name.clone() }),
            (false, None) => self.carry(event, made),
        }
    }

    /// Whether the statement is `name = ...`.
    fn assigns_alone(&self, made: Index, name: &str) -> bool {
        let source = self.editor.outline.source(made);
        let source = match self.editor.dialect {
            Dialect::Python => Some(source),
            Dialect::Rust => source.strip_prefix("let "),
        };
        let rest = source.and_then(|source| source.strip_prefix(name)).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="))
    }

    /// Keeps what a copy returns that is a statement of its own.
    fn keep(&mut self, maker: OpId, made: Index) -> Option<Handle> {
        let bytes = self.editor.outline.statement(made).bytes.clone();
        let source = self.editor.outline.source(made);
        let called = self.editor.from(maker)?;
        let name = self.editor.kernel.op(maker).code.info().name;
        let is_call = match self.editor.dialect {
            Dialect::Python => is_one_call(source) && source.starts_with(called.split('(').next()?),
            Dialect::Rust => is_one_call(source.strip_suffix(';')?) && is_issue(called, name),
        };
        if !is_call {
            return None;
        }
        let variable = self.editor.free_name("ev");
        let binding = if self.editor.dialect == Dialect::Rust { "let " } else { "" };
        self.editor.replace(bytes.start..bytes.start, format!("{binding}{variable} = "));
        Some(Handle { expression: variable.clone(), variable })
    }

    /// An event that a `with for_range(..., init=[...]) as (i, carry):` carries.
    fn carry(&self, event: ValueId, made: Index) -> Option<Handle> {
        let kernel = self.editor.kernel;
        let n = match kernel.value(event).definition {
            Definition::Result(_, n) => n,
            Definition::Argument(_, n) => n.checked_sub(1)?,
            Definition::Parameter(_) => return None,
        };
        let header = self.editor.outline.source(made).strip_suffix(':')?.trim_end();
        let (_, names) = header.rsplit_once(" as ")?;
        let (_, carry) = names.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
        let variable = carry.trim().to_owned();
        let is_name = words(&variable).eq([variable.as_str()]) && self.editor.dialect == Dialect::Python;
        is_name.then(|| Handle { expression: format!("{variable}[{n}]"), variable })
    }

    /// Whether the expression still stands for the event at the anchor. In Rust it must not have been moved either.
    fn keeps_its_meaning(
        &self,
        handle: &Handle,
        made: Index,
        is_argument: bool,
        anchor: Index,
        target: &Target,
    ) -> bool {
        let outline = &self.editor.outline;
        let first = if is_argument { made } else { outline.last(made) };
        let end = if target.before.is_some() { anchor } else { outline.last(anchor) + 1 };
        if outline.between(first, end).any(|n| outline.assigns(n, &handle.variable)) {
            return false;
        }
        if self.editor.dialect == Dialect::Python {
            return true;
        }
        let Some(function) = outline.function(made) else { return false };
        let rest = &outline.text[outline.statement(made).bytes.start..outline.statement(function).bytes.end];
        let uses = words(rest).filter(|word| *word == handle.variable).count();
        let declared = usize::from(words(outline.source(made)).any(|word| word == handle.variable));
        uses <= declared + target.superfluous.len()
    }

    /// Takes the event out of a wait, and the wait out of the source where it names no other.
    fn take_out(&mut self, wait: OpId, expression: &str) -> Option<()> {
        let index = self.editor.statement(wait)?;
        let outline = &self.editor.outline;
        if !self.editor.is_made_once(wait) || !outline.statement(index).alone {
            return None;
        }
        let source = outline.source(index);
        let name = Opcode::AsyncCopyWait.info().name;
        if self.editor.dialect == Dialect::Rust && source == format!("{expression}.wait();") {
            self.editor.remove(index);
            return Some(());
        }
        let (open, close) = match self.editor.dialect {
            Dialect::Python => ("(", ")"),
            Dialect::Rust => ("([", "]);"),
        };
        let (called, listed) = source.split_once(open)?;
        let listed = listed.strip_suffix(close)?;
        let events: Vec<&str> = listed.split(',').map(str::trim).filter(|event| !event.is_empty()).collect();
        let left: Vec<&str> = events.iter().copied().filter(|event| *event != expression).collect();
        let is_plain = called.ends_with(name) && !listed.contains(['(', '{', '*', '#', '\'', '"']);
        if !is_plain || left.len() + 1 != events.len() {
            return None;
        }
        if left.is_empty() {
            self.editor.remove(index);
        } else {
            let bytes = outline.statement(index).bytes.clone();
            self.editor.replace(bytes, format!("{called}{open}{}{close}", left.join(", ")));
        }
        Some(())
    }

    fn statement(&self, expression: &str) -> Option<String> {
        let wait = self.editor.dialect.wait(expression);
        match self.editor.dialect {
            Dialect::Python => self.editor.call(&wait),
            Dialect::Rust => Some(format!("{wait};")),
        }
    }
}

/// Whether a piece of source is one call and nothing after it.
fn is_one_call(source: &str) -> bool {
    let Some(open) = source.find('(') else { return false };
    let mut depth = 0;
    for (at, c) in source.char_indices().skip_while(|&(at, _)| at < open) {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return at + 1 == source.len(),
            ')' => depth -= 1,
            '"' | '\'' => return false,
            _ => {}
        }
    }
    false
}

/// Whether a Rust call issues a copy: by the operation's own name, or as a tile's method.
fn is_issue(called: &str, name: &str) -> bool {
    let first = words(called).find(|word| *word != "enigma").unwrap_or("");
    first == name || first == "copy"
}
