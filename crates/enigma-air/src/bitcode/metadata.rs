//! Metadata: texts, values and lists of both.

use super::bitstream::Bitstream;
use super::codes::{block, metadata as code};
use super::numbers::Numbers;
use crate::llvm::Metadata;

pub(super) fn write(out: &mut Bitstream, numbers: &Numbers) {
    let module = numbers.module;
    if module.metadata().is_empty() && module.named_metadata.is_empty() {
        return;
    }
    out.block(block::METADATA, 4, |out| {
        texts(out, numbers);
        for metadata in module.metadata() {
            match metadata {
                Metadata::Text(_) => (),
                Metadata::Value(value) => {
                    let ty = module.type_of_global(*value);
                    out.record(code::VALUE, &[numbers.ty(ty), numbers.global(*value).into()]);
                }
                Metadata::Node(members) => {
                    let members: Vec<u64> = members.iter().map(|&member| numbers.metadatum(member) + 1).collect();
                    out.record(code::NODE, &members);
                }
            }
        }
        for (name, nodes) in &module.named_metadata {
            out.text(code::NAME, &[], name);
            out.record(code::NAMED_NODE, &nodes.iter().map(|&node| numbers.metadatum(node)).collect::<Vec<_>>());
        }
    });
}

/// All texts in one blob: their lengths as a bitstream, then their letters.
fn texts(out: &mut Bitstream, numbers: &Numbers) {
    let texts = numbers.module.metadata().iter().filter_map(|metadata| match metadata {
        Metadata::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    if texts.is_empty() {
        return;
    }
    let mut lengths = Bitstream::default();
    texts.iter().for_each(|text| lengths.vbr(text.len() as u64, 6));
    let mut blob = lengths.finish();
    let operands = [texts.len() as u64, blob.len() as u64];
    texts.iter().for_each(|text| blob.extend(text.bytes()));
    out.blob(code::STRINGS, &operands, &blob);
}
