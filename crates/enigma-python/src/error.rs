//! Diagnostics as Python's `EnigmaError`.

use enigma_ir::{Diagnostic, Diagnostics, Rule, SourceFiles, Span, Style};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::place::Place;
use crate::trace;

static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    CLASS.import(py, "enigma.errors", "EnigmaError")
}

/// What an exception was made of, kept with it.
#[pyclass(frozen)]
struct Findings(Diagnostics);

/// The attribute of the exception that keeps it.
const FINDINGS: &str = "_findings";

/// The exception that carries these findings.
pub fn enigma_error(py: Python<'_>, found: &Diagnostics) -> PyErr {
    let made = class(py).and_then(|class| {
        let error = class.call_method1(
            "_made_of",
            (found.render(Style::Plain), found.render(Style::Colour), found.to_json().to_string()),
        )?;
        error.setattr(FINDINGS, Findings(found.clone()))?;
        Ok(error)
    });
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

/// The findings that an exception was made of; None for another one's, or for one that was pickled.
pub fn findings_of(error: &Bound<'_, PyAny>) -> Option<Diagnostics> {
    let kept = error.getattr(FINDINGS).ok()?;
    kept.cast::<Findings>().ok().map(|kept| kept.get().0.clone())
}

/// Whether an exception is one that carries findings.
pub fn is_enigma_error(py: Python<'_>, error: &PyErr) -> bool {
    class(py).is_ok_and(|class| error.is_instance(py, class))
}

/// A finding of one place, outside any kernel's own files.
pub fn error_at(py: Python<'_>, place: &Place, rule: Rule, message: String, label: &str, help: &str) -> PyErr {
    let mut files = SourceFiles::default();
    let span = place.span(&mut files);
    let diagnostic = Diagnostic::new(rule, message, span, label).with_help(help);
    enigma_error(py, &Diagnostics::new(vec![diagnostic], files))
}

/// A text of Python's, which may hold what no text of Rust's can (lone surrogates); that is replaced.
pub struct Text(String);

impl<'a, 'py> FromPyObject<'a, 'py> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Text(object.str()?.to_string_lossy().into_owned()))
    }
}

/// A finding that the package's Python code makes of source text: `labels` are line, column, end line, end
/// column and text.
type PyLabel = (u32, u32, u32, u32, Text);

fn rule_named(name: &str) -> PyResult<Rule> {
    let found = Rule::ALL.iter().find(|rule| rule.name() == name);
    found.copied().ok_or_else(|| PyValueError::new_err(format!("no rule is named {name}")))
}

/// Makes an `EnigmaError` of findings that the package's Python code made of one source file.
///
/// Each finding is its rule, message, labels (line, column, end line, end column, text) and help.
#[pyfunction]
pub fn refusal<'py>(
    py: Python<'py>,
    path: &str,
    text: Option<&str>,
    findings: Vec<(String, Text, Vec<PyLabel>, Vec<String>)>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut files = SourceFiles::default();
    let file = files.intern(path, || text.map(Into::into));
    let items = findings
        .into_iter()
        .map(|(rule, Text(message), labels, help)| {
            let mut diagnostic = Diagnostic::placeless(rule_named(&rule)?, message);
            for (line, column, end_line, end_column, Text(text)) in labels {
                diagnostic = diagnostic.with_label(Span { file, line, column, end_line, end_column }, text);
            }
            diagnostic.help = help;
            Ok(diagnostic)
        })
        .collect::<PyResult<Vec<_>>>()?;
    Ok(enigma_error(py, &Diagnostics::new(items, files)).into_value(py).into_bound(py).into_any())
}

/// Makes an `EnigmaError` of one finding, placed where the user's code called the package.
#[pyfunction]
pub fn refusal_here<'py>(
    py: Python<'py>,
    rule: &str,
    message: Text,
    label: &str,
    help: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let place = Place::of_caller(py)?;
    let error = error_at(py, &place, rule_named(rule)?, message.0, label, help);
    Ok(error.into_value(py).into_bound(py).into_any())
}

/// A place in the user's code, kept for a message.
#[pyclass(frozen)]
pub struct Spot(Place);

/// The place that the user's code is at.
#[pyfunction]
pub fn here(py: Python<'_>) -> PyResult<Spot> {
    Place::of_caller(py).map(Spot)
}

/// Makes an `EnigmaError` of one finding with several places, and notes it with the kernel being traced, if one is.
/// A place that is None is where the user's code is now.
#[pyfunction]
pub fn refusal_at<'py>(
    py: Python<'py>,
    rule: &str,
    message: String,
    labels: Vec<(Option<PyRef<'py, Spot>>, String)>,
    help: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let rule = rule_named(rule)?;
    let mut places = Vec::with_capacity(labels.len());
    for (spot, text) in labels {
        places.push((spot.map_or_else(|| Place::of_caller(py), |spot| Ok(spot.0.clone()))?, text));
    }
    let made = |files: &mut SourceFiles| {
        let mut diagnostic = Diagnostic::placeless(rule, message.clone()).with_help(help);
        for (place, text) in &places {
            diagnostic = diagnostic.with_label(place.span(files), text.clone());
        }
        diagnostic
    };
    trace::note(made);
    let mut files = SourceFiles::default();
    let diagnostic = made(&mut files);
    let error = enigma_error(py, &Diagnostics::new(vec![diagnostic], files));
    Ok(error.into_value(py).into_bound(py).into_any())
}
