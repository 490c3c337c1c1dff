//! Shuffles: values passed from lane to lane, of a simdgroup or a quad.
//!
//! Whoever asks for the value of a lane that does not exist, or does not take part, keeps its own.

use bytemuck::Pod;

use super::Machine;
use super::memory::by_size;
use crate::lane::SIMDGROUP;
use crate::observer::Observer;
use crate::plan::{ShuffleNode, Way};
use crate::slot::{Form, Slot, cells_mut};

impl<O: Observer> Machine<'_, O> {
    pub(super) fn shuffle(&mut self, node: &ShuffleNode) {
        self.spell_out(&[node.value]);
        by_size!(self.shape(node.value).size(), self.shuffle_elements(node));
    }

    fn shuffle_elements<T: Pod>(&mut self, node: &ShuffleNode) {
        let mut data = std::mem::take(&mut self.slot_mut(node.result).data);
        let results = cells_mut::<T>(&mut data);
        let value = self.slot(node.value);
        // One number does for a simdgroup in which one lane speaks to all.
        let one = node.way == Way::Broadcast && node.lanes == SIMDGROUP;
        if one {
            for group in (0..self.simdgroups).filter(|&group| self.mask.0[group] != 0) {
                results[group] = value.of(self.partner(node, group * SIMDGROUP));
            }
        } else {
            for thread in self.mask.threads() {
                results[thread] = value.of(self.partner(node, thread));
            }
        }
        let form = if one { Form::Grouped } else { Form::Varying };
        *self.slot_mut(node.result) = Slot { data, form, stride: 0 };
    }

    /// The thread whose value a thread has.
    fn partner(&self, node: &ShuffleNode, thread: usize) -> usize {
        let first = thread / node.lanes * node.lanes;
        let asks = match node.way {
            // All ask for the same lane: the first one's word counts.
            Way::Broadcast => (first..first + node.lanes).find(|&other| self.mask.holds(other)).unwrap_or(thread),
            _ => thread,
        };
        let (by, own) = (self.index(node.by, asks), (asks - first) as i64);
        let lane = match node.way {
            Way::From | Way::Broadcast => by,
            Way::Up => own.saturating_sub(by),
            Way::Down => own.saturating_add(by),
            Way::Xor => own ^ by,
        };
        match usize::try_from(lane) {
            Ok(lane) if lane < node.lanes && self.mask.holds(first + lane) => first + lane,
            _ => asks,
        }
    }
}
