//! Libraries as they are written, read back by an independent reader.

mod reader;

use std::collections::HashSet;

use enigma_air::Options;
use enigma_air::metallib::{self, Constant, Error, Function};
use enigma_ir::DType;
use enigma_ir::target::System;
use enigma_tests::{Make, kernels};
use proptest::prelude::*;

/// A kernel with this after the magic of its bitcode, which is all that the container looks into.
fn function(name: &str, rest: &[u8]) -> Function {
    Function { name: name.to_owned(), bitcode: [b"BC\xC0\xDE", rest].concat(), constants: Vec::new() }
}

fn constant(name: &str, index: u32, dtype: DType) -> Constant {
    Constant { name: name.to_owned(), index, dtype }
}

/// Three kernels, the second with constants, of lengths that need all kinds of padding.
fn sample(system: System) -> Vec<u8> {
    let constants = vec![constant("width", 0, DType::U32), constant("flip", 65535, DType::Bool)];
    let functions = [
        function("add", b"add"),
        Function { constants, ..function("scale", &[7; 100]) },
        function("größer", b"123456789012345678901234"),
    ];
    metallib::write(&functions, system).expect("three kernels")
}

#[test]
fn a_library_of_kernels() {
    let options = Options::default();
    let kernels = kernels::ALL.map(|(name, build)| Make::kernel(name, build));
    let file = enigma_air::metallib(&kernels.each_ref().map(|kernel| (kernel, options))).expect("their names differ");
    let library = reader::read(&file).expect("as it was written");
    assert_eq!(library.functions.len(), kernels.len());
    for (function, kernel) in library.functions.iter().zip(&kernels) {
        assert_eq!(function.name, kernel.name());
        assert_eq!(function.bitcode, enigma_air::bitcode(kernel, &options).expect("macOS 15 has what it needs"));
        let read = function.constants.iter().map(|constant| (u32::from(constant.index), constant.metal_type));
        let declared = kernel.function_constants().into_iter().map(|constant| (constant.index, constant.dtype.msl()));
        assert_eq!(read.collect::<Vec<_>>(), declared.collect::<Vec<_>>());
    }
    assert!(library.functions.iter().any(|function| !function.constants.is_empty()));
}

#[test]
fn every_system_has_its_versions() {
    let versions = System::ALL.map(|system| {
        let library = reader::read(&sample(system)).expect("as it was written");
        let function = &library.functions[0];
        (library.revision, library.macos, function.air, function.language)
    });
    let expected = [
        (7, (13, 0, 0), (2, 5), (3, 0)),
        (7, (14, 0, 0), (2, 6), (3, 1)),
        (8, (15, 0, 0), (2, 7), (3, 2)),
        (9, (26, 0, 0), (2, 8), (4, 0)),
    ];
    assert_eq!(versions, expected);
}

#[test]
fn constants_are_kept_with_their_types() {
    let constants: Vec<Constant> =
        (0..).zip(DType::ALL).map(|(index, dtype)| constant(&format!("of_{}", dtype.short()), index, dtype)).collect();
    let function = Function { constants: constants.clone(), ..function("k", b"") };
    let file = metallib::write(&[function], System::default()).expect("a kernel");
    assert_same_constants(&reader::read(&file).expect("as it was written").functions[0].constants, &constants);
}

fn assert_same_constants(read: &[reader::Constant], written: &[Constant]) {
    let read: Vec<_> = read.iter().map(|c| (&*c.name, u32::from(c.index), c.metal_type)).collect();
    let written: Vec<_> = written.iter().map(|c| (&*c.name, c.index, c.dtype.msl())).collect();
    assert_eq!(read, written);
}

#[test]
fn libraries_that_differ_have_different_uuids() {
    let of = |function, system| {
        let file = metallib::write(&[function], system).expect("a kernel");
        reader::read(&file).expect("as it was written").uuid
    };
    let with = |name| Function { constants: vec![constant(name, 0, DType::I32)], ..function("a", b"same") };
    let uuids = [
        of(function("a", b"same"), System::MacOs14),
        of(function("b", b"same"), System::MacOs14),
        of(function("a", b"other"), System::MacOs14),
        of(function("a", b"same"), System::MacOs15),
        of(with("c"), System::MacOs14),
        of(with("d"), System::MacOs14),
    ];
    assert_eq!(HashSet::from(uuids).len(), uuids.len());
    assert_eq!(of(function("a", b"same"), System::MacOs14), uuids[0]);
    // Version 8 of RFC 9562: the program chooses the bits.
    assert!(uuids.iter().all(|uuid| uuid[6] >> 4 == 8 && uuid[8] >> 6 == 2));
}

/// None of this comes from a kernel that the verifier has taken, except for names that are far too long.
#[test]
fn what_the_container_cannot_hold_is_refused() {
    let refusal = |function: Function| {
        metallib::write(&[function], System::default()).expect_err("this must be refused").to_string()
    };
    let with = |constants| Function { constants, ..function("k", b"") };
    let longest = "n".repeat(metallib::LONGEST_NAME);
    let unnamed = |name| format!("nothing can be called {name}: give a name of letters, digits and `_`");
    let many = "the function constants of `k` take more than 65535 bytes: use fewer, or shorten their names";

    assert_eq!(
        refusal(function(&format!("{longest}n"), b"")),
        format!("the name `{}…` takes 65535 bytes, and a library has room for 65534: shorten it", "n".repeat(32))
    );
    assert_eq!(refusal(function("", b"")), unnamed(r#""""#));
    assert_eq!(refusal(function("a\0b", b"")), unnamed(r#""a\0b""#));
    assert_eq!(refusal(with(vec![constant("", 0, DType::I8)])), unnamed(r#""""#));
    assert_eq!(
        refusal(Function { bitcode: b"define void @k()".to_vec(), ..function("k", b"") }),
        "the module of `k` is no bitcode: give it as LLVM writes it, unwrapped"
    );
    assert_eq!(
        refusal(with(vec![constant("c", 65536, DType::I8)])),
        "the index of function constant 65536 of `k` is above 65535: choose a smaller one"
    );
    assert_eq!(refusal(with(vec![constant(&longest, 0, DType::I8)])), many);
    assert_eq!(refusal(with(vec![constant("c", 0, DType::I8); 70_000])), many);
}

#[test]
fn kernels_are_told_by_their_names() {
    let library = |names: &[&str]| {
        metallib::write(&names.iter().map(|name| function(name, b"")).collect::<Vec<_>>(), System::default())
    };
    assert!(library(&["a", "b", "A"]).is_ok());
    assert!(library(&[&"n".repeat(metallib::LONGEST_NAME)]).is_ok());
    let duplicate = library(&["a", "b", "a"]).expect_err("two kernels of one name");
    assert_eq!(duplicate.to_string(), "two kernels are called `a`, and Metal tells them by name: rename one");
    assert_eq!(library(&[]), Err(Error::Empty));
    assert_eq!(Error::Empty.to_string(), "a library holds at least one kernel: give one");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        system in prop::sample::select(System::ALL.to_vec()),
        kernels in prop::collection::btree_map(
            "[a-zA-Z_][a-zA-Z0-9_]{0,40}",
            (
                prop::collection::vec(any::<u8>(), 0..300),
                prop::collection::vec(("[a-z]{1,8}", any::<u16>(), prop::sample::select(DType::ALL.to_vec())), 0..4),
            ),
            1..6,
        ),
    ) {
        let functions: Vec<Function> = kernels
            .iter()
            .map(|(name, (rest, constants))| Function {
                constants: constants.iter().map(|(name, index, dtype)| constant(name, (*index).into(), *dtype)).collect(),
                ..function(name, rest)
            })
            .collect();

        let file = metallib::write(&functions, system).expect("within all limits");
        prop_assert_eq!(&file, &metallib::write(&functions, system).expect("within all limits"));
        let library = reader::read(&file).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(library.functions.len(), functions.len());
        for (read, written) in library.functions.iter().zip(&functions) {
            prop_assert_eq!((&read.name, &read.bitcode), (&written.name, &written.bitcode));
            assert_same_constants(&read.constants, &written.constants);
        }
    }

    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(reader::read(&noise).is_err());
    }
}

/// The sample with other bytes in one place, and what the reader says of it.
#[test]
fn errors_say_what_is_wrong_and_where() {
    let original = sample(System::default());
    let cases: [(usize, &[u8], &str); 11] = [
        (0, b"MTLX", "at byte 0: the magic is [4d, 54, 4c, 58], not [4d, 54, 4c, 42]"),
        (8, &[7], "at byte 8: revision 7 is not of macOS 15"),
        (16, &[0; 8], "at byte 16: the file has 771 bytes, and says otherwise"),
        (80, &[255; 8], "at byte 80: the size of the bitcode is 18446744073709551615, the file has 771 bytes"),
        (88, &[4], "at byte 462: a group's size takes 4 bytes, 0 are left"),
        (
            96,
            b"NOME",
            r#"at byte 96: the tags are ["NOME", "TYPE", "HASH", "OFFT", "VERS", "MDSZ"], not ["NAME", "TYPE", "HASH", "OFFT", "VERS", "MDSZ"]"#,
        ),
        (112, &[1], "at byte 112: the function's type is [01], not [02]"),
        (119, &[0], "at byte 119: the hash of add is another"),
        (165, &[8], "at byte 539: 8 bytes of the private metadata belong to nothing"),
        (288, &[0], "at byte 539: two parts of the private metadata overlap"),
        (201, &[16], "at byte 119: the hash of add is another"),
    ];
    for (at, bytes, message) in cases {
        let mut file = original.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(reader::read(&file).expect_err("a changed file").to_string(), message);
    }
}

/// What is read from a changed file is either an error that points into it, or says something else than the original: no byte
/// is without meaning. It is never larger than the file.
fn assert_noticed(file: &[u8], original: &reader::Library, change: &str) {
    match reader::read(file) {
        Err(error) => assert!(error.at <= file.len(), "{change}: {error}"),
        Ok(library) => {
            assert_ne!(&library, original, "{change} goes unnoticed");
            let read: usize =
                library.functions.iter().map(|function| function.name.len() + function.bitcode.len()).sum();
            assert!(read <= file.len(), "{change}");
        }
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let file = sample(System::default());
    let original = reader::read(&file).expect("as it was written");
    for at in 0..file.len() {
        for value in (0..=255).filter(|&value| value != file[at]) {
            let mut changed = file.clone();
            changed[at] = value;
            assert_noticed(&changed, &original, &format!("byte {at} changed to {value}"));
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    let file = sample(System::default());
    for length in 0..file.len() {
        reader::read(&file[..length]).expect_err("a part of a file");
    }
    reader::read(&[&file[..], &[0]].concat()).expect_err("a byte too many");
}

/// Files that several changes have gone over: bytes, words that look like sizes, pieces moved, left out or repeated.
#[test]
fn mutations_never_break_the_reader() {
    let file = sample(System::default());
    let original = reader::read(&file).expect("as it was written");
    let mut random = fastrand::Rng::with_seed(20);
    for round in 0..200_000 {
        let mut changed = file.clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut changed, &mut random);
        }
        if changed != file {
            assert_noticed(&changed, &original, &format!("mutation {round}"));
        }
    }
}

fn mutate(file: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..file.len() - 16);
    match random.u8(..5) {
        0 => file[at] = random.u8(..),
        1 => file[at..at + 4]
            .copy_from_slice(&random.choice([0, 4, 8, 88, u32::MAX]).expect("one of five").to_le_bytes()),
        2 => {
            let size = random.choice([0, 16, file.len() as u64, u64::MAX]).expect("one of four");
            file[at..at + 8].copy_from_slice(&size.to_le_bytes());
        }
        3 => {
            let piece: Vec<u8> = file[at..at + random.usize(1..16)].to_vec();
            let to = random.usize(..=file.len());
            file.splice(to..to, piece);
        }
        _ => {
            file.drain(at..at + random.usize(1..16));
        }
    }
}
