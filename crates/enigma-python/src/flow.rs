//! What plain `if`, `while` and `for` over values are rewritten into. The package's Python code keeps the variables;
//! here are the branches and loops themselves.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use enigma_ir::{Arg, Checkpoint, DType, Diagnostic, Literal, Opcode, Rule, Type, ValueId};
use pyo3::prelude::*;

use crate::argument::Given;
use crate::call::{Operands, perform};
use crate::control::{refuse_retyped, typed};
use crate::error::error_at;
use crate::place::Place;
use crate::trace::{self, Tracer};
use crate::value::{Value, wrap};

type Objects = Vec<Py<PyAny>>;

/// The truth of a value as a `bool` value: a number is true when it is not zero.
#[pyfunction]
pub fn truth(py: Python<'_>, value: Py<Value>) -> PyResult<Py<PyAny>> {
    let ty = trace::type_of(value.get().kernel, value.get().id);
    match ty {
        Some(Type::Scalar(dtype)) if dtype != DType::Bool => {
            let zero = Given::Free(Arg::Literal(Literal::Int(0)));
            perform(py, Opcode::CmpNe, Operands::from_iter([Given::read(value.bind(py)), zero]))
        }
        _ => Ok(value.into_any()),
    }
}

/// `not` of a value.
#[pyfunction]
pub fn negation(py: Python<'_>, value: Py<Value>) -> PyResult<Py<PyAny>> {
    let condition = truth(py, value)?;
    perform(py, Opcode::Not, Operands::from_iter([Given::read(condition.bind(py))]))
}

/// A moment of the tracing that can be gone back to.
#[pyclass(frozen)]
pub struct Mark(Checkpoint);

/// Where the tracing stands.
#[pyfunction]
pub fn mark(py: Python<'_>) -> PyResult<Mark> {
    let place = Place::of_caller(py)?;
    trace::with(py, &place, "while", |tracer, _| Mark(tracer.builder.checkpoint()))
}

#[pymethods]
impl Mark {
    /// Undoes what was recorded since.
    fn take_back(&self, py: Python<'_>) -> PyResult<()> {
        let place = Place::of_caller(py)?;
        trace::with(py, &place, "while", |tracer, span| {
            if !tracer.builder.take_back(&self.0) {
                let message = "a loop is left inside a block that was opened in it";
                tracer.builder.refuse(Diagnostic::new(Rule::InvalidKernel, message, span, "this loop"));
            }
        })
    }
}

/// What a variable holds, for the kernel being traced; None stands for what nobody looks at.
fn resolved(tracer: &mut Tracer, objects: &[Given], span: enigma_ir::Span) -> Vec<Arg> {
    objects.iter().map(|given| given.clone().resolve(tracer.kernel, &mut tracer.builder, span)).collect()
}

fn read(objects: &[Bound<'_, PyAny>]) -> Vec<Given> {
    objects.iter().map(|object| if object.is_none() { Given::MISSING } else { Given::read(object) }).collect()
}

fn wrapped(py: Python<'_>, kernel: u64, values: Vec<(ValueId, bool)>) -> PyResult<Objects> {
    values.into_iter().map(|(id, is_event)| wrap(py, kernel, id, is_event)).collect()
}

fn carries_out(tracer: &mut Tracer, arg: &Arg, span: enigma_ir::Span) -> bool {
    matches!(arg, Arg::Value(value) if tracer.builder.carry_out(*value, span))
}

fn name_all(tracer: &mut Tracer, values: &[ValueId], names: &[String]) {
    for (&value, name) in values.iter().zip(names) {
        tracer.builder.name_value(value, name);
    }
}

/// Raises when nothing can be opened any more, which is how a recursion without end shows.
fn room(py: Python<'_>, place: &Place) -> PyResult<()> {
    let found = trace::with(py, place, "if", |tracer, span| {
        tracer.builder.is_full().then(|| tracer.builder.open_spans().filter(|&open| open == span).count() > 1)
    })?;
    let Some(recursive) = found else { return Ok(()) };
    let (message, help) = match recursive {
        true => (
            "a function calls itself under a condition that is known only when the kernel runs",
            "both sides of such a condition are traced, so the recursion has no end: write a loop",
        ),
        false => (
            "loops and branches are nested too deep",
            "combine conditions with `and`, or let one loop count for several",
        ),
    };
    Err(trace::refuse(py, Rule::ResourceLimit, message.to_owned(), "one too deep", help)
        .unwrap_or_else(|_| error_at(py, place, Rule::ResourceLimit, message.to_owned(), "one too deep", help)))
}

/// A branch on a value, both sides of which are traced.
#[pyclass(frozen)]
pub struct Fork {
    place: Place,
    /// What the tracer knows it by while it is open.
    number: AtomicU64,
}

#[pymethods]
impl Fork {
    /// Opens the first side.
    #[new]
    fn new(py: Python<'_>, condition: Py<Value>) -> PyResult<Fork> {
        let place = Place::of_caller(py)?;
        room(py, &place)?;
        let condition = Given::read(truth(py, condition)?.bind(py));
        let number = trace::with(py, &place, "if", |tracer, span| {
            let condition = condition.resolve(tracer.kernel, &mut tracer.builder, span);
            tracer.builder.begin_if(&condition, span);
            tracer.open()
        })?;
        Ok(Fork { place, number: AtomicU64::new(number) })
    }

    /// Opens the second side.
    fn otherwise(&self, py: Python<'_>) -> PyResult<()> {
        trace::with(py, &self.place, "if", |tracer, span| {
            if tracer.innermost(self.number.load(Relaxed), span) {
                tracer.builder.begin_else(&[], span);
            }
        })
    }

    /// Closes the second side. Takes what each variable is at the end of either side (None where nobody will look at
    /// it), and their names; returns what they are from here on: a value, or a pair of descriptions where the two
    /// have no common type.
    fn join(
        &self,
        py: Python<'_>,
        then: Vec<Bound<'_, PyAny>>,
        otherwise: Vec<Bound<'_, PyAny>>,
        names: Vec<String>,
        speculate: bool,
    ) -> PyResult<Objects> {
        let (then, otherwise) = (read(&then), read(&otherwise));
        let joined = trace::with(py, &self.place, "if", |tracer, span| {
            if !tracer.close(self.number.load(Relaxed), span) {
                return None;
            }
            let then = resolved(tracer, &then, span);
            let otherwise = resolved(tracer, &otherwise, span);
            let ends: Vec<[Arg; 2]> = then.into_iter().zip(otherwise).map(|(a, b)| [a, b]).collect();
            let joined = tracer.builder.join_if(&ends, speculate, span);
            for (joined, name) in joined.iter().zip(&names) {
                if let Ok(value) = joined {
                    tracer.builder.name_value(*value, name);
                }
            }
            let ty = |id| tracer.builder.kernel().ty(id) == Type::Event;
            Some((tracer.kernel, joined.into_iter().map(|j| j.map(|id| (id, ty(id)))).collect::<Vec<_>>()))
        })?;
        let Some((kernel, joined)) = joined else { return Ok(Vec::new()) };
        let made = joined.into_iter().map(|joined| match joined {
            Ok((id, is_event)) => wrap(py, kernel, id, is_event),
            Err([then, otherwise]) => Ok((then, otherwise).into_pyobject(py)?.into_any().unbind()),
        });
        made.collect()
    }
}

/// A loop that is recorded, and carries variables.
#[pyclass(frozen)]
pub struct Loop {
    place: Place,
    init: Vec<Given>,
    names: Vec<String>,
    counted: bool,
    /// What the tracer knows it by while it is open.
    number: u64,
}

#[pymethods]
impl Loop {
    /// Opens a counted loop; `target` is what its index is called. Returns the loop, the index, and the carried
    /// variables in the body.
    #[staticmethod]
    fn counted(
        py: Python<'_>,
        bounds: [Bound<'_, PyAny>; 3],
        target: Option<String>,
        init: Vec<Bound<'_, PyAny>>,
        names: Vec<String>,
    ) -> PyResult<(Loop, Py<PyAny>, Objects)> {
        let place = Place::of_caller(py)?;
        room(py, &place)?;
        let bounds = bounds.each_ref().map(Given::read);
        let init = read(&init);
        let (number, kernel, index, carries) = trace::with(py, &place, "for", |tracer, span| {
            let [lo, hi, step] = bounds.map(|given| given.resolve(tracer.kernel, &mut tracer.builder, span));
            let init = resolved(tracer, &init, span);
            let (index, carries) = tracer.builder.begin_for([&lo, &hi, &step], DType::I32, &init, span);
            if let Some(target) = target {
                tracer.builder.name_value(index, &target);
            }
            name_all(tracer, &carries, &names);
            (tracer.open(), tracer.kernel, index, typed(tracer, carries))
        })?;
        let opened = Loop { place, init, names, counted: true, number };
        Ok((opened, wrap(py, kernel, index, false)?, wrapped(py, kernel, carries)?))
    }

    /// Opens a loop with a condition, which is computed next. Returns the loop and the carried variables.
    #[staticmethod]
    fn conditional(py: Python<'_>, init: Vec<Bound<'_, PyAny>>, names: Vec<String>) -> PyResult<(Loop, Objects)> {
        let place = Place::of_caller(py)?;
        room(py, &place)?;
        let init = read(&init);
        let (number, kernel, carries) = trace::with(py, &place, "while", |tracer, span| {
            let init = resolved(tracer, &init, span);
            let carries = tracer.builder.begin_while(&init, span);
            name_all(tracer, &carries, &names);
            (tracer.open(), tracer.kernel, typed(tracer, carries))
        })?;
        Ok((Loop { place, init, names, counted: false, number }, wrapped(py, kernel, carries)?))
    }

    /// Ends the condition, and opens the body of the loop; returns the carried variables in it.
    fn body(&self, py: Python<'_>, condition: &Bound<'_, PyAny>) -> PyResult<Objects> {
        let condition = match condition.cast::<Value>() {
            Ok(value) => Given::read(truth(py, value.clone().unbind())?.bind(py)),
            Err(_) => Given::read(condition),
        };
        let carries = trace::with(py, &self.place, "while", |tracer, span| {
            if !tracer.innermost(self.number, span) {
                return None;
            }
            let condition = condition.resolve(tracer.kernel, &mut tracer.builder, span);
            let carries = tracer.builder.begin_while_body(&condition, span);
            name_all(tracer, &carries, &self.names);
            Some((tracer.kernel, typed(tracer, carries)))
        })?;
        carries.map_or_else(|| Ok(Vec::new()), |(kernel, carries)| wrapped(py, kernel, carries))
    }

    /// Closes the loop. `next` are the carried variables at the end of the body; `made` are values that every
    /// iteration makes anew, called `names`, of which the last are wanted. Returns both as they are after the loop,
    /// None for what cannot leave it.
    fn end(
        &self,
        py: Python<'_>,
        next: Vec<Bound<'_, PyAny>>,
        made: Vec<Bound<'_, PyAny>>,
        names: Vec<String>,
    ) -> PyResult<Vec<Option<Py<PyAny>>>> {
        let next = read(&next);
        let made = read(&made);
        let what = if self.counted { "for" } else { "while" };
        let ended = trace::with(py, &self.place, what, |tracer, span| {
            if !tracer.close(self.number, span) {
                return None;
            }
            let mut next = resolved(tracer, &next, span);
            refuse_retyped(tracer, &self.init, Some(&self.names), &next, span);
            let made = resolved(tracer, &made, span);
            let leaves: Vec<bool> = made.iter().map(|arg| carries_out(tracer, arg, span)).collect();
            next.extend(made.into_iter().zip(&leaves).filter(|(_, leaves)| **leaves).map(|(arg, _)| arg));
            let results = match self.counted {
                true => tracer.builder.end_for(&next, span),
                false => tracer.builder.end_while(&next, span),
            };
            name_all(tracer, &results, &self.names);
            let mut last = results.split_at(self.names.len().min(results.len())).1.iter();
            let last: Vec<Option<ValueId>> =
                leaves.iter().map(|leaves| leaves.then(|| last.next().copied()).flatten()).collect();
            for (value, name) in last.iter().zip(&names) {
                if let Some(value) = value {
                    tracer.builder.name_value(*value, name);
                }
            }
            let carried = results.into_iter().take(self.names.len()).map(Some).collect::<Vec<_>>();
            let all = carried.into_iter().chain(last);
            let all = all.map(|v| v.map(|id| (id, tracer.builder.kernel().ty(id) == Type::Event))).collect::<Vec<_>>();
            Some((tracer.kernel, all))
        })?;
        let Some((kernel, values)) = ended else { return Ok(Vec::new()) };
        let wrapped = values.into_iter().map(|v| v.map(|(id, is_event)| wrap(py, kernel, id, is_event)).transpose());
        wrapped.collect()
    }
}
