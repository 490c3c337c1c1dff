//! Function constants, and what is printed: both stand in the text and not in the arithmetic.

use enigma_ir::{Arg, DType, Literal, Opcode};
use enigma_msl::{AsyncLowering, Options};
use enigma_tests::make::{int, name};
use enigma_tests::{Host, Make};

use crate::case::{self, Case, check};
use crate::data::Data;

/// The index of the constant of an element type.
fn index(n: usize) -> u32 {
    (n as u32 * 7 + 3) % 12
}

/// One constant of every element type, at indices that are not in order; the one of `uint` is asked for twice.
#[test]
fn function_constants() {
    let kernel = Make::kernel("constants", |k| {
        let buffers = DType::ALL.map(|dtype| k.buffer(&format!("as_{dtype}"), dtype));
        for (n, (dtype, buffer)) in DType::ALL.into_iter().zip(buffers).enumerate() {
            let args = [Arg::DType(dtype), int(index(n).into())];
            let constant = k.named(&format!("chosen_{dtype}"), Opcode::FunctionConstant, &args);
            k.store(buffer, int(0), constant);
            let again = k.value(Opcode::FunctionConstant, &args);
            k.store(buffer, int(1), again);
        }
    });
    let source = case::text(&kernel, &Options::default());
    let air = case::air(&kernel, &enigma_air::Options::default());
    for (text, compile) in [(source, Host::of_metal as fn(&[String]) -> _), (air, Host::of_air)] {
        let host = compile(std::slice::from_ref(&text)).unwrap_or_else(|error| panic!("{error}"));
        [1, 100].into_iter().for_each(|number| every_constant_is(number, &host, &text));
    }
}

/// Sets every constant to a number, and looks what the kernel stores.
fn every_constant_is(number: i128, host: &Host, text: &str) {
    let values: Vec<Data> = DType::ALL.into_iter().map(|dtype| Data::new(dtype, [number, number])).collect();
    let constants: Vec<(u32, u64)> = values
        .iter()
        .enumerate()
        .map(|(n, data)| {
            let mut word = [0; 8];
            word[..data.dtype.size()].copy_from_slice(&data.bytes()[..data.dtype.size()]);
            (index(n), u64::from_le_bytes(word))
        })
        .collect();
    let mut buffers: Vec<Vec<u8>> = values.iter().map(|data| vec![0; data.bytes().len()]).collect();
    host.run_with(0, &mut buffers, &constants, [1; 3], [1; 3]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for (data, bytes) in values.iter().zip(&buffers) {
        assert_eq!(&Data::from_bytes(data.dtype, bytes), data, "{text}");
    }
}

/// Texts that would end a comment, go on to the next line, or look like an attribute.
#[test]
fn printing() {
    let texts = [
        "plain {}",
        "two\nlines {}",
        "ends */ here {}",
        "a backslash \\",
        "x [[buffer(0)]] {}",
        "\"{}\" ??/",
        "µ\u{2028}{}",
    ];
    let kernel = Make::kernel("printing", |k| {
        let data = k.buffer("data", DType::I32);
        let i = k.named("i", Opcode::ThreadPositionInGrid, &[]);
        let x = k.load(data, i);
        let odd = k.value(Opcode::CmpNe, &[x.into(), int(0)]);
        for text in texts {
            let values = text.contains("{}").then_some(Arg::from(x));
            k.does(Opcode::DebugPrint, &[name(text), odd.into()].into_iter().chain(values).collect::<Vec<_>>());
        }
        k.does(Opcode::DebugPrint, &[name("always"), Arg::Literal(Literal::Bool(true))]);
        let y = k.value(Opcode::Add, &[x.into(), int(1)]);
        k.store(data, i, y);
    });
    let text = case::text(&kernel, &Options::default());
    assert_eq!(text.lines().filter(|line| line.contains("// ") && line.contains("debug_print(")).count(), 8, "{text}");
    let case = Case::exact(kernel, vec![Data::new(DType::I32, 0..4)], 4, 0, Data::new(DType::I32, 1..5));
    check(&[case], &[AsyncLowering::Asm]);
}
