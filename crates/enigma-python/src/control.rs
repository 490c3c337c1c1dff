//! Loops and branches as context managers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use enigma_ir::{Arg, BuilderMark, DType, Diagnostic, Literal, Rule, Span, Type, ValueId};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use crate::argument::{self, Given};
use crate::locked;
use crate::place::Place;
use crate::trace::{self, Tracer};
use crate::value::{spread, wrap};

/// Whether a block is being left by an exception. Its loop or branch then stays open: nothing can be made of the
/// kernel any more, and if its code goes on all the same, the verifier says so.
fn raised(exception: &Bound<'_, PyTuple>) -> bool {
    exception.get_item(0).is_ok_and(|class| !class.is_none())
}

/// Values carried from one iteration of a loop to the next: `carry[k]` is read and assigned.
///
/// Inside the loop it holds the values of this iteration, and what is assigned is what the next begins with; after
/// the loop it holds the result.
#[pyclass(frozen, module = "enigma", name = "Carry")]
pub struct Carry {
    values: Mutex<Vec<Py<PyAny>>>,
}

impl Carry {
    fn with<R>(&self, act: impl FnOnce(&mut Vec<Py<PyAny>>) -> R) -> R {
        act(&mut locked(&self.values))
    }

    /// Holds these values (and whether each is an event) from now on.
    fn hold(&self, py: Python<'_>, kernel: u64, values: Vec<(ValueId, bool)>) -> PyResult<()> {
        let values = values.into_iter().map(|(id, is_event)| wrap(py, kernel, id, is_event));
        let values = values.collect::<PyResult<Vec<_>>>()?;
        // What is let go of may run Python code of its own, which must not find the lock taken.
        drop(self.with(|held| std::mem::replace(held, values)));
        Ok(())
    }

    /// Which value an index names; negative ones count from the end.
    fn place(&self, index: &Bound<'_, PyAny>) -> PyResult<usize> {
        let length = self.__len__();
        let place = match argument::number(index) {
            Some(Literal::Int(n @ 0..)) => usize::try_from(n).ok(),
            Some(Literal::Int(n)) => usize::try_from(n + length as i128).ok(),
            _ => None,
        };
        if let Some(place) = place.filter(|&place| place < length) {
            return Ok(place);
        }
        let given = argument::describe(index);
        let message = format!("a carry of {length} has nothing at {given}");
        Err(trace::refuse(index.py(), Rule::InvalidOperand, message, "this index", "carried values count from 0")?)
    }
}

#[pymethods]
impl Carry {
    fn __getitem__(&self, py: Python<'_>, index: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let index = self.place(index)?;
        Ok(self.with(|values| values[index].clone_ref(py)))
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let values: Vec<_> = self.with(|values| values.iter().map(|value| value.clone_ref(py)).collect());
        PyTuple::new(py, values)?.try_iter()
    }

    fn __setitem__(&self, index: &Bound<'_, PyAny>, value: Py<PyAny>) -> PyResult<()> {
        let index = self.place(index)?;
        drop(self.with(|values| std::mem::replace(&mut values[index], value)));
        Ok(())
    }

    fn __len__(&self) -> usize {
        self.with(|values| values.len())
    }

    fn __repr__(&self) -> String {
        format!("<enigma.Carry of {}>", self.__len__())
    }
}

/// A counted loop, `with for_range(...) as i:`.
#[pyclass(frozen, module = "enigma", name = "ForRange")]
pub struct ForRange {
    place: Place,
    bounds: [Given; 3],
    dtype: DType,
    init: Vec<Given>,
    carry: Option<Py<Carry>>,
    /// What the tracer knows it by while it is open.
    number: AtomicU64,
}

#[pymethods]
impl ForRange {
    /// `init` is a list or a tuple of what is carried, one such thing, or None.
    #[new]
    #[pyo3(signature = (lo, hi, step, dtype, init=None))]
    fn new(
        py: Python<'_>,
        lo: &Bound<'_, PyAny>,
        hi: &Bound<'_, PyAny>,
        step: &Bound<'_, PyAny>,
        dtype: &Bound<'_, PyAny>,
        init: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<ForRange> {
        let place = Place::of_caller(py)?;
        let counted = argument::dtype(dtype).filter(|dtype| dtype.is_integer());
        let Some(dtype) = counted else {
            let message = "`for_range` counts in an integer dtype".to_owned();
            return Err(trace::refuse(
                py,
                Rule::InvalidOperand,
                message,
                "this loop",
                "leave `dtype` out to count in int",
            )?);
        };
        let init = init.map(spread).transpose()?;
        let carry = match &init {
            None => None,
            Some(_) => Some(Py::new(py, Carry { values: Mutex::default() })?),
        };
        let bounds = [lo, hi, step].map(Given::read);
        let init = init.unwrap_or_default().iter().map(Given::read).collect();
        Ok(ForRange { place, bounds, dtype, init, carry, number: AtomicU64::new(0) })
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (kernel, index, carries) = trace::with(py, &self.place, "for_range", |tracer, span| {
            let mut resolve = |given: &Given| given.clone().resolve(tracer.kernel, &mut tracer.builder, span);
            let [lo, hi, step] = self.bounds.each_ref().map(&mut resolve);
            let init: Vec<Arg> = self.init.iter().map(resolve).collect();
            let (index, carries) = tracer.builder.begin_for([&lo, &hi, &step], self.dtype, &init, span);
            self.number.store(tracer.open(), Relaxed);
            if let Some(target) = self.place.target() {
                tracer.builder.name_value(index, target);
            }
            (tracer.kernel, index, typed(tracer, carries))
        })?;
        let index = wrap(py, kernel, index, false)?;
        let Some(carry) = &self.carry else { return Ok(index) };
        carry.get().hold(py, kernel, carries)?;
        Ok(PyTuple::new(py, [index, carry.clone_ref(py).into_any()])?.into_any().unbind())
    }

    #[pyo3(signature = (*exception))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<bool> {
        if raised(exception) {
            return Ok(false);
        }
        let next = match &self.carry {
            None => Vec::new(),
            Some(carry) => carry.get().with(|held| held.iter().map(|value| value.clone_ref(py)).collect()),
        };
        let next: Vec<Given> = next.iter().map(|value: &Py<PyAny>| Given::read(value.bind(py))).collect();
        let closed = trace::with(py, &self.place, "for_range", |tracer, span| {
            if !tracer.close(self.number.load(Relaxed), span) {
                return None;
            }
            let next: Vec<Arg> =
                next.into_iter().map(|given| given.resolve(tracer.kernel, &mut tracer.builder, span)).collect();
            refuse_retyped(tracer, &self.init, None, &next, span);
            let results = tracer.builder.end_for(&next, span);
            Some((tracer.kernel, typed(tracer, results)))
        })?;
        if let (Some(carry), Some((kernel, results))) = (&self.carry, closed) {
            carry.get().hold(py, kernel, results)?;
        }
        Ok(false)
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let message = "`for_range` is no Python iterator".to_owned();
        let help = "write `with enigma.for_range(lo, hi) as i:`, or `for i in enigma.range(lo, hi):`";
        Err(trace::refuse(py, Rule::InvalidKernel, message, "iterated over here", help)?)
    }
}

/// Values, each with whether it is an event.
pub fn typed(tracer: &Tracer, values: Vec<ValueId>) -> Vec<(ValueId, bool)> {
    values.into_iter().map(|id| (id, tracer.builder.kernel().ty(id) == Type::Event)).collect()
}

/// Refuses a carry that began as a bare number and became a value of a type that the number was not given:
/// `total = 0` is a `uint`, and a `float` sum would be cut to one. What began as a value is refused likewise when it is a
/// variable of the program's, which nobody has said to keep its type.
pub fn refuse_retyped(tracer: &mut Tracer, init: &[Given], variables: Option<&[String]>, next: &[Arg], span: Span) {
    for (n, (init, next)) in init.iter().zip(next).enumerate() {
        let Arg::Value(next) = next else { continue };
        let scalar = |tracer: &Tracer, id| tracer.builder.kernel().ty(id).scalar();
        let (began, start) = match init {
            Given::Free(Arg::Literal(literal)) => (Some(literal.default_dtype()), format!("the number {literal}, a")),
            Given::Owned(_, Arg::Value(id)) if variables.is_some() => (scalar(tracer, *id), "a".to_owned()),
            _ => continue,
        };
        let (Some(began), Some(became)) = (began, scalar(tracer, *next)) else { continue };
        if keeps(began, became) {
            continue;
        }
        let name = variables.and_then(|names| names.get(n).cloned()).unwrap_or_else(|| format!("carry[{n}]"));
        let made = tracer.builder.kernel().value(*next).span;
        let wanted = match init {
            Given::Free(Arg::Literal(Literal::Int(v))) if became == DType::F32 => format!("{v}.0"),
            Given::Free(Arg::Literal(literal)) => format!("enigma.metal_cast({literal}, \"{became}\")"),
            _ => format!("enigma.metal_cast({name}, \"{became}\")"),
        };
        tracer.builder.refuse(
            Diagnostic::new(
                Rule::InvalidOperand,
                format!("`{name}` starts as {start} {began}, and becomes a {became}"),
                span,
                format!("carried as {began}"),
            )
            .with_label(made, format!("a {became}"))
            .with_help(format!("a carried value keeps its type: start with {wanted}")),
        );
    }
}

/// Whether a value of type `became` may go on as `began` without loss.
fn keeps(began: DType, became: DType) -> bool {
    let wraps = began.is_integer() && became.is_integer() && became.bits() <= began.bits();
    began == became || wraps || (began.is_float() && became.bits() <= began.bits())
}

/// Which of its two blocks a branch stands in, and where its builder stood when it was last in neither.
#[derive(Default)]
struct Progress {
    neither: Option<BuilderMark>,
    then: bool,
    otherwise: bool,
}

/// A branch, `with if_(cond):` or `with if_(cond) as (then, otherwise):`.
#[pyclass(frozen, module = "enigma", name = "If")]
pub struct If {
    place: Place,
    condition: Given,
    progress: Mutex<Progress>,
    /// What the tracer knows it by while it is open.
    number: AtomicU64,
}

#[pymethods]
impl If {
    #[new]
    fn new(py: Python<'_>, cond: &Bound<'_, PyAny>) -> PyResult<If> {
        Ok(If {
            place: Place::of_caller(py)?,
            condition: Given::read(cond),
            progress: Mutex::default(),
            number: AtomicU64::new(0),
        })
    }

    fn __enter__(slf: Py<Self>, py: Python<'_>) -> PyResult<(Branch, Branch)> {
        let this = slf.get();
        let mark = trace::with(py, &this.place, "if_", |tracer, span| {
            let condition = this.condition.clone().resolve(tracer.kernel, &mut tracer.builder, span);
            tracer.builder.begin_if(&condition, span);
            this.number.store(tracer.open(), Relaxed);
            tracer.builder.mark()
        })?;
        this.with(|progress| progress.neither = Some(mark));
        Ok((Branch { of: slf.clone_ref(py), otherwise: false }, Branch { of: slf, otherwise: true }))
    }

    #[pyo3(signature = (*exception))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<bool> {
        if raised(exception) {
            return Ok(false);
        }
        trace::with(py, &self.place, "if_", |tracer, span| {
            if !tracer.close(self.number.load(Relaxed), span) {
                return;
            }
            self.with(|progress| {
                if progress.then || progress.otherwise {
                    refuse_between(tracer, progress, span);
                }
            });
            tracer.builder.end_if(&[], span);
        })?;
        Ok(false)
    }
}

impl If {
    fn with<R>(&self, act: impl FnOnce(&mut Progress) -> R) -> R {
        act(&mut locked(&self.progress))
    }
}

/// One of the two blocks of a branch.
#[pyclass(frozen, module = "enigma", name = "Branch")]
pub struct Branch {
    of: Py<If>,
    otherwise: bool,
}

#[pymethods]
impl Branch {
    fn __enter__(&self, py: Python<'_>) -> PyResult<()> {
        let place = Place::of_caller(py)?;
        trace::with(py, &place, "if_", |tracer, span| {
            if !tracer.innermost(self.of.get().number.load(Relaxed), span) {
                return;
            }
            self.of.get().with(|progress| {
                refuse_between(tracer, progress, span);
                let again = if self.otherwise { progress.otherwise } else { progress.then || progress.otherwise };
                if again {
                    tracer.builder.refuse(
                        Diagnostic::new(
                            Rule::InvalidKernel,
                            "a branch is entered once, `then` before `otherwise`",
                            span,
                            "entered here",
                        )
                        .with_help("put all that the branch does under one `with`"),
                    );
                } else if self.otherwise {
                    tracer.builder.begin_else(&[], span);
                }
                progress.then |= !self.otherwise;
                progress.otherwise |= self.otherwise;
            });
        })
    }

    #[pyo3(signature = (*exception))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<bool> {
        if raised(exception) {
            return Ok(false);
        }
        let place = Place::of_caller(py)?;
        let mark = trace::with(py, &place, "if_", |tracer, _| tracer.builder.mark())?;
        self.of.get().with(|progress| progress.neither = Some(mark));
        Ok(false)
    }
}

/// Refuses what was recorded inside the `if_` but in neither branch.
fn refuse_between(tracer: &mut Tracer, progress: &mut Progress, span: Span) {
    if progress.neither.is_some_and(|mark| mark != tracer.builder.mark()) {
        tracer.builder.refuse(
            Diagnostic::new(
                Rule::InvalidKernel,
                "this branch has work outside `then` and `otherwise`",
                span,
                "before this",
            )
            .with_help("put it under `with then:` or `with otherwise:`, or before the `if_`"),
        );
    }
}

/// A loop with a condition, `with while_(lambda: cond):`.
#[pyclass(frozen, module = "enigma", name = "While")]
pub struct While {
    place: Place,
    condition: Py<PyAny>,
    /// What the tracer knows it by while it is open.
    number: AtomicU64,
}

#[pymethods]
impl While {
    #[new]
    fn new(py: Python<'_>, cond: &Bound<'_, PyAny>) -> PyResult<While> {
        let place = Place::of_caller(py)?;
        if cond.is_callable() {
            return Ok(While { place, condition: cond.clone().unbind(), number: AtomicU64::new(0) });
        }
        let message =
            format!("`while_` takes a function that computes its condition, not {}", argument::describe(cond));
        let help = "the condition is computed anew before each iteration: `with enigma.while_(lambda: count[0] < n):`";
        Err(trace::refuse(py, Rule::InvalidOperand, message, "this condition", help)?)
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<()> {
        trace::with(py, &self.place, "while_", |tracer, span| {
            tracer.builder.begin_while(&[], span);
            self.number.store(tracer.open(), Relaxed);
        })?;
        let condition = Given::read(&self.condition.bind(py).call0()?);
        trace::with(py, &self.place, "while_", |tracer, span| {
            if tracer.innermost(self.number.load(Relaxed), span) {
                let condition = condition.resolve(tracer.kernel, &mut tracer.builder, span);
                tracer.builder.begin_while_body(&condition, span);
            }
        })
    }

    #[pyo3(signature = (*exception))]
    fn __exit__(&self, py: Python<'_>, exception: &Bound<'_, PyTuple>) -> PyResult<bool> {
        if raised(exception) {
            return Ok(false);
        }
        trace::with(py, &self.place, "while_", |tracer, span| {
            if tracer.close(self.number.load(Relaxed), span) {
                tracer.builder.end_while(&[], span);
            }
        })?;
        Ok(false)
    }
}
