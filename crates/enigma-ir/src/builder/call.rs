//! Calls: from a row of the operation table and its arguments to an operation.

use smallvec::SmallVec;

use super::Builder;
use super::arguments::{Arg, class_admits};
use crate::diagnostic::{Diagnostic, Rule};
use crate::kernel::{Attr, MemoryId, Space, ValueId};
use crate::span::Span;
use crate::table::{AttrKind, Class, Default, Kind, OpInfo, Opcode, ResultRule, Spaces};
use crate::types::{DType, Literal, Type};

/// The operands of a call, as far as they are resolved.
#[derive(Default)]
struct Operands {
    values: SmallVec<[Slot; 4]>,
    memories: SmallVec<[MemoryId; 2]>,
    attrs: SmallVec<[Attr; 2]>,
    /// Arguments that share the row's type variable.
    typed: SmallVec<[Arg; 3]>,
    refused: bool,
}

/// A value operand, in the order of the parameters.
enum Slot {
    Ready(ValueId),
    /// The n-th argument of the type variable.
    Typed(usize),
    /// What was given for that parameter, to be converted to the type that the other operands decide.
    Converted(usize, Arg),
}

impl Builder {
    /// Performs an operation. `args` stand in the order of the row's parameters; what is missing at the end, or
    /// is [`Arg::Missing`], takes its default. Returns the result if the operation has one.
    pub fn call(&mut self, code: Opcode, args: &[Arg], span: Span) -> Option<ValueId> {
        let info = code.info();
        let has_result = info.signature.result != ResultRule::None;
        let result = self.try_call(info, args, span);
        match result {
            Some(made) => made,
            None if has_result => Some(self.invalid(span)),
            None => None,
        }
    }

    /// As [`call`](Self::call), for an operation that has a result.
    pub fn value(&mut self, code: Opcode, args: &[Arg], span: Span) -> ValueId {
        match self.call(code, args, span) {
            Some(value) => value,
            None => self.invalid(span),
        }
    }

    /// `None` when an argument was refused, else the result, if there is one.
    #[allow(clippy::option_option)]
    fn try_call(&mut self, info: &'static OpInfo, args: &[Arg], span: Span) -> Option<Option<ValueId>> {
        let mut operands = Operands::default();
        let params = info.signature.params;
        for (i, param) in params.iter().enumerate() {
            if param.variadic {
                for arg in args.get(i..).unwrap_or_default() {
                    self.operand(info, i, arg, &mut operands, span);
                }
                break;
            }
            let given = args.get(i).unwrap_or(&Arg::Missing);
            match (given, param.default) {
                (Arg::Missing, Default::Open) => {}
                (Arg::Missing, Default::SameAs(k)) => match params[k].keyword || args.get(k).is_none() {
                    true => operands.refused = true,
                    false => self.repeat(k, info, &mut operands),
                },
                (Arg::Missing, default) => match default_arg(default) {
                    Some(arg) => self.operand(info, i, &arg, &mut operands, span),
                    None => {
                        self.refuse_operand(info.name, param.name, "a value", given, span);
                        operands.refused = true;
                    }
                },
                (given, _) => self.operand(info, i, given, &mut operands, span),
            }
        }
        if args.len() > params.len() && !params.last().is_some_and(|p| p.variadic) {
            let message = format!("`{}` takes {} arguments, not {}", info.name, params.len(), args.len());
            self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "too many arguments"));
            return None;
        }
        if operands.refused || !self.fits_memory(info, &mut operands, span) {
            return None;
        }
        let (t, mut values) = self.unify(info, operands.values, &operands.typed, &operands.memories, span)?;
        if let (Opcode::MakeFilledSimdgroupMatrix, Some(&Attr::DType(dtype))) = (info.code, operands.attrs.first()) {
            values[0] = self.convert(values[0], dtype, span);
        }
        if info.code == Opcode::DebugPrint && !self.format_fits(&operands.attrs, &values[1..], span) {
            return None;
        }
        let result = self.result_type(info, t, &values, &operands.memories, &operands.attrs, span)?;
        Some(self.push_op(info.code, values, operands.memories, operands.attrs, result, span))
    }

    /// Uses the operand of parameter `k` once more.
    fn repeat(&mut self, k: usize, info: &OpInfo, operands: &mut Operands) {
        let slot = info.signature.params[..k].iter().filter(|p| matches!(p.kind, Kind::Value(_))).count();
        match operands.values.get(slot) {
            Some(Slot::Ready(value)) => operands.values.push(Slot::Ready(*value)),
            _ => operands.refused = true,
        }
    }

    fn operand(&mut self, info: &'static OpInfo, i: usize, arg: &Arg, operands: &mut Operands, span: Span) {
        let param = &info.signature.params[i];
        let accepted = match param.kind {
            Kind::T => {
                operands.values.push(Slot::Typed(operands.typed.len()));
                operands.typed.push(arg.clone());
                Some(())
            }
            Kind::Element | Kind::Elements | Kind::ComponentOfT => {
                operands.values.push(Slot::Converted(i, arg.clone()));
                Some(())
            }
            Kind::Value(class) => {
                self.own(info.code, param.name, class, arg, span).map(|value| operands.values.push(Slot::Ready(value)))
            }
            Kind::Memory(..) => {
                self.memory(info.code, param.name, arg, span).map(|memory| operands.memories.push(memory))
            }
            Kind::Attr(kind) => self.attr(info.code, param.name, kind, arg, span).map(|attr| operands.attrs.push(attr)),
        };
        operands.refused |= accepted.is_none();
    }

    /// Checks the address spaces and element types of the memory operands.
    fn fits_memory(&mut self, info: &'static OpInfo, operands: &mut Operands, span: Span) -> bool {
        let signature = info.signature;
        if operands.memories.is_empty() {
            return true;
        }
        let misplaced = operands
            .memories
            .iter()
            .zip(signature.memories())
            .any(|(&m, (_, spaces))| !space_admitted(spaces, self.kernel.memory(m).space));
        if misplaced {
            self.refuse_spaces(info, &operands.memories, span);
            return false;
        }
        if signature.is_copy() {
            return self.same_element_type(info, &operands.memories, span);
        }
        let element = self.kernel.memory(operands.memories[0]).dtype;
        if signature.atomic && !signature.t.admits_dtype(element) {
            self.refuse_atomic(info, operands.memories[0], span);
            return false;
        }
        let wanted = signature.params.iter().any(|p| p.kind == Kind::Attr(AttrKind::ElementType));
        let stated = operands.attrs.iter().find_map(|a| match a {
            Attr::DType(dtype) => Some(*dtype),
            _ => None,
        });
        match (wanted, stated) {
            (true, Some(dtype)) if dtype != element => {
                self.refuse_element(info, operands.memories[0], dtype, span);
                false
            }
            (true, None) => {
                operands.attrs.insert(0, Attr::DType(element));
                true
            }
            _ => true,
        }
    }

    fn refuse_atomic(&mut self, info: &OpInfo, memory: MemoryId, span: Span) {
        let memory = self.kernel.memory(memory);
        let (name, element, declared) = (memory.name.clone(), memory.dtype, memory.span);
        let wanted = info.signature.t.describe();
        self.refuse(
            Diagnostic::new(
                Rule::TypeMismatch,
                format!("`{}` works on {wanted}, but `{name}` holds {element}", info.name),
                span,
                "not of this element type",
            )
            .with_label(declared, format!("`{name}` holds {element}"))
            .with_help(format!("declare `{name}` with elements of type {wanted}")),
        );
    }

    fn refuse_element(&mut self, info: &OpInfo, memory: MemoryId, stated: DType, span: Span) {
        let memory = self.kernel.memory(memory);
        let (name, element, declared) = (memory.name.clone(), memory.dtype, memory.span);
        self.refuse(
            Diagnostic::new(
                Rule::TypeMismatch,
                format!("`{}` of {stated} elements, but `{name}` holds {element}", info.name),
                span,
                format!("asked for {stated}"),
            )
            .with_label(declared, format!("`{name}` holds {element}"))
            .with_help(format!("leave the element type out, or say {element}")),
        );
    }

    fn same_element_type(&mut self, info: &OpInfo, memories: &[MemoryId], span: Span) -> bool {
        let (dst, src) = (self.kernel.memory(memories[0]), self.kernel.memory(memories[1]));
        if dst.dtype == src.dtype {
            return true;
        }
        let diagnostic = Diagnostic::new(
            Rule::TypeMismatch,
            format!("`{}` moves {} elements into `{}`, which holds {}", info.name, src.dtype, dst.name, dst.dtype),
            span,
            "the two sides differ",
        )
        .with_label(dst.span, format!("`{}` holds {}", dst.name, dst.dtype))
        .with_label(src.span, format!("`{}` holds {}", src.name, src.dtype))
        .with_help("a copy moves bits and converts nothing: give both sides one element type, and cast after the wait");
        self.refuse(diagnostic);
        false
    }

    fn refuse_spaces(&mut self, info: &'static OpInfo, memories: &[MemoryId], span: Span) {
        let sides: Vec<String> = memories
            .iter()
            .map(|&m| self.kernel.memory(m))
            .map(|m| format!("`{}` is in {}", m.name, m.space.describe()))
            .collect();
        if !info.signature.is_copy() {
            let message = format!("`{}` takes device or threadgroup memory, but {}", info.name, sides[0]);
            self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "not this"));
            return;
        }
        let route = match info.signature.memories().next() {
            Some((_, Spaces::Tile)) => "from device to threadgroup memory",
            _ => "from threadgroup to device memory",
        };
        let dst = self.kernel.memory(memories[0]);
        let src = self.kernel.memory(memories[1]);
        let reversed = self.reversed(info, memories);
        let mut diagnostic = Diagnostic::new(
            Rule::WrongDirection,
            format!("`{}` copies {route}, but {}", info.name, sides.join(" and ")),
            span,
            if reversed.is_some() { "the wrong way round" } else { "there is no such copy" },
        )
        .with_label(dst.span, format!("the destination, in {}", dst.space.describe()))
        .with_label(src.span, format!("the source, in {}", src.space.describe()));
        diagnostic = match reversed {
            Some(other) => diagnostic.with_help(format!("call `{other}`, or swap the operands")),
            None => diagnostic
                .with_help("one side must be a device buffer, the other a threadgroup_alloc or a register_tensor"),
        };
        if memories[0] != memories[1] && dst.space == Space::Device && src.space == Space::Device {
            diagnostic =
                diagnostic.with_help("the hardware has no copy from device to device memory: go through a tile");
        }
        self.refuse(diagnostic);
    }

    /// The name of the copy in the other direction, if it would take these operands.
    fn reversed(&self, info: &OpInfo, memories: &[MemoryId]) -> Option<&'static str> {
        let other = match info.code {
            Opcode::AsyncCopy1dD2t => Opcode::AsyncCopy1dT2d,
            Opcode::AsyncCopy1dT2d => Opcode::AsyncCopy1dD2t,
            Opcode::AsyncCopy2dD2t => Opcode::AsyncCopy2dT2d,
            _ => Opcode::AsyncCopy2dD2t,
        };
        let fits = memories
            .iter()
            .zip(other.info().signature.memories())
            .all(|(&m, (_, spaces))| space_admitted(spaces, self.kernel.memory(m).space));
        fits.then_some(other.info().name)
    }

    /// Brings the arguments of the type variable to one type. Returns that type and all value operands.
    fn unify(
        &mut self,
        info: &'static OpInfo,
        slots: SmallVec<[Slot; 4]>,
        typed: &[Arg],
        memories: &[MemoryId],
        span: Span,
    ) -> Option<(Type, SmallVec<[ValueId; 4]>)> {
        let t = match (typed.is_empty(), memories.first()) {
            (false, _) => self.common_type(info, typed, span)?,
            (true, Some(&memory)) => Type::Scalar(self.kernel.memory(memory).dtype),
            (true, None) => Type::Invalid,
        };
        let values = slots
            .into_iter()
            .map(|slot| match slot {
                Slot::Ready(value) => Some(value),
                Slot::Typed(n) => self.bring(&typed[n], t, span),
                Slot::Converted(i, arg) => self.converted(info, i, &arg, t.dtype()?, span),
            })
            .collect::<Option<_>>()?;
        Some((t, values))
    }

    fn converted(&mut self, info: &OpInfo, i: usize, arg: &Arg, dtype: DType, span: Span) -> Option<ValueId> {
        let param = &info.signature.params[i];
        match param.kind {
            Kind::Elements => self.elements(info.code, param.name, arg, dtype, span),
            _ => self.element(info.code, param.name, arg, dtype, span),
        }
    }

    /// The type that all arguments of the type variable are brought to.
    fn common_type(&mut self, info: &'static OpInfo, typed: &[Arg], span: Span) -> Option<Type> {
        let mut shape: Option<Type> = None;
        let mut common: Option<DType> = None;
        for (n, arg) in typed.iter().enumerate() {
            let param = typed_param(info, n);
            match arg {
                Arg::Literal(_) => {}
                Arg::Value(value) => {
                    let value = self.reachable(*value, span)?;
                    let ty = self.kernel.ty(value);
                    let (Some(dtype), true) = (ty.dtype(), ty.width() > 0) else {
                        self.refuse_operand(info.name, param, info.signature.t.describe(), arg, span);
                        return None;
                    };
                    match shape {
                        Some(Type::Vector(_, n)) if ty.width() > 1 && ty.width() != n as usize => {
                            self.refuse_operand(info.name, param, &format!("a vector of {n}"), arg, span);
                            return None;
                        }
                        Some(Type::Vector(..)) => {}
                        _ => shape = Some(ty),
                    }
                    common = Some(common.map_or(dtype, |c| c.common(dtype)));
                }
                _ => {
                    self.refuse_operand(info.name, param, info.signature.t.describe(), arg, span);
                    return None;
                }
            }
        }
        let dtype = common.unwrap_or_else(|| default_dtype(info.signature.t, typed));
        let scalar = !matches!(shape, Some(Type::Vector(..)));
        // Operators on two `bool`s that are bitwise or compare stay `bool`; all others promote, as in C++.
        let stays = dtype == DType::Bool && info.signature.t.admits_dtype(DType::Bool);
        let dtype = if info.signature.promote && scalar && !stays { dtype.promoted() } else { dtype };
        let t = shape.unwrap_or(Type::Scalar(dtype)).with_dtype(dtype);
        if class_admits(info.signature.t, t) {
            return Some(t);
        }
        let arg = &typed[0];
        self.refuse_operand(info.name, typed_param(info, 0), info.signature.t.describe(), arg, span);
        None
    }

    /// One argument of the type variable, as a value of type `t`.
    pub(super) fn bring(&mut self, arg: &Arg, t: Type, span: Span) -> Option<ValueId> {
        let dtype = t.dtype()?;
        let value = match arg {
            Arg::Literal(literal) => self.fitted(*literal, dtype, span)?,
            Arg::Value(value) => self.convert(*value, dtype, span),
            _ => return None,
        };
        match (t, self.kernel.ty(value)) {
            (Type::Vector(_, n), Type::Scalar(_)) => {
                let operands = std::iter::repeat_n(value, n as usize).collect();
                self.push_op(Opcode::MakeVec, operands, SmallVec::new(), SmallVec::new(), Some(t), span)
            }
            _ => Some(value),
        }
    }

    /// The type of the result, `Some(None)` where there is none, `None` where it is refused.
    #[allow(clippy::option_option)]
    fn result_type(
        &mut self,
        info: &'static OpInfo,
        t: Type,
        values: &[ValueId],
        memories: &[MemoryId],
        attrs: &[Attr],
        span: Span,
    ) -> Option<Option<Type>> {
        let attr_dtype = attrs.iter().find_map(|a| match a {
            Attr::DType(dtype) => Some(*dtype),
            _ => None,
        });
        let element = memories.first().map(|&m| self.kernel.memory(m).dtype);
        let ty = match info.signature.result {
            ResultRule::None => return self.matrix_fits(info, values, memories, span).then_some(None),
            ResultRule::T => t,
            ResultRule::Test => t.with_dtype(DType::Bool),
            ResultRule::Component => match (t, attrs.first()) {
                (Type::Vector(dtype, _), None) => Type::Scalar(dtype),
                (Type::Vector(dtype, n), Some(Attr::Number(lane))) if *lane < n.into() => Type::Scalar(dtype),
                _ => {
                    let message = format!("a value of type {t} has no such component");
                    self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "this component"));
                    return None;
                }
            },
            ResultRule::VectorOfT => match (t.dtype(), values.len()) {
                (Some(dtype), n @ 2..=4) => Type::Vector(dtype, n as u8),
                (_, n) => {
                    let message = format!("a vector has two, three or four components, not {n}");
                    self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "this vector"));
                    return None;
                }
            },
            ResultRule::Element => Type::Scalar(element?),
            ResultRule::VectorOfElement => Type::Vector(element?, number(attrs)? as u8),
            ResultRule::Truth => Type::Scalar(DType::Bool),
            ResultRule::Unsigned => t.with_dtype(t.dtype()?.unsigned()?),
            ResultRule::FloatVector(n) => Type::Vector(DType::F32, n),
            ResultRule::DTypeAttr => Type::Scalar(attr_dtype?),
            ResultRule::BitsAs => self.same_width(t, attr_dtype?, span)?,
            ResultRule::MatrixOfColumns => self.matrix_of_columns(t, values.len(), span)?,
            ResultRule::Column => self.column(self.kernel.ty(values[0]), number(attrs)?, span)?,
            ResultRule::MatrixProduct => {
                let [a, b] = [0, 1].map(|n| self.kernel.ty(values[n]));
                self.product(a, b, span)?
            }
            ResultRule::Transposed => match self.kernel.ty(values[0]) {
                Type::Matrix(dtype, cols, rows) => Type::Matrix(dtype, rows, cols),
                _ => return None,
            },
            ResultRule::Determinant => self.square(self.kernel.ty(values[0]), span)?,
            ResultRule::UInt => Type::Scalar(DType::U32),
            ResultRule::CastTo => t.with_dtype(attr_dtype?),
            ResultRule::Event => Type::Event,
            ResultRule::MatrixOfElement => self.matrix_type(info, element?, span)?,
            ResultRule::MatrixOfAttr => self.matrix_type(info, attr_dtype?, span)?,
            ResultRule::SameAs(n) => {
                self.same_matrix_elements(info, values, span)?;
                self.kernel.ty(values[n])
            }
        };
        Some(Some(ty))
    }

    fn refuse_result(&mut self, message: String, label: &str, help: &str, span: Span) {
        self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, label).with_help(help));
    }

    /// The type that has the bits of `t` as elements of `dtype`.
    fn same_width(&mut self, t: Type, dtype: DType, span: Span) -> Option<Type> {
        let from = t.dtype()?;
        if from.bits() == dtype.bits() {
            return Some(t.with_dtype(dtype));
        }
        let width =
            |dtype: DType| format!("{dtype} has {} bit{}", dtype.bits(), if dtype.bits() == 1 { "" } else { "s" });
        let message = format!("`as_type` keeps the bits, but {} and {}", width(from), width(dtype));
        self.refuse_result(message, "of another width", "to convert the number, use `metal_cast`", span);
        None
    }

    fn matrix_of_columns(&mut self, t: Type, columns: usize, span: Span) -> Option<Type> {
        match (t, columns) {
            (Type::Vector(dtype, rows), 2..=4) => Some(Type::Matrix(dtype, columns as u8, rows)),
            _ => {
                let message = format!("a matrix has two, three or four columns, not {columns}");
                self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "this matrix"));
                None
            }
        }
    }

    fn column(&mut self, matrix: Type, column: u32, span: Span) -> Option<Type> {
        match matrix {
            Type::Matrix(dtype, cols, rows) if column < cols.into() => Some(Type::Vector(dtype, rows)),
            _ => {
                let message = format!("a matrix of type {matrix} has no column {column}");
                self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "this column"));
                None
            }
        }
    }

    /// The type of a product: `cols x rows` of the one and the other, the inner extents being equal.
    fn product(&mut self, a: Type, b: Type, span: Span) -> Option<Type> {
        match (a, b) {
            (Type::Matrix(d, inner, rows), Type::Matrix(e, cols, also)) if d == e && inner == also => {
                return Some(Type::Matrix(d, cols, rows));
            }
            (Type::Matrix(d, inner, rows), Type::Vector(e, n)) if d == e && inner == n => {
                return Some(Type::Vector(d, rows));
            }
            (Type::Vector(d, n), Type::Matrix(e, cols, rows)) if d == e && n == rows => {
                return Some(Type::Vector(e, cols));
            }
            _ => {}
        }
        let message = format!("`matmul` cannot multiply {a} by {b}");
        let help = "types are columns x rows: the first's columns and the second's rows must be equal in number, the element types the same, and one of the two a matrix";
        self.refuse_result(message, "these do not fit", help, span);
        None
    }

    /// The element type of a square matrix.
    fn square(&mut self, matrix: Type, span: Span) -> Option<Type> {
        match matrix {
            Type::Matrix(dtype, cols, rows) if cols == rows => Some(Type::Scalar(dtype)),
            _ => {
                let message = format!("`determinant` takes a square matrix, not {matrix}");
                self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "this matrix"));
                None
            }
        }
    }

    fn matrix_type(&mut self, info: &OpInfo, dtype: DType, span: Span) -> Option<Type> {
        if dtype.is_float() {
            return Some(Type::SimdgroupMatrix(dtype));
        }
        let message = format!("`{}` takes float, half or bfloat elements, not {dtype}", info.name);
        self.refuse(Diagnostic::new(Rule::InvalidOperand, message, span, "this element type"));
        None
    }

    /// Whether a matrix that is stored has the element type of its memory; true for all other operations.
    fn matrix_fits(&mut self, info: &OpInfo, values: &[ValueId], memories: &[MemoryId], span: Span) -> bool {
        let (Some(&matrix), Some(&memory)) = (values.first(), memories.first()) else { return true };
        let Type::SimdgroupMatrix(dtype) = self.kernel.ty(matrix) else { return true };
        let memory = self.kernel.memory(memory);
        if memory.dtype == dtype {
            return true;
        }
        let message =
            format!("`{}` of {dtype} elements into `{}`, which holds {}", info.name, memory.name, memory.dtype);
        let diagnostic = Diagnostic::new(Rule::TypeMismatch, message, span, "the two differ")
            .with_label(memory.span, format!("`{}` holds {}", memory.name, memory.dtype))
            .with_label(self.kernel.value(matrix).span, format!("a matrix of {dtype}"))
            .with_help("store to memory of the matrix's element type, and cast from there");
        self.refuse(diagnostic);
        false
    }

    fn same_matrix_elements(&mut self, info: &OpInfo, values: &[ValueId], span: Span) -> Option<()> {
        let (a, b) = (self.kernel.ty(values[0]), self.kernel.ty(values[1]));
        if a == b {
            return Some(());
        }
        self.refuse(
            Diagnostic::new(
                Rule::TypeMismatch,
                format!("`{}` multiplies matrices of one element type, not {a} by {b}", info.name),
                span,
                "the factors differ",
            )
            .with_label(self.kernel.value(values[0]).span, format!("{a}"))
            .with_label(self.kernel.value(values[1]).span, format!("{b}")),
        );
        None
    }
}

fn default_arg(default: Default) -> Option<Arg> {
    match default {
        Default::Int(v) => Some(Arg::Literal(Literal::Int(v))),
        Default::Bool(b) => Some(Arg::Literal(Literal::Bool(b))),
        Default::Name(s) => Some(Arg::Name(s.to_owned())),
        Default::Required | Default::SameAs(_) | Default::Open => None,
    }
}

/// The type of literals among themselves: the widest of their default types that the class admits.
fn default_dtype(class: Class, typed: &[Arg]) -> DType {
    let defaults = typed.iter().filter_map(|arg| match arg {
        Arg::Literal(literal) => Some(literal.default_dtype()),
        _ => None,
    });
    let dtype = defaults.reduce(DType::common).unwrap_or(DType::F32);
    match class {
        Class::Float => DType::F32,
        _ => dtype,
    }
}

/// The number among the attributes.
fn number(attrs: &[Attr]) -> Option<u32> {
    attrs.iter().find_map(|attr| match attr {
        Attr::Number(number) => Some(*number),
        _ => None,
    })
}

fn typed_param(info: &'static OpInfo, n: usize) -> &'static str {
    let mut typed = info.signature.params.iter().filter(|p| p.kind == Kind::T);
    typed.clone().nth(n).or_else(|| typed.next()).map_or("value", |p| p.name)
}

fn space_admitted(spaces: Spaces, space: Space) -> bool {
    match (spaces, space) {
        (Spaces::Any, _) => true,
        (Spaces::Shared, space) => !matches!(space, Space::Register { .. }),
        (Spaces::Device, space) => space == Space::Device,
        (Spaces::Tile, space) => space != Space::Device,
    }
}
