//! The table's signatures and documentation as Python spells them.

use std::collections::BTreeMap;

use enigma_ir::DType;
use enigma_ir::table::{
    Access, AttrKind, Class, Default, Error, Kind, OpInfo, Orders, Param, ResultRule, Spaces, TABLE,
};
use pyo3::prelude::*;

use crate::call;

/// A function of the kernel language, for the writer of stubs: its name, its parameters (name, type, default, "positional",
/// "keyword" or "variadic"), the type of its result, and its documentation.
pub type Function = (String, Vec<(String, String, Option<String>, String)>, String, String);

/// Every function of the kernel language that is made from the operation table.
#[pyfunction]
pub fn operations() -> Vec<Function> {
    let describe = |(name, row): (&'static str, &'static OpInfo)| {
        let params = in_order(row).map(|p| {
            let how = if p.variadic {
                "variadic"
            } else if p.keyword {
                "keyword"
            } else {
                "positional"
            };
            (p.name.to_owned(), annotation(p.kind).to_owned(), default(p), how.to_owned())
        });
        (name.to_owned(), params.collect(), result(row).to_owned(), describe(row))
    };
    call::named().map(describe).collect()
}

/// One row of the operation table, for the reference page and for tests that go through all operations.
#[pyclass(frozen, get_all, module = "enigma._core", name = "Operation")]
pub struct Operation {
    /// Its name.
    name: &'static str,
    /// The section of the reference page, as `"Float"`.
    group: String,
    /// The parameters as they are written in a definition, as `"x, lo, hi"`.
    signature: String,
    /// The name of each parameter, and what it takes.
    parameters: Vec<(&'static str, String)>,
    /// The MSL names of the element types that it is defined for.
    dtypes: Vec<&'static str>,
    /// How many components those operands may have; 1 is a scalar.
    widths: Vec<u8>,
    /// Whether operands narrower than `int` become `int` first, as C++ has it for operators.
    promotes: bool,
    /// What it gives; `None` where that is nothing.
    result: Option<&'static str>,
    /// What it means.
    meaning: &'static str,
    /// The MSL it stands for; empty where that is more than an expression.
    msl: String,
    /// How far floats may be from the exact result, in words; `None` where they are exact.
    bound: Option<String>,
    /// Whether that is relative to the sum of the terms, and not to the result.
    of_terms: bool,
    /// The bound of the error for results of each element type, in units in the last place of it.
    ulps: BTreeMap<&'static str, f64>,
}

/// Every row of the operation table.
#[pyfunction]
pub fn operation_table() -> Vec<Operation> {
    let describe = |row: &'static OpInfo| Operation {
        name: row.name,
        group: format!("{:?}", row.group),
        signature: parameters(row),
        parameters: in_order(row).map(|p| (p.name, wanted(p.kind, row.signature.t))).collect(),
        dtypes: DType::ALL.into_iter().filter(|&d| row.signature.t.admits_dtype(d)).map(DType::msl).collect(),
        widths: (1..=4).filter(|&n| row.signature.t.admits_width(n)).collect(),
        promotes: row.signature.promote,
        result: returned(row),
        meaning: row.doc,
        msl: msl(row),
        bound: bound(row),
        of_terms: matches!(row.code.error(), Error::Terms(_)),
        ulps: DType::ALL.into_iter().map(|dtype| (dtype.msl(), row.code.error().ulps(dtype))).collect(),
    };
    TABLE.iter().map(describe).collect()
}

/// The documentation of a built-in function: its signature, as Python reads it, and what it does.
pub fn documentation(name: &str, row: &OpInfo) -> String {
    format!("{name}({})\n--\n\n{}", parameters(row), describe(row))
}

/// The parameters as they are written in a definition.
pub fn parameters(row: &OpInfo) -> String {
    let mut written = Vec::new();
    let mut starred = false;
    for param in in_order(row) {
        if param.variadic {
            starred = true;
        }
        if param.keyword && !starred {
            written.push("*".to_owned());
            starred = true;
        }
        written.push(match (param.variadic, default(param)) {
            (true, _) => format!("*{}", param.name),
            (false, Some(default)) => format!("{}={default}", param.name),
            (false, None) => param.name.to_owned(),
        });
    }
    written.join(", ")
}

/// The parameters as Python orders them: keywords come last.
fn in_order(row: &OpInfo) -> impl Iterator<Item = &'static Param> {
    let params = row.signature.params;
    params.iter().filter(|p| !p.keyword).chain(params.iter().filter(|p| p.keyword))
}

fn default(param: &Param) -> Option<String> {
    match param.default {
        Default::Required => None,
        Default::Int(v) => Some(v.to_string()),
        Default::Bool(true) => Some("True".to_owned()),
        Default::Bool(false) => Some("False".to_owned()),
        Default::Name(name) => Some(format!("\"{name}\"")),
        Default::SameAs(_) | Default::Open => Some("None".to_owned()),
    }
}

/// What it does, what it takes, what it gives and what MSL it stands for.
fn describe(row: &OpInfo) -> String {
    let mut text = row.doc.to_owned();
    if !row.signature.params.is_empty() {
        text.push_str("\n\nArgs:");
    }
    for param in in_order(row) {
        let left_out = match param.default {
            Default::SameAs(n) => format!("; the same as `{}` when not given", row.signature.params[n].name),
            Default::Open => "; that of the memory when not given".to_owned(),
            _ => String::new(),
        };
        text.push_str(&format!("\n    {}: {}{left_out}.", param.name, wanted(param.kind, row.signature.t)));
    }
    if let Some(returned) = returned(row) {
        text.push_str(&format!("\n\nReturns:\n    {returned}."));
    }
    text.push_str("\n\nRaises:\n    EnigmaError: when the kernel is compiled, for an argument that is none of these.");
    if let Some(bound) = bound(row) {
        text.push_str(&format!("\n\nError of floats: {bound}."));
    }
    if !row.msl.is_empty() {
        text.push_str(&format!("\n\nMSL: `{}`.", msl(row)));
    }
    text
}

/// How far floats may be from the exact result; `None` where they are exact.
fn bound(row: &OpInfo) -> Option<String> {
    match row.code.error() {
        Error::Exact => None,
        Error::Rounded => Some("correctly rounded".to_owned()),
        Error::Ulp(n) => Some(format!("within {n} ulp")),
        Error::Steps(n) => Some(format!("within {n} ulp of its own type")),
        Error::Terms(n) => Some(format!("within {n} ulp of its terms")),
    }
}

/// The MSL with the parameters' names in place of their numbers.
fn msl(row: &OpInfo) -> String {
    let named = row.signature.params.iter().enumerate();
    named.fold(row.msl.to_owned(), |text, (i, param)| text.replace(&format!("{{{i}}}"), param.name))
}

fn wanted(kind: Kind, t: Class) -> String {
    match kind {
        Kind::T => format!("{}; all such arguments are brought to their common type", t.describe()),
        Kind::Value(Class::Index) => "an integer scalar, in elements where it counts memory".to_owned(),
        Kind::Value(class) => class.describe().to_owned(),
        Kind::Element => "a scalar, converted to the element type".to_owned(),
        Kind::Elements => "a vector, its components converted to the element type".to_owned(),
        Kind::ComponentOfT => "a scalar, converted to the vectors' element type".to_owned(),
        Kind::Memory(access, spaces) => {
            let spaces = match spaces {
                Spaces::Any => "a tensor",
                Spaces::Shared => "a tensor in device or threadgroup memory",
                Spaces::Device => "a device buffer",
                Spaces::Tile => "a threadgroup or register tensor",
            };
            let used = match access {
                Access::Read => "read",
                Access::Write => "written",
                Access::Update => "read and written, as one",
            };
            format!("{spaces}, or its name; it is {used}")
        }
        Kind::Attr(kind) => match kind {
            AttrKind::Dim => "\"x\", \"y\" or \"z\"".to_owned(),
            AttrKind::MemFlags => enigma_ir::MemFlags::NAMES.map(|name| format!("\"{name}\"")).join(", "),
            AttrKind::Fill => "\"zero\" or \"edge\", the nearest valid element".to_owned(),
            AttrKind::DType => "an element type".to_owned(),
            AttrKind::ElementType => "the element type of the memory".to_owned(),
            AttrKind::Flag => "True or False".to_owned(),
            AttrKind::Eight => "8: simdgroup matrices are 8x8".to_owned(),
            AttrKind::Lane => "a component or a column, 0 to 3 or \"x\" to \"w\"".to_owned(),
            AttrKind::Width => "2, 3 or 4".to_owned(),
            AttrKind::ConstantIndex => "an index of 0 to 65535".to_owned(),
            AttrKind::MemoryOrder(Orders::Load) => "\"relaxed\" or \"acquire\"".to_owned(),
            AttrKind::MemoryOrder(Orders::Store) => "\"relaxed\" or \"release\"".to_owned(),
            AttrKind::MemoryOrder(Orders::Any) => "\"relaxed\", \"acquire\", \"release\" or \"acq_rel\"".to_owned(),
            AttrKind::Text => "a text".to_owned(),
        },
    }
}

fn returned(row: &OpInfo) -> Option<&'static str> {
    Some(match row.signature.result {
        ResultRule::None => return None,
        ResultRule::T => "A value of the arguments' common type",
        ResultRule::Test => "A `bool`, or a vector of them",
        ResultRule::Component => "A scalar of the vector's element type",
        ResultRule::VectorOfT => "A vector of as many components as were given",
        ResultRule::Element => "A scalar of the memory's element type",
        ResultRule::UInt => "A `uint`",
        ResultRule::CastTo => "A value of that type, a vector for a vector",
        ResultRule::Truth => "A `bool`",
        ResultRule::Unsigned => "A value of the unsigned type of that width",
        ResultRule::FloatVector(2) => "A `float2`",
        ResultRule::FloatVector(_) => "A `float4`",
        ResultRule::BitsAs => "A value of that type, a vector for a vector",
        ResultRule::DTypeAttr => "A scalar of that type",
        ResultRule::VectorOfElement => "A vector of the memory's element type",
        ResultRule::MatrixOfColumns => "A matrix of as many columns as were given",
        ResultRule::Column => "A vector of as many components as the matrix has rows",
        ResultRule::MatrixProduct => "A matrix, or a vector where one of the two is one",
        ResultRule::Transposed => "A matrix of as many rows as the given one has columns",
        ResultRule::Determinant => "A scalar of the matrix's element type",
        ResultRule::Event => "The event of the copy",
        ResultRule::MatrixOfElement | ResultRule::MatrixOfAttr => "An 8x8 simdgroup matrix of that element type",
        ResultRule::SameAs(_) => "A simdgroup matrix",
    })
}

/// The type of a parameter in a stub.
fn annotation(kind: Kind) -> &'static str {
    match kind {
        Kind::T | Kind::Element | Kind::ComponentOfT => "Operand",
        Kind::Value(Class::Event) => "Event | Sequence[Event]",
        Kind::Value(Class::SimdgroupMatrix | Class::Matrix | Class::MatrixOrVector) | Kind::Elements => "Value",
        Kind::Value(_) => "Operand",
        Kind::Memory(..) => "Memory",
        Kind::Attr(kind) => match kind {
            AttrKind::Dim => "Dim",
            AttrKind::MemFlags => "MemFlags",
            AttrKind::Fill => "Fill",
            AttrKind::DType => "DTypeLike",
            AttrKind::ElementType => "DTypeLike | None",
            AttrKind::Flag => "bool",
            AttrKind::Eight => "int",
            AttrKind::Lane => "int | str",
            AttrKind::Width | AttrKind::ConstantIndex => "int",
            AttrKind::MemoryOrder(_) => "MemoryOrder",
            AttrKind::Text => "str",
        },
    }
}

fn result(row: &OpInfo) -> &'static str {
    match row.signature.result {
        ResultRule::None => "None",
        ResultRule::Event => "Event",
        _ => "Value",
    }
}
