//! What is known of functions and parameters. A *group* is what is known of one of them, a *list* the groups of one function;
//! each is written once.

use super::bitstream::Bitstream;
use super::codes::{block, paramattr};
use crate::llvm::{Attribute, Function, Module};

/// Of what a group tells: parameter `n` is `n + 1`.
const OF_FUNCTION: u64 = 0xFFFF_FFFF;

/// The attributes of a module's functions.
pub(super) struct Attributes<'m> {
    groups: Vec<(u64, &'m [Attribute])>,
    /// Groups by their number.
    lists: Vec<Vec<u64>>,
    /// The list of each function by its number, which counts from 1; 0 is none.
    of_function: Vec<u64>,
}

impl<'m> Attributes<'m> {
    pub fn new(module: &'m Module) -> Attributes<'m> {
        let mut attributes = Attributes { groups: Vec::new(), lists: Vec::new(), of_function: Vec::new() };
        attributes.of_function = module.functions.iter().map(|function| attributes.add(function)).collect();
        attributes
    }

    fn add(&mut self, function: &'m Function) -> u64 {
        let parameters = (1..).zip(&function.parameters).map(|(n, parameter)| (n, &parameter.attributes[..]));
        let known = parameters.chain([(OF_FUNCTION, &function.attributes[..])]);
        let list: Vec<u64> = known
            .filter(|(_, attributes)| !attributes.is_empty())
            .map(|group| number(&mut self.groups, group))
            .collect();
        if list.is_empty() { 0 } else { number(&mut self.lists, list) }
    }

    /// The number of the list of the module's `function`th function; 0 for none.
    pub fn of_function(&self, function: usize) -> u64 {
        self.of_function[function]
    }

    pub fn write(&self, out: &mut Bitstream) {
        if self.lists.is_empty() {
            return;
        }
        out.block(block::PARAMATTR_GROUP, 3, |out| {
            for (number, &(of, attributes)) in (1..).zip(&self.groups) {
                let mut record = vec![number, of];
                attributes.iter().for_each(|attribute| push(&mut record, *attribute));
                out.record(paramattr::GROUP_ENTRY, &record);
            }
        });
        out.block(block::PARAMATTR, 3, |out| {
            for list in &self.lists {
                out.record(paramattr::ENTRY, list);
            }
        });
    }
}

/// The number of a thing in a list that holds each once, from 1 on.
fn number<T: PartialEq>(all: &mut Vec<T>, wanted: T) -> u64 {
    let found = all.iter().position(|have| *have == wanted);
    let index = found.unwrap_or_else(|| {
        all.push(wanted);
        all.len() - 1
    });
    index as u64 + 1
}

fn push(record: &mut Vec<u64>, attribute: Attribute) {
    const KIND: u64 = 0;
    const NAME: u64 = 3;
    const NAME_AND_VALUE: u64 = 4;
    let zero_terminated = |text: &'static str| text.bytes().chain([0]).map(u64::from);
    match attribute {
        Attribute::Text(name, "") => {
            record.push(NAME);
            record.extend(zero_terminated(name));
        }
        Attribute::Text(name, value) => {
            record.push(NAME_AND_VALUE);
            record.extend(zero_terminated(name).chain(zero_terminated(value)));
        }
        Attribute::NoCapture => record.extend([KIND, 11]),
        Attribute::NoUnwind => record.extend([KIND, 18]),
        Attribute::ReadNone => record.extend([KIND, 20]),
        Attribute::Convergent => record.extend([KIND, 43]),
    }
}
