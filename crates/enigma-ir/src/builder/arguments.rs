//! Arguments of calls, and their conversion to operands.

use smallvec::SmallVec;

use super::Builder;
use crate::analysis::arithmetic;
use crate::diagnostic::{Diagnostic, Rule};
use crate::dialect::Dialect;
use crate::format::{self, Piece};
use crate::kernel::{Attr, Dim, Fill, MemFlags, MemoryId, MemoryOrder, ValueId};
use crate::span::Span;
use crate::table::{AttrKind, Class, Opcode, Orders};
use crate::types::{DType, Literal, Type};

/// An argument as a front end hands it over.
#[derive(Clone, PartialEq, Debug)]
pub enum Arg {
    /// Nothing was given: the parameter's default.
    Missing,
    /// A value of this kernel.
    Value(ValueId),
    /// A number.
    Literal(Literal),
    /// A tensor of this kernel.
    Memory(MemoryId),
    /// A string: a buffer's name, a dtype, a dimension, memory flags, a fill.
    Name(String),
    /// An element type.
    DType(DType),
    /// Anything else, described for the message: "a list".
    Other(String),
}

impl From<ValueId> for Arg {
    fn from(value: ValueId) -> Self {
        Arg::Value(value)
    }
}

impl From<MemoryId> for Arg {
    fn from(memory: MemoryId) -> Self {
        Arg::Memory(memory)
    }
}

impl From<Literal> for Arg {
    fn from(literal: Literal) -> Self {
        Arg::Literal(literal)
    }
}

impl Builder {
    /// How a message calls an argument.
    pub(super) fn describe(&self, arg: &Arg) -> String {
        match arg {
            Arg::Missing => "nothing".to_owned(),
            Arg::Value(v) => match self.kernel.ty(*v) {
                Type::Event => "an event".to_owned(),
                ty => format!("a value of type {ty}"),
            },
            Arg::Literal(literal) => format!("the number {literal}"),
            Arg::Memory(m) => format!("the tensor `{}`", self.kernel.memory(*m).name),
            Arg::Name(name) => format!("the string \"{name}\""),
            Arg::DType(dtype) => format!("the dtype {dtype}"),
            Arg::Other(what) => what.clone(),
        }
    }

    pub(super) fn refuse_operand(&mut self, what: &str, param: &str, wanted: &str, arg: &Arg, span: Span) {
        let given = self.describe(arg);
        let message = format!("`{what}` takes {wanted} as `{param}`, not {given}");
        self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, format!("`{param}` is {given}")));
    }

    /// A value that may be used here: of an enclosing block. Anything else is refused, and `None`. So is a
    /// value of type `Invalid`, in silence.
    pub(super) fn reachable(&mut self, value: ValueId, span: Span) -> Option<ValueId> {
        let home = self.kernel.home(value);
        if self.kernel.ty(value) == Type::Invalid {
            return None;
        }
        if self.kernel.encloses(home, self.block) {
            return Some(value);
        }
        let made = self.kernel.value(value);
        let made_at = made.span;
        let name = made.name.as_deref().map(|n| format!("`{n}`"));
        let dialect = Dialect::of(&self.kernel);
        let diagnostic = if made.ty == Type::Event {
            let subject = name.unwrap_or_else(|| "this event".to_owned());
            Diagnostic::new(
                Rule::EventEscapes,
                format!("{subject} is used outside the loop or branch that made it"),
                span,
                "used here",
            )
            .with_label(made_at, "issued here, inside the loop or branch")
            .with_help(dialect.say(
                "wait for it inside, or carry it out: `for_range(..., init=[ev])`; to copy under a condition, issue with `where=`",
                "wait for it inside, or carry it out: `range(..).carry(ev, ...)`; to copy under a condition, issue with `.only_if(...)`",
            ))
        } else {
            let subject = name.unwrap_or_else(|| "this value".to_owned());
            Diagnostic::new(
                Rule::ValueEscapes,
                format!("{subject} is used outside the loop or branch that made it"),
                span,
                "used here",
            )
            .with_label(made_at, "made here, inside the loop or branch")
            .with_help(dialect.say(
                "carry it out: `for_range(..., init=[...])`, or keep it in a `register_tensor`",
                "carry it out: `range(..).carry(...)`, or keep it in `registers`",
            ))
        };
        self.refuse(diagnostic);
        None
    }

    /// An operand with a type of its own.
    pub(super) fn own(&mut self, code: Opcode, param: &str, class: Class, arg: &Arg, span: Span) -> Option<ValueId> {
        let what = code.info().name;
        match arg {
            Arg::Literal(literal) if class == Class::Condition => match literal.fit(DType::Bool) {
                Some(fitted) => Some(self.constant(fitted, DType::Bool, span)),
                None => {
                    self.refuse_operand(what, param, class.describe(), arg, span);
                    None
                }
            },
            Arg::Literal(literal) if class.admits_dtype(literal.default_dtype()) => {
                self.fitted(*literal, literal.default_dtype(), span)
            }
            Arg::Value(value) => {
                let value = self.reachable(*value, span)?;
                if class_admits(class, self.kernel.ty(value)) {
                    return Some(value);
                }
                self.refuse_class(code, param, class, arg, span);
                None
            }
            _ => {
                self.refuse_class(code, param, class, arg, span);
                None
            }
        }
    }

    fn refuse_class(&mut self, code: Opcode, param: &str, class: Class, arg: &Arg, span: Span) {
        if class != Class::Event {
            self.refuse_operand(code.info().name, param, class.describe(), arg, span);
            return;
        }
        let given = self.describe(arg);
        let message = format!("`async_copy_wait` waits for events, not for {given}");
        let mut diagnostic = Diagnostic::new(Rule::NotAnEvent, message, span, format!("given {given}"))
            .with_help("pass what `async_copy_1d_d2t` or one of its siblings returned");
        if let Arg::Value(value) = arg {
            diagnostic = diagnostic.with_label(self.kernel.value(*value).span, "made here");
        }
        self.refuse(diagnostic);
    }

    /// A scalar of any type, converted to `dtype`.
    pub(super) fn element(
        &mut self,
        code: Opcode,
        param: &str,
        arg: &Arg,
        dtype: DType,
        span: Span,
    ) -> Option<ValueId> {
        if let Arg::Literal(literal) = arg {
            return self.fitted(*literal, dtype, span);
        }
        if let Arg::Value(value) = arg {
            let value = self.reachable(*value, span)?;
            if let Type::Scalar(_) = self.kernel.ty(value) {
                return Some(self.convert(value, dtype, span));
            }
        }
        self.refuse_operand(code.info().name, param, "a scalar", arg, span);
        None
    }

    /// A vector of any type, its components converted to `dtype`.
    pub(super) fn elements(
        &mut self,
        code: Opcode,
        param: &str,
        arg: &Arg,
        dtype: DType,
        span: Span,
    ) -> Option<ValueId> {
        if let Arg::Value(value) = arg {
            let value = self.reachable(*value, span)?;
            if let Type::Vector(..) = self.kernel.ty(value) {
                return Some(self.convert(value, dtype, span));
            }
        }
        self.refuse_operand(code.info().name, param, "a vector", arg, span);
        None
    }

    /// A constant of `dtype`; a literal that does not fit is refused.
    pub(super) fn fitted(&mut self, literal: Literal, dtype: DType, span: Span) -> Option<ValueId> {
        if let Some(fitted) = literal.fit(dtype) {
            return Some(self.constant(fitted, dtype, span));
        }
        let range = match dtype.integer_range() {
            Some((lo, hi)) if matches!(literal, Literal::Int(_)) => format!("{dtype} holds {lo} to {hi}"),
            Some(_) => format!("{dtype} is an integer type: round the number, or cast it"),
            None => format!("{dtype} would make it infinite"),
        };
        let message = format!("the number {literal} does not fit {dtype}");
        self.refuse(Diagnostic::new(Rule::LiteralOutOfRange, message, span, "this number").with_help(range));
        None
    }

    /// A text that operations refer to.
    fn intern(&mut self, text: &str) -> Attr {
        let texts = &mut self.kernel.texts;
        let known = texts.iter().position(|known| known == text);
        let number = known.unwrap_or_else(|| {
            texts.push(text.to_owned());
            texts.len() - 1
        });
        Attr::Text(number as u32)
    }

    /// `value` as `dtype`, by the C++ static cast; a constant is converted at once.
    pub(super) fn convert(&mut self, value: ValueId, dtype: DType, span: Span) -> ValueId {
        let ty = self.kernel.ty(value);
        if ty.dtype() == Some(dtype) {
            return value;
        }
        let constant = self.kernel.literal(value).zip(ty.scalar());
        if let Some(literal) = constant.and_then(|(literal, from)| arithmetic::cast(literal, from, dtype)) {
            return self.constant(literal, dtype, span);
        }
        let attrs = SmallVec::from_slice(&[Attr::DType(dtype)]);
        let operands = SmallVec::from_slice(&[value]);
        let result = Some(ty.with_dtype(dtype));
        self.push_op(Opcode::Cast, operands, SmallVec::new(), attrs, result, span).unwrap_or(value)
    }

    /// A memory operand: a tensor, or the name of one.
    pub(super) fn memory(&mut self, code: Opcode, param: &str, arg: &Arg, span: Span) -> Option<MemoryId> {
        let id = match arg {
            Arg::Memory(id) => *id,
            Arg::Name(name) => match self.names.get(name) {
                Some(id) => *id,
                None => {
                    self.refuse_name(name, param, span);
                    return None;
                }
            },
            Arg::Value(value) if self.kernel.ty(*value) == Type::Invalid => return None,
            _ => {
                self.refuse_operand(code.info().name, param, "a tensor or the name of one", arg, span);
                return None;
            }
        };
        match self.register_homes.get(&id) {
            Some(&home) if !self.kernel.encloses(home, self.block) => {
                let memory = self.kernel.memory(id);
                let message = format!("`{}` is used outside the loop or branch that made it", memory.name);
                let diagnostic = Diagnostic::new(Rule::ValueEscapes, message, span, "used here")
                    .with_label(memory.span, "made here, inside the loop or branch")
                    .with_help("make the register tensor before the loop or branch");
                self.refuse(diagnostic);
                None
            }
            _ => Some(id),
        }
    }

    fn refuse_name(&mut self, name: &str, param: &str, span: Span) {
        let mut known: Vec<&str> = self.names.keys().map(String::as_str).collect();
        known.sort_unstable();
        let known = match known.is_empty() {
            true => "this kernel has no named buffer".to_owned(),
            false => format!("known names: {}", known.join(", ")),
        };
        self.refuse(
            Diagnostic::new(
                Rule::UnknownBuffer,
                format!("no parameter and no allocation is named \"{name}\""),
                span,
                format!("`{param}` names it"),
            )
            .with_help(known)
            .with_help(
                "an allocation has a name when it is given one: threadgroup_alloc(\"float\", 64, name=\"tile\")",
            ),
        );
    }

    /// Whether the placeholders of a format string fit the values.
    pub(super) fn format_fits(&mut self, attrs: &[Attr], values: &[ValueId], span: Span) -> bool {
        let Some(Attr::Text(text)) = attrs.first() else { return false };
        let flaw = format::parse(self.kernel.text(*text)).and_then(|pieces| {
            let (wanted, given) = (format::placeholders(&pieces), values.len());
            if wanted != given {
                let wanted = format!("{wanted} placeholder{}", if wanted == 1 { "" } else { "s" });
                let given = format!("{given} value{}", if given == 1 { " was" } else { "s were" });
                return Err(format!("the format has {wanted}, and {given} given"));
            }
            let specs = pieces.iter().filter_map(|piece| match piece {
                Piece::Value(spec) => Some(spec),
                Piece::Text(_) => None,
            });
            let dtypes = values.iter().map(|&value| self.kernel.ty(value).dtype().unwrap_or(DType::F32));
            let mut pairs = specs.zip(dtypes).enumerate();
            pairs.try_for_each(|(n, (spec, dtype))| {
                spec.suits(dtype).map_err(|why| format!("placeholder {} {why}", n + 1))
            })
        });
        let Err(why) = flaw else { return true };
        let message = format!("`debug_print` cannot print this: {why}");
        self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "printed here").with_help(
            "`{}` stands for each value in turn, `{:.3f}` formats it as Python does, `{{` and `}}` are braces",
        ));
        false
    }

    /// Something fixed at trace time.
    pub(super) fn attr(&mut self, code: Opcode, param: &str, kind: AttrKind, arg: &Arg, span: Span) -> Option<Attr> {
        let parsed = match (kind, arg) {
            (AttrKind::Dim, Arg::Name(s)) => {
                [Dim::X, Dim::Y, Dim::Z].into_iter().find(|d| d.name() == s).map(Attr::Dim)
            }
            (AttrKind::MemFlags, Arg::Name(s)) => mem_flags(s).map(Attr::MemFlags),
            (AttrKind::Fill, Arg::Name(s)) => match s.as_str() {
                "zero" => Some(Attr::Fill(Fill::Zero)),
                "edge" => Some(Attr::Fill(Fill::Edge)),
                _ => None,
            },
            (AttrKind::DType | AttrKind::ElementType, Arg::DType(dtype)) => Some(Attr::DType(*dtype)),
            (AttrKind::DType | AttrKind::ElementType, Arg::Name(s)) => DType::parse(s).map(Attr::DType),
            (AttrKind::Flag, Arg::Literal(Literal::Bool(flag))) => Some(Attr::Flag(*flag)),
            (AttrKind::Eight, Arg::Literal(Literal::Int(8))) => Some(Attr::Number(8)),
            (AttrKind::Lane, Arg::Literal(Literal::Int(lane @ 0..4))) => Some(Attr::Number(*lane as u32)),
            (AttrKind::Lane, Arg::Name(s)) => {
                ["x", "y", "z", "w"].iter().position(|n| n == s).map(|i| Attr::Number(i as u32))
            }
            (AttrKind::Width, Arg::Literal(Literal::Int(width @ 2..=4))) => Some(Attr::Number(*width as u32)),
            (AttrKind::ConstantIndex, Arg::Literal(Literal::Int(index @ 0..=0xffff))) => {
                Some(Attr::Number(*index as u32))
            }
            (AttrKind::MemoryOrder(orders), Arg::Name(s)) => {
                admitted(orders).find(|order| order.name() == s).map(Attr::MemoryOrder)
            }
            (AttrKind::Text, Arg::Name(s)) => Some(self.intern(s)),
            _ => None,
        };
        if parsed.is_none() {
            self.refuse_operand(code.info().name, param, &expected(kind), arg, span);
        }
        parsed
    }
}

fn expected(kind: AttrKind) -> String {
    match kind {
        AttrKind::Dim => "\"x\", \"y\" or \"z\"".to_owned(),
        AttrKind::MemFlags => MemFlags::NAMES.join(", "),
        AttrKind::Fill => "\"zero\" or \"edge\"".to_owned(),
        AttrKind::DType | AttrKind::ElementType => {
            format!("a dtype ({})", DType::ALL.map(DType::msl).join(", "))
        }
        AttrKind::Flag => "True or False".to_owned(),
        AttrKind::Eight => "8 (simdgroup matrices are 8x8)".to_owned(),
        AttrKind::Lane => "a component, 0 to 3 or \"x\" to \"w\",".to_owned(),
        AttrKind::Width => "2, 3 or 4".to_owned(),
        AttrKind::ConstantIndex => "an index of 0 to 65535".to_owned(),
        AttrKind::MemoryOrder(orders) => {
            let names: Vec<String> = admitted(orders).map(|order| format!("\"{}\"", order.name())).collect();
            names.join(", ")
        }
        AttrKind::Text => "a text".to_owned(),
    }
}

/// The memory orders that suit an operation.
fn admitted(orders: Orders) -> impl Iterator<Item = MemoryOrder> {
    MemoryOrder::ALL.into_iter().filter(move |order| match orders {
        Orders::Load => !order.releases(),
        Orders::Store => !order.acquires(),
        Orders::Any => true,
    })
}

fn mem_flags(name: &str) -> Option<MemFlags> {
    const ALL: [MemFlags; 5] =
        [MemFlags::None, MemFlags::Device, MemFlags::Threadgroup, MemFlags::DeviceAndThreadgroup, MemFlags::Texture];
    ALL.into_iter().find(|flags| flags.name() == name)
}

/// Whether a value type is in a class.
pub(super) fn class_admits(class: Class, ty: Type) -> bool {
    match ty {
        Type::Scalar(dtype) => class.admits_width(1) && class.admits_dtype(dtype),
        Type::Vector(dtype, n) => class.admits_width(n) && class.admits_dtype(dtype),
        Type::Matrix(..) => matches!(class, Class::Matrix | Class::MatrixOrVector),
        Type::SimdgroupMatrix(_) => class == Class::SimdgroupMatrix,
        Type::Event => class == Class::Event,
        Type::Invalid => true,
    }
}
