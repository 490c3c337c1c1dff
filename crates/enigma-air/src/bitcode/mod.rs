//! LLVM bitcode of a module, as LLVM 14 writes it: typed pointers, relative operands, names in a table of their own.
//!
//! ```text
//! bitstream     numbers, records and blocks as bits
//! codes         LLVM's numbers
//! numbers       the numbers by which records refer to types, values and metadata
//! attributes    what is known of functions and parameters
//! types         the table of types
//! globals       variables and functions, apart from their bodies; constants
//! body          instructions
//! metadata      texts, values and lists
//! ```
//!
//! What a reader can do without is left out: abbreviations, but for blobs; the table that says where functions begin; LLVM's
//! summary for linkers; types that nothing has. So an older reader meets nothing that it may not know. The output depends on
//! the module alone.

mod attributes;
mod bitstream;
mod body;
mod codes;
mod globals;
mod metadata;
mod numbers;
mod types;

use crate::llvm::Module;
use attributes::Attributes;
use bitstream::Bitstream;
use codes::{block, identification, module as code, strtab};
use numbers::Numbers;

const MAGIC: [u8; 4] = *b"BC\xC0\xDE";
/// Whose format this is.
const PRODUCER: &str = "LLVM14.0.6";
/// The format's epoch: a reader takes no other than its own, which never changed.
const EPOCH: u64 = 0;
/// The module's version: operands of instructions are relative, names stand in the string table.
const VERSION: u64 = 2;

/// The module as bitcode, without the wrapper that a file for Apple's systems has around it.
///
/// The module is one that LLVM's verifier takes.
pub fn write(module: &Module) -> Vec<u8> {
    let mut out = Bitstream::new(MAGIC);
    out.block(block::IDENTIFICATION, 5, |out| {
        out.text(identification::STRING, &[], PRODUCER);
        out.record(identification::EPOCH, &[EPOCH]);
    });
    let numbers = Numbers::new(module);
    let attributes = Attributes::new(module);
    let mut names = String::new();
    out.block(block::MODULE, 3, |out| {
        out.record(code::VERSION, &[VERSION]);
        types::write(out, &numbers);
        attributes.write(out);
        out.text(code::TRIPLE, &[], &module.triple);
        out.text(code::DATALAYOUT, &[], &module.data_layout);
        out.text(code::SOURCE_FILENAME, &[], &module.source_filename);
        names = globals::write(out, &numbers, &attributes);
        globals::constants(out, &numbers);
        metadata::write(out, &numbers);
        for (id, function) in module.defined_functions() {
            body::write(out, &numbers, id, function);
        }
    });
    out.block(block::STRTAB, 3, |out| out.blob(strtab::BLOB, &[], names.as_bytes()));
    out.finish()
}

/// An alignment in bytes, a power of two, as records have it; zero is none.
fn alignment(bytes: u32) -> u64 {
    bytes.checked_ilog2().map_or(0, |log| u64::from(log) + 1)
}
