//! The operation table: what every operation is called, what it takes, what it gives, what it does.
//!
//! The builder's checks, the Rust functions, the Python functions, the type stubs and the reference
//! page all come from here. Adding an operation is one row in [`rows`](self) and one arm in each target.

mod error;
mod rows;
mod signature;

pub use error::Error;
pub use rows::{Opcode, TABLE};
pub use signature::{
    Access, AttrKind, Class, Collective, Default, Flight, Group, Kind, Orders, Param, ResultRule, Signature, Spaces,
};

/// One row of the operation table.
#[derive(Debug)]
pub struct OpInfo {
    /// The operation.
    pub code: Opcode,
    /// Its name, the same in Rust, Python, MLIR text and the documentation.
    pub name: &'static str,
    /// Section of the reference page.
    pub group: Group,
    /// Operands, result and effects.
    pub signature: &'static Signature,
    /// Over which part of the grid the result is the same.
    pub uniformity: ResultUniformity,
    /// The MSL it stands for; `{0}`, `{1}` … are the operands. Empty where the emitter has an arm of its own.
    pub msl: &'static str,
    /// What it means, in one or two sentences.
    pub doc: &'static str,
}

/// How the uniformity of a result follows.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ResultUniformity {
    /// As uniform as the least uniform operand.
    Operands,
    /// The same for every thread of the grid.
    Grid,
    /// The same for every thread of a threadgroup.
    Threadgroup,
    /// The same for every lane of a simdgroup.
    Simdgroup,
    /// Different from lane to lane.
    Lane,
    /// As its memory and index say: what is read from device or threadgroup memory at a uniform index is uniform.
    Memory,
}

impl Opcode {
    /// The table row of this operation.
    pub fn info(self) -> &'static OpInfo {
        &TABLE[self as usize]
    }

    /// The operation with this name.
    pub fn parse(name: &str) -> Option<Opcode> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.code)
    }

    /// True for the four asynchronous copies.
    pub fn is_copy(self) -> bool {
        self.info().signature.flight == Flight::Issues
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_opcode() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, i, "{}", row.name);
        }
    }

    #[test]
    fn names_are_unique_and_documented() {
        for row in TABLE {
            assert_eq!(Opcode::parse(row.name), Some(row.code));
            assert!(row.doc.ends_with('.'), "{} wants a sentence", row.name);
        }
    }
}
