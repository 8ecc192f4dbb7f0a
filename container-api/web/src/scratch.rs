//! A task's call on its way from its shared slot into the kernel and back.
//!
//! The kernel's worker copies the slot's head and input into the scratch area, calls [`Scratch::serve`], and copies the head and
//! the written ranges of the output back. So the kernel never looks at memory that a program's worker can change meanwhile.

use oac_abi::{
    CALLS, Errno,
    bounds::{CALL_ARGS_MAX, CALL_OUTS_MAX, SLOT_BYTES},
    index_of,
    wire::{Reply, Request, slot},
};
use oac_kernel::{Kernel, Outcome, TaskId};

/// The call waits.
const BLOCKED: i32 = -1;
/// The task has ended.
const EXITED: i32 = -2;

/// Where the ranges stand: (offset in the output, length), u32 each, behind a slot's layout.
const RANGES: usize = slot::TOTAL;
/// Where the output stands.
const OUTPUT: usize = RANGES + 8 * CALL_OUTS_MAX;
const TOTAL: usize = OUTPUT + SLOT_BYTES;

/// A slot's layout, the ranges, the output.
pub(crate) struct Scratch(Box<[u8]>);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch(vec![0; TOTAL].into_boxed_slice())
    }

    /// Its address in this module's memory; it never moves.
    pub(crate) fn address(&self) -> u32 {
        self.0.as_ptr() as usize as u32
    }

    /// Makes the call that stands in the scratch area. -1: it waits, and is to be made again after a wake; -2: the task has
    /// ended; else how many ranges of the output are to be copied back.
    pub(crate) fn serve(&mut self, kernel: &mut Kernel, task: TaskId) -> i32 {
        let (head, output) = self.0.split_at_mut(OUTPUT);
        let number = word(head, slot::NUMBER) as u16;
        let input_len = (word(head, slot::INPUT_LEN) as usize).min(SLOT_BYTES);
        let args: [i64; CALL_ARGS_MAX] = std::array::from_fn(|index| {
            let at = slot::ARGS + 8 * index;
            i64::from_le_bytes(std::array::from_fn(|i| head[at + i]))
        });
        let Some(capacities) = capacities(number, &args) else {
            return finish(head, Reply { ret: Errno::EINVAL.to_return(), written: [0; CALL_OUTS_MAX] }, &[]);
        };
        let total = capacities.iter().sum();
        let request = Request { number, args, input: &head[slot::DATA..slot::DATA + input_len] };
        match kernel.call(task, request, &mut output[..total]) {
            Outcome::Done(reply) => finish(head, reply, &capacities),
            Outcome::Blocked { .. } => BLOCKED,
            Outcome::Exited => EXITED,
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

/// The sizes of the output's regions; `None` when together they are larger than a slot.
fn capacities(number: u16, args: &[i64; CALL_ARGS_MAX]) -> Option<Vec<usize>> {
    let mut room = SLOT_BYTES;
    let params = index_of(number).map_or(&[][..], |index| CALLS[index].params);
    let mut sizes = Vec::with_capacity(CALL_OUTS_MAX);
    for (index, _) in params.iter().enumerate().filter(|(_, param)| param.kind.comes_out()) {
        let size = usize::try_from(args[index]).ok()?;
        room = room.checked_sub(size)?;
        sizes.push(size);
    }
    Some(sizes)
}

/// Writes the result and the ranges; gives their number.
fn finish(head: &mut [u8], reply: Reply, capacities: &[usize]) -> i32 {
    head[slot::RET..slot::RET + 8].copy_from_slice(&reply.ret.to_le_bytes());
    for (region, written) in reply.written.iter().enumerate() {
        let at = slot::WRITTEN + 4 * region;
        head[at..at + 4].copy_from_slice(&written.to_le_bytes());
    }
    let mut ranges = 0;
    let mut offset = 0;
    for (&capacity, &written) in capacities.iter().zip(&reply.written) {
        if written > 0 {
            let at = RANGES + 8 * ranges;
            head[at..at + 4].copy_from_slice(&(offset as u32).to_le_bytes());
            head[at + 4..at + 8].copy_from_slice(&written.to_le_bytes());
            ranges += 1;
        }
        offset += capacity;
    }
    ranges as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use oac_abi::nr;

    #[test]
    fn regions_are_found_where_their_capacities_say() {
        let mut head = vec![0; OUTPUT];
        let reply = Reply { ret: 7, written: [3, 4, 0] };
        assert_eq!(finish(&mut head, reply, &[10, 4]), 2);
        assert_eq!(
            [0, 4, 8, 12].map(|at| word(&head, RANGES + at)),
            [0, 3, 10, 4],
            "offset and length of each region"
        );
        assert_eq!(word(&head, slot::RET), 7);
    }

    #[test]
    fn an_output_larger_than_the_slot_is_refused() {
        let mut args = [0; CALL_ARGS_MAX];
        args[1] = SLOT_BYTES as i64;
        assert_eq!(capacities(nr::READ, &args), Some(vec![SLOT_BYTES]));
        args[1] += 1;
        assert_eq!(capacities(nr::READ, &args), None);
        args[1] = -1;
        assert_eq!(capacities(nr::READ, &args), None);
    }
}
