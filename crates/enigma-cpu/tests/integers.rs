//! Functions of integers and their bits, on every integer type, as scalars and as vectors, against `i128` and against
//! bits taken one at a time. And bits taken as another type.

mod common;

use common::apply::{Operand, apply, of_width};
use common::data::{int_bits, int_of, telling};
use enigma_ir::table::{Group, Kind, ResultRule, TABLE};
use enigma_ir::{Arg, DType, Opcode, Type};

const INTEGERS: [DType; 8] =
    [DType::I8, DType::U8, DType::I16, DType::U16, DType::I32, DType::U32, DType::I64, DType::U64];

/// Every combination of these numbers, a list for each operand.
fn combinations(lists: &[Vec<u64>]) -> Vec<Vec<u64>> {
    let total: usize = lists.iter().map(Vec::len).product();
    let mut repeat = 1;
    let mut each = |list: &Vec<u64>| {
        let column = (0..total).map(|i| list[i / repeat % list.len()]).collect();
        repeat *= list.len();
        column
    };
    lists.iter().map(&mut each).collect()
}

fn unsigned(dtype: DType, v: i128) -> u128 {
    v as u128 & ((1 << dtype.bits()) - 1)
}

fn held(dtype: DType, v: i128) -> i128 {
    let (least, greatest) = dtype.integer_range().expect("integers have a range");
    v.clamp(least, greatest)
}

/// The upper half of a product, by halves of 64 bits, so that nothing of 128 bits overflows.
fn upper_half(dtype: DType, x: i128, y: i128) -> i128 {
    match dtype {
        DType::U64 => ((x as u128 * y as u128) >> 64) as i128,
        _ => (x * y) >> dtype.bits(),
    }
}

fn reference(code: Opcode, dtype: DType, x: &[i128]) -> i128 {
    let bits = unsigned(dtype, x[0]);
    let width = dtype.bits();
    let ones = |range: std::ops::Range<u32>| range.filter(|&n| bits >> n & 1 == 1);
    match code {
        Opcode::Imin => x[0].min(x[1]),
        Opcode::Imax => x[0].max(x[1]),
        Opcode::Iclamp => x[0].max(x[1]).min(x[2]),
        Opcode::AbsDiff => (x[0] - x[1]).abs(),
        Opcode::AddSat => held(dtype, x[0] + x[1]),
        Opcode::SubSat => held(dtype, x[0] - x[1]),
        Opcode::MulHi => upper_half(dtype, x[0], x[1]),
        // Only the product of two `ulong` can overflow, and it is then far beyond the type.
        Opcode::MadSat => x[0].checked_mul(x[1]).map_or(i128::MAX, |product| held(dtype, product + x[2])),
        Opcode::Rotate => {
            let count = x[1].rem_euclid(i128::from(width)) as u32;
            (bits << count | bits >> (width - count)) as i128
        }
        Opcode::Popcount => ones(0..width).count() as i128,
        Opcode::Clz => i128::from(ones(0..width).next_back().map_or(width, |highest| width - 1 - highest)),
        Opcode::Ctz => i128::from(ones(0..width).next().unwrap_or(width)),
        Opcode::ReverseBits => ones(0..width).map(|n| 1 << (width - 1 - n)).sum(),
        other => panic!("no reference for {other:?}"),
    }
}

#[test]
fn every_function_on_every_type_and_width() {
    let rows = TABLE
        .iter()
        .filter(|row| row.group == Group::Integer && row.signature.params.iter().all(|param| param.kind == Kind::T));
    let mut tried = 0;
    for row in rows {
        for dtype in INTEGERS {
            let result = if row.signature.result == ResultRule::Unsigned { dtype.unsigned().unwrap() } else { dtype };
            let lists = combinations(&vec![telling(dtype); row.signature.params.len()]);
            for width in 1..=4 {
                let whole = lists[0].len() / width * width;
                let operands: Vec<Operand> =
                    lists.iter().map(|list| Operand::new(of_width(dtype, width), list[..whole].to_vec())).collect();
                let got = apply(row.code, &operands, None, of_width(result, width));
                for (i, &got) in got.iter().enumerate() {
                    let x: Vec<i128> = lists.iter().map(|list| int_of(dtype, list[i])).collect();
                    let wanted = held_or_wrapped(row.code, result, reference(row.code, dtype, &x));
                    assert_eq!(int_of(result, got), wanted, "{} of {x:?} as {dtype}", row.name);
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 13 * 8 * 4);
}

/// A reference that left the type saturated, where the operation does; else only its bits count.
fn held_or_wrapped(code: Opcode, dtype: DType, wanted: i128) -> i128 {
    if code == Opcode::MadSat { held(dtype, wanted) } else { dtype.wrap(wanted) }
}

/// Offsets and numbers of bits that lie below, in and beyond any width, as far as the type has them.
fn counts(dtype: DType) -> Vec<u64> {
    let (least, greatest) = dtype.integer_range().unwrap();
    let numbers = [least, -1, 0, 1, 3, 7, 8, 9, 15, 16, 31, 32, 33, 63, 64, 65, 100, greatest];
    numbers.into_iter().filter(|n| (least..=greatest).contains(n)).map(|n| int_bits(dtype, n)).collect()
}

/// Which bits of a word are meant.
fn field(dtype: DType, offset: i128, bits: i128) -> std::ops::Range<i128> {
    let width = i128::from(dtype.bits());
    let offset = offset.clamp(0, width);
    offset..(offset + bits.clamp(0, width)).min(width)
}

#[test]
fn bits_taken_out() {
    for dtype in INTEGERS {
        for (n, count) in INTEGERS.into_iter().enumerate() {
            let width = n % 4 + 1;
            let lists = combinations(&[telling(dtype), counts(count), counts(count)]);
            let values = lists[0].iter().flat_map(|&v| vec![v; width]).collect();
            let operands = [
                Operand::new(of_width(dtype, width), values),
                Operand::new(Type::Scalar(count), lists[1].clone()),
                Operand::new(Type::Scalar(count), lists[2].clone()),
            ];
            let got = apply(Opcode::ExtractBits, &operands, None, of_width(dtype, width));
            for (i, &got) in got.iter().enumerate() {
                let [v, offset, bits] = [0, 1, 2].map(|n| lists[n][i / width]);
                let (offset, bits) = (int_of(count, offset), int_of(count, bits));
                let field = field(dtype, offset, bits);
                let mut wanted: i128 = field.clone().map(|n| i128::from(v >> n & 1) << (n - field.start)).sum();
                let top = field.end - field.start - 1;
                if dtype.is_signed_integer() && top >= 0 && wanted >> top & 1 == 1 {
                    wanted -= 1 << (top + 1);
                }
                assert_eq!(int_of(dtype, got), wanted, "{dtype}: bits {offset} and {bits} more ({count}) of {v:#x}");
            }
        }
    }
}

#[test]
fn bits_put_in() {
    for dtype in INTEGERS {
        for (n, count) in INTEGERS.into_iter().enumerate() {
            let width = n % 4 + 1;
            let some: Vec<u64> = telling(dtype).into_iter().step_by(2).collect();
            let lists = combinations(&[some.clone(), some, counts(count), counts(count)]);
            let [bases, inserts] = [0, 1].map(|n| lists[n].iter().flat_map(|&v| vec![v; width]).collect::<Vec<u64>>());
            let operands = [
                Operand::new(of_width(dtype, width), bases),
                Operand::new(of_width(dtype, width), inserts),
                Operand::new(Type::Scalar(count), lists[2].clone()),
                Operand::new(Type::Scalar(count), lists[3].clone()),
            ];
            let got = apply(Opcode::InsertBits, &operands, None, of_width(dtype, width));
            for (i, &got) in got.iter().enumerate() {
                let [base, insert, offset, bits] = [0, 1, 2, 3].map(|n| lists[n][i / width]);
                let field = field(dtype, int_of(count, offset), int_of(count, bits));
                let mut wanted = base;
                for n in field.clone() {
                    wanted = wanted & !(1 << n) | (insert >> (n - field.start) & 1) << n;
                }
                assert_eq!(got, wanted, "{dtype}: {field:?} of {base:#x} from {insert:#x}");
            }
        }
    }
}

/// Numbers whose bits a float operation would change: NaNs that are quiet and that are not, with something to say.
fn awkward(dtype: DType) -> Vec<u64> {
    let patterns: &[u64] = match dtype.bits() {
        16 => &[0x7c01, 0x7e55, 0xfd01, 0x7f81, 0x7fd5, 0xff81, 0x8000, 0x0001, 0xffff],
        32 => &[0x7f80_0001, 0x7fc0_1234, 0xffa0_0001, 0x8000_0000, 0x0000_0001, 0xffff_ffff],
        _ => &[],
    };
    telling(dtype).into_iter().chain(patterns.iter().copied()).collect()
}

#[test]
fn bits_as_another_type() {
    let mut tried = 0;
    for from in DType::ALL {
        for to in DType::ALL.into_iter().filter(|to| to.bits() == from.bits()) {
            for width in 1..=4 {
                let bits = awkward(from).repeat(width);
                let operand = Operand::new(of_width(from, width), bits.clone());
                assert_eq!(
                    apply(Opcode::AsType, &[operand], Some(Arg::DType(to)), of_width(to, width)),
                    bits,
                    "{from} as {to}"
                );
                tried += 1;
            }
        }
    }
    assert_eq!(tried, (1 + 4 + 16 + 9 + 4) * 4);
}
