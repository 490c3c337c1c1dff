//! Which source text the user's code stands in.
//!
//! A place is an instruction of a code object: the one that the nearest frame outside this package is carrying
//! out. What is known of a code object (its positions, and the names that results are assigned to) is
//! worked out once and kept.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use enigma_ir::{SourceFiles, Span};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::locked;

/// How many code objects are remembered before all are forgotten.
const REMEMBERED: usize = 1024;

static CODES: LazyLock<Mutex<HashMap<usize, Arc<Code>>>> = LazyLock::new(Mutex::default);

/// One instruction of a code object.
#[derive(Clone)]
pub struct Place {
    code: Arc<Code>,
    instruction: usize,
}

/// What there is to know of a code object.
struct Code {
    path: String,
    /// The text, when there is no such file on disk.
    text: Option<Arc<str>>,
    /// Line, column, end line, end column of each instruction, as [`Span`] counts them.
    positions: Vec<[u32; 4]>,
    /// The variable that each instruction's result is stored in next.
    targets: HashMap<usize, String>,
    /// Whether it belongs to this package.
    internal: bool,
    /// The code object, kept alive so that its address stays its own.
    object: Py<PyAny>,
}

impl Place {
    /// The place in the user's code that the interpreter is at.
    pub fn of_caller(py: Python<'_>) -> PyResult<Place> {
        static GETFRAME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let mut frame = GETFRAME.import(py, "sys", "_getframe")?.call0()?;
        loop {
            let object = frame.getattr(intern!(py, "f_code"))?;
            let code = known(&frame, object)?;
            if code.internal {
                let outer = frame.getattr(intern!(py, "f_back"))?;
                if !outer.is_none() {
                    frame = outer;
                    continue;
                }
            }
            let offset: usize = frame.getattr(intern!(py, "f_lasti"))?.extract()?;
            return Ok(Place { code, instruction: offset / 2 });
        }
    }

    /// The place in the user's code that raised an exception: the innermost one outside this package, if there is one.
    pub fn of_raise(py: Python<'_>, raised: &PyErr) -> PyResult<Option<Place>> {
        let mut traceback = raised.traceback(py).map(Bound::into_any);
        let mut innermost = None;
        while let Some(here) = traceback {
            let frame = here.getattr(intern!(py, "tb_frame"))?;
            let code = known(&frame, frame.getattr(intern!(py, "f_code"))?)?;
            if !code.internal {
                let offset: usize = here.getattr(intern!(py, "tb_lasti"))?.extract()?;
                innermost = Some(Place { code, instruction: offset / 2 });
            }
            traceback = Some(here.getattr(intern!(py, "tb_next"))?).filter(|next| !next.is_none());
        }
        Ok(innermost)
    }

    /// Whether what stands here is a `raise` statement.
    pub fn raises(&self, py: Python<'_>) -> PyResult<bool> {
        let code = self.code.object.bind(py).getattr(intern!(py, "co_code"))?;
        let opcode = code.get_item(self.instruction * 2)?;
        py.import("dis")?.getattr("opmap")?.get_item("RAISE_VARARGS")?.eq(opcode)
    }

    /// The place as a span, in `files`.
    pub fn span(&self, files: &mut SourceFiles) -> Span {
        let file = files.intern(&self.code.path, || self.code.text.clone());
        let [line, column, end_line, end_column] =
            self.code.positions.get(self.instruction).copied().unwrap_or([1, 1, 1, 0]);
        Span { file, line, column, end_line, end_column }
    }

    /// The code object that it stands in.
    pub fn code(&self) -> &Py<PyAny> {
        &self.code.object
    }

    /// The variable that the result of this instruction is assigned to.
    pub fn target(&self) -> Option<&str> {
        self.code.targets.get(&self.instruction).map(String::as_str)
    }
}

/// What there is to know of the code object of a frame.
fn known(frame: &Bound<'_, PyAny>, object: Bound<'_, PyAny>) -> PyResult<Arc<Code>> {
    match remembered(object.as_ptr() as usize) {
        Some(code) => Ok(code),
        None => remember(frame, object),
    }
}

fn remembered(address: usize) -> Option<Arc<Code>> {
    locked(&CODES).get(&address).cloned()
}

fn remember(frame: &Bound<'_, PyAny>, object: Bound<'_, PyAny>) -> PyResult<Arc<Code>> {
    let address = object.as_ptr() as usize;
    let code = Arc::new(Code::read(frame, object)?);
    let mut codes = locked(&CODES);
    if codes.len() >= REMEMBERED {
        codes.clear();
    }
    codes.insert(address, code.clone());
    Ok(code)
}

impl Code {
    fn read(frame: &Bound<'_, PyAny>, object: Bound<'_, PyAny>) -> PyResult<Code> {
        let py = frame.py();
        let path = object.getattr("co_filename")?.str()?.to_string_lossy().into_owned();
        let lines: Vec<String> = py.import("linecache")?.call_method1("getlines", (&path,))?.extract()?;
        let on_disk = Path::new(&path).is_file();
        let text = (!on_disk && !lines.is_empty()).then(|| Arc::from(lines.concat()));
        let module = frame.getattr("f_globals")?.call_method1("get", ("__name__", ""))?;
        let module = module.extract::<String>().unwrap_or_default();
        Ok(Code {
            text,
            positions: positions(&object, &lines)?,
            targets: targets(&object)?,
            internal: module == "enigma" || module.starts_with("enigma."),
            path,
            object: object.unbind(),
        })
    }
}

type Position = (Option<u32>, Option<u32>, Option<u32>, Option<u32>);

fn positions(code: &Bound<'_, PyAny>, lines: &[String]) -> PyResult<Vec<[u32; 4]>> {
    let first: u32 = code.getattr("co_firstlineno")?.extract()?;
    code.call_method0("co_positions")?
        .try_iter()?
        .map(|item| {
            let (line, end_line, column, end_column): Position = item?.extract()?;
            let line = line.unwrap_or(first);
            let end_line = end_line.unwrap_or(line);
            let (Some(column), Some(end_column)) = (column, end_column) else { return Ok([line, 1, line, 0]) };
            Ok([line, characters(lines, line, column), end_line, characters(lines, end_line, end_column)])
        })
        .collect()
}

/// A column in characters, from 1, from one in bytes of UTF-8, from 0.
fn characters(lines: &[String], line: u32, bytes: u32) -> u32 {
    let number = (line as usize).checked_sub(1);
    let text = number.and_then(|number| lines.get(number)).and_then(|text| text.get(..bytes as usize));
    text.map_or(bytes, |before| before.chars().count() as u32) + 1
}

/// The instruction that made what is on top of the stack.
struct Maker {
    start: usize,
    /// Where the next instruction starts, once that is known. A frame that has called Python code stands
    /// somewhere before it, in the caches that belong to the call.
    end: Option<usize>,
    /// Whether a `with` has entered what was made.
    entered: bool,
    /// Whether it is the first half of a call, as Python 3.11 splits one. Which half the call happens in is up to the
    /// interpreter: of a place that it has passed a few times, the first.
    half: bool,
}

/// For each instruction that is followed by the storing of its result: the variable it is stored in.
fn targets(code: &Bound<'_, PyAny>) -> PyResult<HashMap<usize, String>> {
    let py = code.py();
    let mut targets = HashMap::new();
    let mut maker: Option<Maker> = None;
    for instruction in py.import("dis")?.call_method1("get_instructions", (code,))?.try_iter()? {
        let instruction = instruction?;
        let name: String = instruction.getattr("opname")?.extract()?;
        let start = instruction.getattr("offset")?.extract::<usize>()? / 2;
        if let Some(maker) = &mut maker {
            maker.end.get_or_insert(start);
        }
        maker = match (name.as_str(), maker) {
            (store, Some(maker)) if store.starts_with("STORE_") && store != "STORE_SUBSCR" => {
                if let Some(variable) = first_name(&instruction.getattr("argval")?) {
                    let slots = maker.start..maker.end.unwrap_or(start);
                    targets.extend(slots.map(|slot| (slot, variable.clone())));
                }
                None
            }
            ("COPY", maker) => maker,
            ("CALL", Some(maker)) if maker.half => Some(Maker { end: None, half: false, ..maker }),
            ("BEFORE_WITH", Some(maker)) => Some(Maker { entered: true, ..maker }),
            ("UNPACK_SEQUENCE", Some(maker)) if maker.entered => Some(maker),
            (name, _) => Some(Maker { start, end: None, entered: false, half: name == "PRECALL" }),
        };
    }
    Ok(targets)
}

/// The variable that a store names; some store one and then load or store another.
fn first_name(argument: &Bound<'_, PyAny>) -> Option<String> {
    argument.extract::<String>().or_else(|_| argument.get_item(0)?.extract()).ok()
}
