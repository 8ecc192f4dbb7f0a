//! From a wasm call to a kernel call and back, by the table: one function for every row.
//!
//! A call with at most one input and one output range is served straight from and into the program's memory; only joined
//! or dealt-out ranges pass through the task's scratch buffers. Nothing is allocated once those have grown.

use std::{mem::MaybeUninit, ops::Range};

use oac_abi::{
    CALLS, CallSpec, Errno, Kind, Module, Served,
    bounds::{CALL_ARGS_MAX, CALL_INPUT_BYTES_MAX, CALL_OUTPUT_BYTES_MAX, CALL_OUTS_MAX, STRINGS_BYTES_MAX},
    nr,
    wire::{Reply, Request},
};
use wasmtime::{Caller, Engine, Extern, FuncType, Linker, ValRaw, ValType};

use super::{clocks, guest, task::TaskState};

/// Pieces of a gathered or scattered buffer, at most (Linux: UIO_MAXIOV).
const IOVS_MAX: usize = 1024;
/// Bytes of one `(ptr, len)` pair.
const IOV_BYTES: usize = 8;
/// Slots of `ValRaw` a call may need: every parameter as a pair.
const WASM_ARGS_MAX: usize = 2 * CALL_ARGS_MAX;

/// A row of the table, and where each of its parameters stands among the wasm arguments.
struct Row {
    spec: &'static CallSpec,
    wasm_index: [usize; CALL_ARGS_MAX],
    wasm_args: usize,
    /// The parameter whose input is cut where it is too long, as write(2) may write less, and to how much. Others are refused.
    cut: Option<(usize, usize)>,
}

/// Defines every call of the table for programs to import.
pub(crate) fn define_calls(engine: &Engine, linker: &mut Linker<TaskState>) -> wasmtime::Result<()> {
    for spec in CALLS {
        let row = Row::new(spec);
        let ty = function_type(engine, spec);
        // SAFETY: the closure reads as many arguments, and writes as many results, as `ty` declares: both are made from the
        // same row.
        unsafe {
            linker.func_new_unchecked(spec.module.import_name(), spec.name, ty, move |caller, values| {
                enter(&row, caller, values)
            })?;
        }
    }
    Ok(())
}

fn returns_nothing(spec: &CallSpec) -> bool {
    spec.number == nr::WASI_PROC_EXIT
}

fn function_type(engine: &Engine, spec: &CallSpec) -> FuncType {
    let params = spec.params.iter().flat_map(|param| match param.kind {
        Kind::I32 | Kind::U32 | Kind::OutFixed(_) | Kind::InCounted { .. } | Kind::OutCounted { .. } => {
            [Some(ValType::I32), None]
        }
        Kind::I64 | Kind::U64 => [Some(ValType::I64), None],
        Kind::InBytes | Kind::OutBytes | Kind::InIovs | Kind::OutIovs | Kind::OutStrings => {
            [Some(ValType::I32), Some(ValType::I32)]
        }
    });
    let result = match spec.module {
        _ if returns_nothing(spec) => None,
        Module::Oac => Some(ValType::I64),
        Module::Wasi => Some(ValType::I32),
    };
    FuncType::new(engine, params.flatten(), result)
}

impl Row {
    fn new(spec: &'static CallSpec) -> Row {
        let mut wasm_index = [0; CALL_ARGS_MAX];
        let mut wasm_args = 0;
        for (index, param) in spec.params.iter().enumerate() {
            wasm_index[index] = wasm_args;
            wasm_args += match param.kind {
                Kind::InBytes | Kind::OutBytes | Kind::InIovs | Kind::OutIovs | Kind::OutStrings => 2,
                _ => 1,
            };
        }
        let writes = |param: &oac_abi::Param| {
            matches!((param.kind, param.name), (Kind::InBytes, "buf") | (Kind::InIovs, "iovs"))
        };
        let inputs = spec.params.iter().filter(|param| param.kind.goes_in()).count();
        // What goes in beside it must not be cut: half of the room is for that.
        let room = if inputs == 1 { CALL_INPUT_BYTES_MAX } else { CALL_INPUT_BYTES_MAX / 2 };
        Row {
            spec,
            wasm_index,
            wasm_args,
            cut: spec.params.iter().position(writes).map(|index| (index, room)),
        }
    }
}

/// A call as wasmtime makes it.
fn enter(
    row: &Row,
    mut caller: Caller<'_, TaskState>,
    values: &mut [MaybeUninit<ValRaw>],
) -> wasmtime::Result<()> {
    let mut arguments = [ValRaw::i64(0); WASM_ARGS_MAX];
    for (argument, value) in arguments.iter_mut().zip(&values[..row.wasm_args]) {
        // SAFETY: wasmtime initialises as many values as the function's type has parameters, which is `wasm_args`.
        *argument = unsafe { value.assume_init() };
    }
    let ret = match row.spec.served {
        Served::Host => serve(row.spec.number, &mut caller, &arguments)?,
        Served::Kernel => call_kernel(row, &mut caller, &arguments)?,
    };
    if let Some(value) = values.first_mut()
        && !returns_nothing(row.spec)
    {
        value.write(match row.spec.module {
            Module::Oac => ValRaw::i64(ret),
            Module::Wasi => ValRaw::i32(ret as i32),
        });
    }
    Ok(())
}

fn failed(module: Module, errno: Errno) -> i64 {
    match module {
        Module::Oac => errno.to_return(),
        Module::Wasi => i64::from(errno.to_wasi()),
    }
}

/// The program's memory and the task's state. A program that exports no memory has an empty one.
fn borrow<'a>(caller: &'a mut Caller<'_, TaskState>) -> (&'a mut [u8], &'a mut TaskState) {
    if caller.data().memory.is_none()
        && let Some(Extern::Memory(memory)) = caller.get_export("memory")
    {
        caller.data_mut().memory = Some(memory);
    }
    match caller.data().memory {
        Some(memory) => memory.data_and_store_mut(caller),
        None => (&mut [], caller.data_mut()),
    }
}

/// Where bytes of one parameter lie in the program's memory.
#[derive(Clone, Copy, Debug)]
enum Place {
    Flat { at: usize, len: usize },
    Pieces { iovs: usize, count: usize, len: usize },
    Strings { pointers: usize, strings: usize },
}

impl Place {
    fn len(self) -> usize {
        match self {
            Place::Flat { len, .. } | Place::Pieces { len, .. } => len,
            Place::Strings { .. } => STRINGS_BYTES_MAX,
        }
    }

    fn flat(self) -> Option<Range<usize>> {
        match self {
            Place::Flat { at, len } => Some(at..at + len),
            _ => None,
        }
    }

    /// That it lies in the memory; an empty one may have any address.
    fn check(self, memory: &[u8]) -> Result<(), Errno> {
        match self {
            Place::Flat { at, len }
                if len > 0 && at.checked_add(len).is_none_or(|end| end > memory.len()) =>
            {
                Err(Errno::EFAULT)
            }
            _ => Ok(()),
        }
    }
}

/// The parameters of one call, found and checked.
struct Found {
    args: [i64; CALL_ARGS_MAX],
    ins: [Place; CALL_ARGS_MAX],
    ins_count: usize,
    outs: [Place; CALL_OUTS_MAX],
    outs_count: usize,
    input_len: usize,
    output_len: usize,
}

const NOWHERE: Place = Place::Flat { at: 0, len: 0 };

impl Found {
    fn find(row: &Row, arguments: &[ValRaw; WASM_ARGS_MAX], memory: &[u8]) -> Result<Found, Errno> {
        let mut found = Found {
            args: [0; CALL_ARGS_MAX],
            ins: [NOWHERE; CALL_ARGS_MAX],
            ins_count: 0,
            outs: [NOWHERE; CALL_OUTS_MAX],
            outs_count: 0,
            input_len: 0,
            output_len: 0,
        };
        let mut out_params = [0; CALL_OUTS_MAX];
        for (index, param) in row.spec.params.iter().enumerate() {
            let word = |offset: usize| arguments[row.wasm_index[index] + offset].get_u32() as usize;
            let counted = |size: u32, count: u32| {
                let elements = arguments[row.wasm_index[count as usize]].get_u32() as usize;
                Place::Flat { at: word(0), len: elements.saturating_mul(size as usize) }
            };
            let place = match param.kind {
                Kind::I32 => {
                    found.args[index] = i64::from(arguments[row.wasm_index[index]].get_i32());
                    continue;
                }
                Kind::U32 => {
                    found.args[index] = word(0) as i64;
                    continue;
                }
                Kind::I64 | Kind::U64 => {
                    found.args[index] = arguments[row.wasm_index[index]].get_i64();
                    continue;
                }
                Kind::InBytes | Kind::OutBytes => Place::Flat { at: word(0), len: word(1) },
                Kind::OutFixed(size) => Place::Flat { at: word(0), len: size as usize },
                Kind::InCounted { size, count } | Kind::OutCounted { size, count } => counted(size, count),
                Kind::InIovs | Kind::OutIovs => pieces(memory, word(0), word(1))?,
                Kind::OutStrings => Place::Strings { pointers: word(0), strings: word(1) },
            };
            let place = if param.kind.goes_in() {
                found.add_input(place, row.cut.filter(|&(at, _)| at == index).map(|(_, room)| room))?
            } else {
                out_params[found.outs_count] = index;
                found.outs[found.outs_count] = place;
                found.outs_count += 1;
                continue;
            };
            place.check(memory)?;
            found.args[index] = place.len() as i64;
        }
        // A buffer that takes what there is comes first in its row; what tells how much there was needs its room all the same.
        for at in (0..found.outs_count).rev() {
            let place = shortened(found.outs[at], CALL_OUTPUT_BYTES_MAX - found.output_len);
            place.check(memory)?;
            found.outs[at] = place;
            found.output_len += place.len();
            found.args[out_params[at]] = place.len() as i64;
        }
        Ok(found)
    }

    fn add_input(&mut self, place: Place, cut_to: Option<usize>) -> Result<Place, Errno> {
        let room = CALL_INPUT_BYTES_MAX - self.input_len;
        if place.len() > room && cut_to.is_none() {
            return Err(Errno::E2BIG);
        }
        let place = shortened(place, cut_to.unwrap_or(room).min(room));
        self.ins[self.ins_count] = place;
        self.ins_count += 1;
        self.input_len += place.len();
        Ok(place)
    }
}

fn shortened(place: Place, room: usize) -> Place {
    match place {
        Place::Flat { at, len } => Place::Flat { at, len: len.min(room) },
        Place::Pieces { iovs, count, len } => Place::Pieces { iovs, count, len: len.min(room) },
        strings => strings,
    }
}

fn word_at(memory: &[u8], at: usize) -> Result<usize, Errno> {
    let bytes = memory.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(Errno::EFAULT)?;
    Ok(u32::from_le_bytes(*bytes) as usize)
}

/// One `(ptr, len)` pair of a list, checked.
fn piece(memory: &[u8], iovs: usize, index: usize) -> Result<Range<usize>, Errno> {
    let entry = iovs + index * IOV_BYTES;
    let (at, len) = (word_at(memory, entry)?, word_at(memory, entry + 4)?);
    match len {
        // An empty piece may have any address, also one outside.
        0 => Ok(0..0),
        len if at + len > memory.len() => Err(Errno::EFAULT),
        len => Ok(at..at + len),
    }
}

fn pieces(memory: &[u8], iovs: usize, count: usize) -> Result<Place, Errno> {
    if count > IOVS_MAX {
        return Err(Errno::EINVAL);
    }
    if count == 1 {
        let Range { start, end } = piece(memory, iovs, 0)?;
        return Ok(Place::Flat { at: start, len: end - start });
    }
    let mut len = 0;
    for index in 0..count {
        len += piece(memory, iovs, index)?.len();
    }
    Ok(Place::Pieces { iovs, count, len })
}

fn call_kernel(
    row: &Row,
    caller: &mut Caller<'_, TaskState>,
    arguments: &[ValRaw; WASM_ARGS_MAX],
) -> wasmtime::Result<i64> {
    let (memory, state) = borrow(caller);
    let found = match Found::find(row, arguments, memory) {
        Ok(found) => found,
        Err(errno) => return Ok(failed(row.spec.module, errno)),
    };
    let flat_in = if found.ins_count == 1 { found.ins[0].flat() } else { None };
    let flat_out = if found.outs_count == 1 { found.outs[0].flat() } else { None };
    let overlap = match (&flat_in, &flat_out) {
        (Some(input), Some(out)) => input.start < out.end && out.start < input.end,
        _ => false,
    };
    if found.ins_count > 0
        && (flat_in.is_none() || overlap)
        && let Err(errno) = gather(&found, memory, &mut state.input)
    {
        return Ok(failed(row.spec.module, errno));
    }
    let flat_in = flat_in.filter(|_| !overlap);
    if found.outs_count > 0 && flat_out.is_none() && state.output.len() < found.output_len {
        // A fresh zeroed allocation is not touched before it is used; growing the old one would copy and clear it.
        state.output = vec![0; found.output_len];
    }
    let (in_memory, out_memory) = views(memory, flat_in.clone(), flat_out.clone());
    let input = match flat_in {
        Some(_) => in_memory,
        None if found.ins_count == 0 => &[],
        None => &state.input[..found.input_len],
    };
    let output = match flat_out {
        Some(_) => out_memory,
        None => &mut state.output[..found.output_len],
    };
    if matches!(row.spec.number, nr::GETRUSAGE | nr::EXIT | nr::WASI_PROC_EXIT) {
        state.usage.report(&state.task);
    }
    let request = Request { number: row.spec.number, args: found.args, input };
    let reply = state.machine.call(&state.task, request, output)?;
    if found.outs_count > 0
        && flat_out.is_none()
        && let Err(errno) = scatter(&found, &reply, &state.output, memory)
    {
        return Ok(failed(row.spec.module, errno));
    }
    Ok(reply.ret)
}

/// The two ranges of the memory, which do not overlap; empty where there is none.
fn views(memory: &mut [u8], input: Option<Range<usize>>, output: Option<Range<usize>>) -> (&[u8], &mut [u8]) {
    // An empty range may have any address, also one outside.
    let input = input.filter(|range| !range.is_empty()).unwrap_or(0..0);
    let output = output.filter(|range| !range.is_empty()).unwrap_or(input.end..input.end);
    if input.end <= output.start {
        let (low, high) = memory.split_at_mut(output.start);
        (&low[input], &mut high[..output.len()])
    } else {
        let (low, high) = memory.split_at_mut(input.start);
        (&high[..input.len()], &mut low[output])
    }
}

/// Joins the bytes of all inputs.
fn gather(found: &Found, memory: &[u8], input: &mut Vec<u8>) -> Result<(), Errno> {
    input.clear();
    for place in &found.ins[..found.ins_count] {
        match *place {
            Place::Flat { at, len } if len > 0 => input.extend_from_slice(&memory[at..at + len]),
            Place::Flat { .. } | Place::Strings { .. } => {}
            Place::Pieces { iovs, count, len } => {
                let end = input.len() + len;
                for index in 0..count {
                    let range = piece(memory, iovs, index)?;
                    let take = range.len().min(end - input.len());
                    input.extend_from_slice(&memory[range.start..range.start + take]);
                }
            }
        }
    }
    Ok(())
}

/// Deals the bytes of the output regions out into the program's memory.
fn scatter(found: &Found, reply: &Reply, output: &[u8], memory: &mut [u8]) -> Result<(), Errno> {
    let mut start = 0;
    for (place, &written) in found.outs[..found.outs_count].iter().zip(&reply.written) {
        let bytes = &output[start..start + (written as usize).min(place.len())];
        start += place.len();
        match *place {
            Place::Flat { at, .. } if !bytes.is_empty() => {
                memory[at..at + bytes.len()].copy_from_slice(bytes)
            }
            Place::Flat { .. } => {}
            Place::Pieces { iovs, count, .. } => {
                let mut rest = bytes;
                for index in 0..count {
                    let range = piece(memory, iovs, index)?;
                    let (head, tail) = rest.split_at(range.len().min(rest.len()));
                    memory[range.start..range.start + head.len()].copy_from_slice(head);
                    rest = tail;
                }
            }
            Place::Strings { pointers, strings } => scatter_strings(bytes, pointers, strings, memory)?,
        }
    }
    Ok(())
}

/// NUL-terminated strings, and the address of each.
fn scatter_strings(bytes: &[u8], pointers: usize, strings: usize, memory: &mut [u8]) -> Result<(), Errno> {
    memory.get_mut(strings..strings + bytes.len()).ok_or(Errno::EFAULT)?.copy_from_slice(bytes);
    let mut at = 0;
    for (index, string) in bytes.split_inclusive(|&byte| byte == 0).enumerate() {
        let entry = pointers + 4 * index;
        let address = (strings + at) as u32;
        memory.get_mut(entry..entry + 4).ok_or(Errno::EFAULT)?.copy_from_slice(&address.to_le_bytes());
        at += string.len();
    }
    Ok(())
}

/// The calls that are answered here, beside the program.
fn serve(
    number: u16,
    caller: &mut Caller<'_, TaskState>,
    arguments: &[ValRaw; WASM_ARGS_MAX],
) -> wasmtime::Result<i64> {
    if caller.data().task.is_stopped() {
        return Err(super::Ended.into());
    }
    let words = [0, 1, 2, 3].map(|index| arguments[index].get_u32());
    let in_guest = match number {
        nr::GUEST_LOAD => Some(guest::load(caller, words[0], words[1])?),
        nr::GUEST_CALL => Some(guest::call(caller, words)?),
        // A task's stack has room for any depth of calls that programs count up to.
        nr::STACK_CALL => Some(Ok(1)),
        _ => None,
    };
    if let Some(result) = in_guest {
        return Ok(result.unwrap_or_else(Errno::to_return));
    }
    let (memory, state) = borrow(caller);
    let clock = words[0];
    let mut put =
        |at: u32, value: u64| match memory.get_mut(at as usize..).and_then(|m| m.first_chunk_mut::<8>()) {
            Some(place) => {
                *place = value.to_le_bytes();
                0
            }
            None => i64::from(Errno::EFAULT.to_wasi()),
        };
    Ok(match number {
        nr::CLOCK_GETTIME => match clocks::read(clock, state.machine.start()) {
            Some(ns) => ns as i64,
            None => Errno::EINVAL.to_return(),
        },
        nr::WASI_CLOCK_TIME_GET => match clocks::read(clock, state.machine.start()) {
            Some(ns) => put(arguments[2].get_u32(), ns),
            None => i64::from(Errno::EINVAL.to_wasi()),
        },
        nr::WASI_CLOCK_RES_GET => match clocks::read(clock, state.machine.start()) {
            Some(_) => put(arguments[1].get_u32(), clocks::RESOLUTION_NS),
            None => i64::from(Errno::EINVAL.to_wasi()),
        },
        nr::GETRANDOM | nr::WASI_RANDOM_GET => {
            let (at, len) = (arguments[0].get_u32() as usize, arguments[1].get_u32() as usize);
            let buf = if len == 0 { Some(&mut [][..]) } else { memory.get_mut(at..at + len) };
            let module = if number == nr::GETRANDOM { Module::Oac } else { Module::Wasi };
            match buf.map(getrandom::fill) {
                Some(Ok(())) if module == Module::Oac => len as i64,
                Some(Ok(())) => 0,
                Some(Err(_)) => failed(module, Errno::EIO),
                None => failed(module, Errno::EFAULT),
            }
        }
        _ => unreachable!("the table lets the host serve clocks, randomness and guests only"),
    })
}
