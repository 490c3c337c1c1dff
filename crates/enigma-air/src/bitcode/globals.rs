//! Variables, functions apart from their bodies, and constants.

use super::alignment;
use super::attributes::Attributes;
use super::bitstream::{Bitstream, signed};
use super::codes::{block, constant, module as code};
use super::numbers::Numbers;
use crate::llvm::{Linkage, Literal, Shape, Type};

/// Writes variables and functions, and gives their names in a row, which the string table is to hold.
pub(super) fn write(out: &mut Bitstream, numbers: &Numbers, attributes: &Attributes) -> String {
    let module = numbers.module;
    let mut sections: Vec<&str> = Vec::new();
    let globals = module.globals.iter().map(|global| &global.section);
    for section in globals.chain(module.functions.iter().map(|function| &function.section)) {
        if !section.is_empty() && !sections.contains(&section.as_str()) {
            out.text(code::SECTIONNAME, &[], section);
            sections.push(section);
        }
    }
    let section = |name: &str| sections.iter().position(|section| *section == name).map_or(0, |n| n as u64 + 1);

    let mut names = String::new();
    let mut add_name = |name: &str| {
        let start = names.len() as u64;
        names.push_str(name);
        [start, name.len() as u64]
    };
    for global in &module.globals {
        const EXPLICIT_TYPE: u64 = 2;
        let &Shape::Pointer { to, space } = module.types.shape(global.address) else { continue };
        let initial = global.initial.map_or(0, |value| u64::from(numbers.global(value)) + 1);
        let [name, length] = add_name(&global.name);
        let record = [
            name,
            length,
            numbers.ty(to),
            u64::from(global.constant) | EXPLICIT_TYPE | u64::from(space) << 2,
            initial,
            linkage(global.linkage),
            alignment(global.align),
            section(&global.section),
            0, // visibility: default
            0, // not of each CPU thread
            0, // its address matters
            global.externally_initialized.into(),
            0, // DLL storage class: default
            0, // no comdat
            0, // no attributes
            is_local(global.linkage),
        ];
        out.record(code::GLOBALVAR, &record);
    }
    for (n, function) in module.functions.iter().enumerate() {
        let [name, length] = add_name(&function.name);
        let record = [
            name,
            length,
            numbers.ty(function.ty),
            0, // C's calling convention
            function.is_declaration().into(),
            linkage(function.linkage),
            attributes.of_function(n),
            0, // no alignment
            section(&function.section),
            0, // visibility: default
            0, // no garbage collector
            0, // its address matters
            0, // no prologue
            0, // DLL storage class: default
            0, // no comdat
            0, // no prefix
            0, // no personality
            is_local(function.linkage),
            0, // address space
        ];
        out.record(code::FUNCTION, &record);
    }
    names
}

fn linkage(linkage: Linkage) -> u64 {
    match linkage {
        Linkage::External => 0,
        Linkage::Appending => 2,
        Linkage::Internal => 3,
    }
}

/// Whether nothing of that name elsewhere can take its place.
fn is_local(linkage: Linkage) -> u64 {
    u64::from(linkage == Linkage::Internal)
}

/// Writes the constants of the module, and the one that says of how many objects memory is reserved.
pub(super) fn constants(out: &mut Bitstream, numbers: &Numbers) {
    let module = numbers.module;
    out.block(block::CONSTANTS, 4, |out| {
        let mut ty = None;
        let mut set_type = |out: &mut Bitstream, new: Type| {
            if ty.replace(new) != Some(new) {
                out.record(constant::SETTYPE, &[numbers.ty(new)]);
            }
        };
        for constant in module.constants() {
            set_type(out, constant.ty);
            write_literal(out, numbers, &constant.literal, module.types.bits(constant.ty));
        }
        set_type(out, Type::I32);
        out.record(constant::INTEGER, &[signed(1)]);
    });
}

/// Writes a constant whose type has been said. Integers have a sign: their highest bit.
fn write_literal(out: &mut Bitstream, numbers: &Numbers, literal: &Literal, bits: Option<u32>) {
    match literal {
        Literal::Int(number) => {
            let unused = 64 - bits.unwrap_or(64);
            out.record(constant::INTEGER, &[signed((*number << unused) as i64 >> unused)]);
        }
        Literal::Float(bits) => out.record(constant::FLOAT, &[u64::from(*bits)]),
        Literal::Null => out.record(constant::NULL, &[]),
        Literal::Undef => out.record(constant::UNDEF, &[]),
        Literal::Aggregate(elements) => {
            let elements: Vec<u64> = elements.iter().map(|&element| numbers.global(element).into()).collect();
            out.record(constant::AGGREGATE, &elements);
        }
    }
}
