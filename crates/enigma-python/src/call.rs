//! Kernel-language functions, all made from the operation table.

use std::ffi::CString;

use enigma_ir::table::{Class, Group, Kind, OpInfo, ResultRule, TABLE};
use enigma_ir::{Arg, Diagnostic, Opcode, Rule, Span, Type, ValueId};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};

use crate::argument::Given;
use crate::place::Place;
use crate::signature;
use crate::trace::{self, Tracer};
use crate::value::{spread, wrap};

/// The arguments of one operation.
pub type Operands = Vec<Given>;

/// Second names of operations. The attribute `thread_position_in_grid` has its row's name already.
const ALIASES: [(&str, Opcode); 3] = [
    ("thread_position_in_grid_xyz", Opcode::ThreadPositionInGrid),
    ("grid_size", Opcode::ThreadgroupsPerGrid),
    ("abs_diff_unary", Opcode::Abs),
];

/// Each function's name and its operation: the rows that are neither built by control flow nor spelt as operators or
/// subscripts.
pub fn named() -> impl Iterator<Item = (&'static str, &'static OpInfo)> {
    let rows = TABLE.iter().filter(|row| match row.group {
        Group::Structure | Group::Arithmetic => false,
        _ => !matches!(row.code, Opcode::ThreadPositionInGrid | Opcode::Load | Opcode::Store),
    });
    rows.map(|row| (row.name, row)).chain(ALIASES.into_iter().map(|(name, code)| (name, code.info())))
}

/// The functions, by name.
pub fn functions(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let functions = PyDict::new(py);
    for (name, row) in named() {
        // A built-in function keeps pointers to its name and documentation for as long as the interpreter lives.
        let doc = CString::new(signature::documentation(name, row))?;
        let call = move |args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>| call(name, row, args, kwargs);
        let leaked = &*Box::leak(CString::new(name)?.into_boxed_c_str());
        let function = PyCFunction::new_closure(py, Some(leaked), Some(Box::leak(doc.into_boxed_c_str())), call)?;
        functions.set_item(name, function)?;
    }
    Ok(functions)
}

/// An atomic operation as a method of the memory that it works on, if it has that name.
pub fn atomic_method<'py>(py: Python<'py>, memory: Py<PyAny>, name: &str) -> Option<PyResult<Bound<'py, PyCFunction>>> {
    let row = TABLE.iter().find(|row| row.signature.atomic && row.name == name)?;
    let method = move |args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>| {
        let py = args.py();
        let mut all = vec![memory.bind(py).clone()];
        all.extend(args.iter());
        call(row.name, row, &PyTuple::new(py, all)?, kwargs)
    };
    Some(PyCFunction::new_closure(py, None, None, method))
}

/// The x position of the thread in the grid.
#[pyfunction]
pub fn thread_position_in_grid(py: Python<'_>) -> PyResult<Py<PyAny>> {
    perform(py, Opcode::ThreadPositionInGrid, Operands::new())
}

/// Performs an operation whose arguments stand in the order of its row's parameters.
pub fn perform(py: Python<'_>, code: Opcode, operands: Operands) -> PyResult<Py<PyAny>> {
    let place = Place::of_caller(py)?;
    record(py, code.info().name, code.info(), &place, operands, &[])
}

fn call(
    name: &'static str,
    row: &'static OpInfo,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<Py<PyAny>> {
    let place = Place::of_caller(args.py())?;
    let (operands, misfits) = bind(name, row, args, kwargs)?;
    record(args.py(), name, row, &place, operands, &misfits)
}

fn record(
    py: Python<'_>,
    name: &str,
    row: &'static OpInfo,
    place: &Place,
    operands: Operands,
    misfits: &[String],
) -> PyResult<Py<PyAny>> {
    let made = trace::with(py, place, name, |tracer, span| {
        let result = match misfits.is_empty() {
            true => apply(tracer, row, operands, span),
            false => refuse(tracer, row, misfits, span),
        };
        if let (Some(id), Some(target)) = (result, place.target()) {
            tracer.builder.name_value(id, target);
        }
        result.map(|id| (tracer.kernel, id, tracer.builder.kernel().ty(id)))
    })?;
    match made {
        None => Ok(py.None()),
        Some((kernel, id, ty)) => wrap(py, kernel, id, ty == Type::Event || row.signature.result == ResultRule::Event),
    }
}

fn apply(tracer: &mut Tracer, row: &'static OpInfo, operands: Operands, span: Span) -> Option<ValueId> {
    let args: Vec<Arg> =
        operands.into_iter().map(|given| given.resolve(tracer.kernel, &mut tracer.builder, span)).collect();
    tracer.builder.call(row.code, &args, span)
}

fn refuse(tracer: &mut Tracer, row: &'static OpInfo, misfits: &[String], span: Span) -> Option<ValueId> {
    for message in misfits {
        let signature = format!("its arguments are {}", signature::parameters(row));
        tracer
            .builder
            .refuse(Diagnostic::new(Rule::InvalidOperand, message.clone(), span, "this call").with_help(signature));
    }
    (row.signature.result != ResultRule::None).then(|| tracer.builder.invalid(span))
}

/// Puts positional and keyword arguments in the order of the row's parameters. Also returns what does not fit.
fn bind(
    name: &str,
    row: &'static OpInfo,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<(Operands, Vec<String>)> {
    let params = row.signature.params;
    let mut misfits = Vec::new();
    let variadic = params.iter().find(|p| p.variadic);
    let named = params.len() - usize::from(variadic.is_some());
    let mut operands = vec![Given::MISSING; named];
    let positional = params[..named].iter().filter(|p| !p.keyword).count();
    if args.len() > positional && variadic.is_none() {
        misfits.push(format!("`{name}` takes {} by position, not {}", count(positional), args.len()));
    }
    for (slot, arg) in operands.iter_mut().zip(args.iter().take(positional)) {
        *slot = Given::read(&arg);
    }
    for (key, arg) in kwargs.into_iter().flatten() {
        let key = key.str()?.to_string_lossy().into_owned();
        match params[..named].iter().position(|p| p.name == key) {
            Some(i) if i < args.len().min(positional) => misfits.push(format!("`{name}` is given `{key}` twice")),
            Some(i) => operands[i] = Given::read(&arg),
            None => misfits.push(format!("`{name}` takes no argument named `{key}`")),
        }
    }
    if let Some(rest) = variadic {
        spread_rest(&rest.kind, args.iter().skip(positional), &mut operands)?;
    }
    Ok((operands, misfits))
}

/// The arguments that remain; lists and tuples of events stand for their elements.
fn spread_rest<'py>(
    kind: &Kind,
    rest: impl Iterator<Item = Bound<'py, PyAny>>,
    operands: &mut Operands,
) -> PyResult<()> {
    for arg in rest {
        match kind {
            Kind::Value(Class::Event) => operands.extend(spread(&arg)?.iter().map(Given::read)),
            _ => operands.push(Given::read(&arg)),
        }
    }
    Ok(())
}

fn count(n: usize) -> String {
    match n {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        n => format!("{n} arguments"),
    }
}
