//! The format strings of `debug_print`: Python's, as far as they format numbers.
//!
//! A format string is parsed once, when the kernel is traced ([`parse`]), where each placeholder is also held against the type of
//! its value ([`Spec::suits`]). What is printed follows from Python's format mini-language; `{}` alone prints a number as Python's `str`
//! does, with as few digits as tell it from its neighbours.

use crate::dialect::Dialect;
use crate::types::DType;

/// The greatest width and precision of a placeholder.
const MOST: usize = 1000;

/// A part of a format string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// What stands there as it is.
    Text(String),
    /// A placeholder, for the next value.
    Value(Spec),
}

/// How a placeholder wants its number: what stands after the colon, `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
    fill: char,
    align: Option<Align>,
    sign: Sign,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Where a number stands that is shorter than the width.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Align {
    Left,
    Right,
    Centre,
    /// To the right, its sign to the left.
    Sign,
}

/// What stands before a number that is not negative.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Sign {
    Nothing,
    Plus,
    Space,
}

/// A number to be printed.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Number {
    /// A `bool`.
    Bool(bool),
    /// Any integer.
    Int(i128),
    /// A float; those of `half` and `bfloat` are exact as such.
    Float(f32),
}

/// Takes a format string apart.
///
/// # Errors
///
/// What is wrong with it, as a sentence without a full stop.
pub fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        rest = match (brace, after.chars().next()) {
            ("{", Some('{')) | ("}", Some('}')) => {
                plain.push_str(brace);
                &after[1..]
            }
            ("}", _) => return Err("a `}` stands alone; for the character itself, write `}}`".to_owned()),
            _ => {
                let Some((inside, after)) = after.split_once('}') else {
                    return Err("a `{` is never closed; for the character itself, write `{{`".to_owned());
                };
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Value(placeholder(inside)?));
                after
            }
        };
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// Number of placeholders.
pub fn placeholders(pieces: &[Piece]) -> usize {
    pieces.iter().filter(|piece| matches!(piece, Piece::Value(_))).count()
}

fn placeholder(inside: &str) -> Result<Spec, String> {
    let (name, spec) = inside.split_once(':').unwrap_or((inside, ""));
    match (name, spec.contains('{')) {
        ("", false) => Spec::parse(spec).map_err(|why| format!("`{{{inside}}}` {why}")),
        ("", true) => Err("a placeholder cannot stand in another one".to_owned()),
        (_, _) => Err(format!("`{{{inside}}}` names a value, but values are taken in their order: write `{{}}`")),
    }
}

impl Spec {
    fn parse(text: &str) -> Result<Spec, String> {
        let align = |c: &char| match c {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Centre),
            '=' => Some(Align::Sign),
            _ => None,
        };
        let letters: Vec<char> = text.chars().collect();
        let mut rest = letters.as_slice();
        let mut spec = Spec {
            fill: ' ',
            align: None,
            sign: Sign::Nothing,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        };
        if let [fill, second, ..] = rest
            && let Some(aligned) = align(second)
        {
            (spec.fill, spec.align) = (*fill, Some(aligned));
            rest = &rest[2..];
        } else if let Some(aligned) = rest.first().and_then(align) {
            spec.align = Some(aligned);
            rest = &rest[1..];
        }
        if let Some(sign) = take(&mut rest, &['+', '-', ' ']) {
            spec.sign = match sign {
                '+' => Sign::Plus,
                ' ' => Sign::Space,
                _ => Sign::Nothing,
            };
        }
        spec.alternate = take(&mut rest, &['#']).is_some();
        if take(&mut rest, &['0']).is_some() && spec.align.is_none() {
            (spec.fill, spec.align) = ('0', Some(Align::Sign));
        }
        spec.width = number(&mut rest)?.unwrap_or(0);
        spec.grouping = take(&mut rest, &[',', '_']);
        if take(&mut rest, &['.']).is_some() {
            spec.precision = Some(number(&mut rest)?.ok_or("has no number after its `.`")?);
        }
        spec.kind = take(&mut rest, &['b', 'd', 'o', 'x', 'X', 'e', 'E', 'f', 'F', 'g', 'G', '%']);
        match rest {
            [] => Ok(spec),
            _ => {
                let rest: String = rest.iter().collect();
                Err(format!("has `{rest}`, which is no type of number: b, d, o, x, X, e, E, f, F, g, G or %"))
            }
        }
    }

    /// Whether a number of that type can be printed so.
    ///
    /// # Errors
    ///
    /// Why not, as the end of a sentence.
    pub fn suits(&self, dtype: DType) -> Result<(), String> {
        let whole = matches!(self.kind, Some('b' | 'd' | 'o' | 'x' | 'X')) || self.kind.is_none() && !dtype.is_float();
        match (self.kind, self.precision, self.grouping) {
            (Some(kind), ..) if whole && dtype.is_float() => Err(format!("prints an integer (`{kind}`), not {dtype}")),
            (_, Some(_), _) if whole => Err(format!("has a precision, which {dtype} printed as an integer has not")),
            (Some(kind @ ('b' | 'o' | 'x' | 'X')), _, Some(',')) => {
                Err(format!("groups the digits of `{kind}` by `,`"))
            }
            (None, _, Some(_)) if dtype == DType::Bool => Err("groups the digits of a bool".to_owned()),
            _ => Ok(()),
        }
    }

    /// Appends a number. The words for a `bool` are those of the language.
    pub fn write(&self, number: Number, dialect: Dialect, to: &mut String) {
        let (negative, prefix, digits) = match (number, self.kind) {
            (Number::Bool(truth), None) => {
                let word = dialect.say(if truth { "True" } else { "False" }, if truth { "true" } else { "false" });
                return self.pad("", word, Align::Left, to);
            }
            (Number::Bool(truth), _) => self.integer(i128::from(truth)),
            (Number::Int(x), _) => self.integer(x),
            (Number::Float(x), None) if self.precision.is_none() => {
                (x.is_sign_negative(), "", self.grouped(&shortest(x.abs()), 3))
            }
            (Number::Float(x), _) => self.float(f64::from(x)),
        };
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Sign::Nothing) => "",
            (false, Sign::Plus) => "+",
            (false, Sign::Space) => " ",
        };
        self.pad(&format!("{sign}{prefix}"), &digits, Align::Right, to);
    }

    /// Whether an integer is negative, what stands before its digits, and those.
    fn integer(&self, x: i128) -> (bool, &'static str, String) {
        let size = x.unsigned_abs();
        let (prefix, digits) = match self.kind {
            None | Some('d') => return (x < 0, "", self.grouped(&size.to_string(), 3)),
            Some('b') => ("0b", format!("{size:b}")),
            Some('o') => ("0o", format!("{size:o}")),
            Some('x') => ("0x", format!("{size:x}")),
            Some('X') => ("0X", format!("{size:X}")),
            Some(_) => return self.float(x as f64),
        };
        (x < 0, if self.alternate { prefix } else { "" }, self.grouped(&digits, 4))
    }

    /// As [`integer`](Self::integer), of a float.
    fn float(&self, x: f64) -> (bool, &'static str, String) {
        let (negative, x) = (x.is_sign_negative(), x.abs());
        let upper = matches!(self.kind, Some('E' | 'F' | 'G'));
        let precision = self.precision.unwrap_or(6);
        let digits = if !x.is_finite() {
            special(x).to_owned()
        } else {
            match self.kind {
                Some('e' | 'E') => scientific(x, precision),
                Some('f' | 'F') => format!("{x:.precision$}"),
                Some('%') => format!("{:.precision$}", x * 100.0),
                kind => general(x, precision.max(1), kind.is_none(), self.alternate),
            }
        };
        let point = if self.alternate && !digits.contains(['.', 'e', 'n']) { "." } else { "" };
        let percent = if self.kind == Some('%') { "%" } else { "" };
        let digits = self.grouped(&digits, 3) + point + percent;
        (negative, "", if upper { digits.to_uppercase() } else { digits })
    }

    /// The digits before the point in groups, if they are to be.
    fn grouped(&self, digits: &str, size: usize) -> String {
        let Some(separator) = self.grouping else { return digits.to_owned() };
        let end = digits.find(['.', 'e']).unwrap_or(digits.len());
        let mut grouped = String::new();
        for (n, digit) in digits[..end].chars().enumerate() {
            if n > 0 && (end - n).is_multiple_of(size) {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped + &digits[end..]
    }

    fn pad(&self, sign: &str, digits: &str, default: Align, to: &mut String) {
        let missing = self.width.saturating_sub(sign.len() + digits.len());
        let fill = |n: usize| self.fill.to_string().repeat(n);
        let (left, inside, right) = match self.align.unwrap_or(default) {
            Align::Left => (0, 0, missing),
            Align::Right => (missing, 0, 0),
            Align::Centre => (missing / 2, 0, missing - missing / 2),
            Align::Sign => (0, missing, 0),
        };
        to.extend([&fill(left), sign, &fill(inside), digits, &fill(right)]);
    }
}

/// Takes the next character if it is one of these.
fn take(rest: &mut &[char], wanted: &[char]) -> Option<char> {
    let (first, after) = rest.split_first()?;
    wanted.contains(first).then(|| {
        *rest = after;
        *first
    })
}

fn number(rest: &mut &[char]) -> Result<Option<usize>, String> {
    let count = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(count);
    *rest = after;
    let digits: String = digits.iter().collect();
    match digits.parse() {
        Ok(number) if number <= MOST => Ok(Some(number)),
        _ if digits.is_empty() => Ok(None),
        _ => Err(format!("has the width or precision {digits}, and {MOST} is the most")),
    }
}

fn special(x: f64) -> &'static str {
    if x.is_nan() { "nan" } else { "inf" }
}

/// As few digits as tell a number that is not negative from its neighbours, as Python lays them out.
fn shortest(x: f32) -> String {
    if !x.is_finite() {
        return special(f64::from(x)).to_owned();
    }
    let (_, exponent) = parts(&format!("{x:e}"));
    match exponent {
        -4..16 => format!("{x:?}"),
        _ => with_exponent(&format!("{x:e}")),
    }
}

fn scientific(x: f64, precision: usize) -> String {
    with_exponent(&format!("{x:.precision$e}"))
}

/// With so many digits in all, as they read best; a number without a type keeps a digit after the point.
fn general(x: f64, precision: usize, untyped: bool, keeps_zeros: bool) -> String {
    let rounded = format!("{x:.*e}", precision - 1);
    let (_, exponent) = parts(&rounded);
    let most = precision as i32 - i32::from(untyped);
    let strip = |digits: &str| match keeps_zeros || !digits.contains('.') {
        true => digits.to_owned(),
        false => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    if exponent < -4 || exponent >= most {
        let (mantissa, exponent) = parts(&rounded);
        return with_exponent(&format!("{}e{exponent}", strip(mantissa)));
    }
    let digits = strip(&format!("{x:.*}", (precision as i32 - 1 - exponent) as usize));
    if untyped && !digits.contains('.') { digits + ".0" } else { digits }
}

/// What Rust writes as `1.5e-7`, taken apart.
fn parts(scientific: &str) -> (&str, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// What Rust writes as `1.5e-7`, with a sign and two digits of the exponent at least.
fn with_exponent(scientific: &str) -> String {
    let (mantissa, exponent) = parts(scientific);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: &str, number: Number) -> String {
        let mut to = String::new();
        for piece in parse(format).unwrap() {
            match piece {
                Piece::Text(text) => to.push_str(&text),
                Piece::Value(spec) => spec.write(number, Dialect::Python, &mut to),
            }
        }
        to
    }

    /// Expected texts are what Python 3.11 and NumPy print.
    #[test]
    fn numbers_print_as_in_python() {
        for (format, x, expected) in [
            ("{}", 1.0, "1.0"),
            ("{}", 0.1, "0.1"),
            ("{}", -0.0, "-0.0"),
            ("{}", 1e16, "1e+16"),
            ("{}", 1e15, "1000000000000000.0"),
            ("{}", 1e-5, "1e-05"),
            ("{}", 0.0001, "0.0001"),
            ("{}", f32::INFINITY, "inf"),
            ("{:F}", f32::NAN, "NAN"),
            ("{:.2f}", 2.675, "2.67"),
            ("{:8.3f}|", -1.5, "  -1.500|"),
            ("{:08.2f}", -1.5, "-0001.50"),
            ("{:+}", 1.5, "+1.5"),
            ("{:<6}|", 1.5, "1.5   |"),
            ("{:*^7}", 1.5, "**1.5**"),
            ("{:e}", 12345.0, "1.234500e+04"),
            ("{:.1E}", 0.00125, "1.2E-03"),
            ("{:g}", 100000.0, "100000"),
            ("{:g}", 1000000.0, "1e+06"),
            ("{:g}", 0.0001, "0.0001"),
            ("{:#.3g}", 1.0, "1.00"),
            ("{:.3}", 123.456, "1.23e+02"),
            ("{:.4}", 123.0, "123.0"),
            ("{:.1%}", 0.125, "12.5%"),
            ("{:,.1f}", 1234567.0, "1,234,567.0"),
            ("{:#.0f}", 3.0, "3."),
            ("{:.2}", 12.0, "1.2e+01"),
            ("{{{}}}", 2.0, "{2.0}"),
        ] {
            assert_eq!(printed(format, Number::Float(x)), expected, "{format} {x}");
        }
        for (format, x, expected) in [
            ("{}", -7, "-7"),
            ("{:5}|", 42, "   42|"),
            ("{:05d}", -42, "-0042"),
            ("{:x}", 255, "ff"),
            ("{:#X}", 255, "0XFF"),
            ("{:#010b}", 5, "0b00000101"),
            ("{:_x}", 0x12_3456, "12_3456"),
            ("{:,}", 1234567, "1,234,567"),
            ("{: d}", 3, " 3"),
            ("{:#x}", -255, "-0xff"),
            ("{:.2f}", 3, "3.00"),
        ] {
            assert_eq!(printed(format, Number::Int(x)), expected, "{format} {x}");
        }
        assert_eq!(printed("{}|{:6}|{:d}", Number::Bool(true)), "True|True  |1");
    }

    #[test]
    fn what_is_no_format_is_refused_with_the_reason() {
        for (format, why) in [
            ("{", "never closed"),
            ("}", "stands alone"),
            ("{0}", "names a value"),
            ("{x:d}", "names a value"),
            ("{:{}}", "cannot stand in another"),
            ("{:q}", "no type of number"),
            ("{:.f}", "no number after"),
            ("{:1001}", "1000 is the most"),
            ("{:99999999999999999999}", "1000 is the most"),
        ] {
            let said = parse(format).unwrap_err();
            assert!(said.contains(why), "{format}: {said}");
        }
        let spec = |format: &str| match parse(format).unwrap().remove(0) {
            Piece::Value(spec) => spec,
            Piece::Text(text) => panic!("{text}"),
        };
        assert!(spec("{:d}").suits(DType::F16).is_err());
        assert!(spec("{:.3}").suits(DType::I8).is_err());
        assert!(spec("{:,x}").suits(DType::U32).is_err());
        assert!(spec("{:,}").suits(DType::Bool).is_err());
        for (format, dtype) in
            [("{:.3}", DType::F32), ("{:d}", DType::Bool), ("{:.2f}", DType::I64), ("{}", DType::Bool)]
        {
            assert!(spec(format).suits(dtype).is_ok(), "{format}");
        }
    }
}
