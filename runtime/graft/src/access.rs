//! Memory instructions: each address is checked against its memory's length and moved by its memory's base.

use wasm_encoder::{BlockType, Function, Instruction, MemArg, ValType, reencode::Reencode};
use wasmparser::{FuncValidator, Operator, ValidatorResources};

use crate::{
    GraftError,
    graft::Layout,
    reencode::{MEMORY, Translator},
};

/// Locals of a function for the operands of a memory instruction: three addresses or lengths, two values of each type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scratch {
    first: u32,
}

impl Scratch {
    /// What it takes: `(count, type)`.
    pub(crate) const LOCALS: [(u32, ValType); 5] =
        [(5, ValType::I32), (2, ValType::I64), (1, ValType::F32), (1, ValType::F64), (1, ValType::V128)];

    /// Behind a function's parameters and locals.
    pub(crate) fn new(first: u32) -> Scratch {
        Scratch { first }
    }

    fn word(self, index: u32) -> u32 {
        self.first + index
    }

    /// The `index`th operand's local if it is of this type.
    fn value(self, ty: ValType, index: u32) -> u32 {
        self.first
            + match ty {
                ValType::I64 => 5 + index,
                ValType::F32 => 7,
                ValType::F64 => 8,
                ValType::V128 => 9,
                _ => 3 + index,
            }
    }
}

macro_rules! pick_memarg {
    ($found:ident memarg $value:ident) => {
        $found = Some(*$value);
    };
    ($found:ident $other:ident $value:ident) => {
        let _ = $value;
    };
}

macro_rules! operands {
    (arity $inputs:literal -> $outputs:literal) => {
        $inputs
    };
    ($($other:tt)*) => {
        0
    };
}

macro_rules! memory_instructions {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        /// The place that an instruction accesses; `None` when it is no load, store or atomic operation.
        fn memarg(operator: &Operator<'_>) -> Option<wasmparser::MemArg> {
            let mut found = None;
            match operator {
                $( Operator::$op $({ $($arg),* })? => { $( $( pick_memarg!(found $arg $arg); )* )? } )*
                _ => {}
            }
            found
        }

        /// How many operands an instruction of this kind takes.
        fn operand_count(operator: &Operator<'_>) -> usize {
            match operator {
                $( Operator::$op $({ $($arg: _),* })? => operands!($($arity)*), )*
                _ => 0,
            }
        }
    };
}

wasmparser::for_each_operator!(memory_instructions);

/// Types of the operands above the address of a memory instruction that is about to be validated, the topmost first.
pub(crate) fn operands_aside(
    operator: &Operator<'_>,
    validator: &FuncValidator<ValidatorResources>,
) -> Vec<Option<wasmparser::ValType>> {
    if memarg(operator).is_none() {
        return Vec::new();
    }
    (0..operand_count(operator).saturating_sub(1))
        .map(|depth| validator.get_operand_type(depth).flatten())
        .collect()
}

/// Emits a valid memory instruction; false when `operator` is none.
pub(crate) fn emit(
    out: &mut Function,
    operator: &Operator<'_>,
    aside: &[Option<wasmparser::ValType>],
    layout: &Layout,
    scratch: Scratch,
) -> Result<bool, GraftError> {
    if let Some(place) = memarg(operator) {
        access(out, operator, place, aside, layout, scratch)?;
        return Ok(true);
    }
    match *operator {
        Operator::MemorySize { mem } => {
            let mut sink = out.instructions();
            sink.global_get(layout.length(mem)).i64_const(16).i64_shr_u().i32_wrap_i64();
        }
        Operator::MemoryGrow { mem } => {
            let grow = layout.request(crate::requests::MEMORY_GROW);
            out.instructions().i32_const(mem as i32).call(grow).call(layout.reload());
        }
        Operator::MemoryFill { mem } => {
            let (to, value, count) = (scratch.word(0), scratch.word(1), scratch.word(2));
            out.instructions().local_set(count).local_set(value).local_set(to);
            check_range(out, layout, mem, to, count);
            place(out, layout, mem, to);
            out.instructions().local_get(value).local_get(count).memory_fill(MEMORY);
        }
        Operator::MemoryCopy { dst_mem, src_mem } => {
            let (to, from, count) = (scratch.word(0), scratch.word(1), scratch.word(2));
            out.instructions().local_set(count).local_set(from).local_set(to);
            check_range(out, layout, dst_mem, to, count);
            check_range(out, layout, src_mem, from, count);
            place(out, layout, dst_mem, to);
            place(out, layout, src_mem, from);
            out.instructions().local_get(count).memory_copy(MEMORY, MEMORY);
        }
        Operator::MemoryInit { data_index, mem } => {
            init(out, layout, mem, data_index, scratch);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// memory.init with its three operands on the stack.
pub(crate) fn init(out: &mut Function, layout: &Layout, memory: u32, data: u32, scratch: Scratch) {
    let (to, from, count) = (scratch.word(0), scratch.word(1), scratch.word(2));
    out.instructions().local_set(count).local_set(from).local_set(to);
    check_range(out, layout, memory, to, count);
    place(out, layout, memory, to);
    out.instructions().local_get(from).local_get(count).memory_init(MEMORY, data);
}

fn access(
    out: &mut Function,
    operator: &Operator<'_>,
    memarg: wasmparser::MemArg,
    operands: &[Option<wasmparser::ValType>],
    layout: &Layout,
    scratch: Scratch,
) -> Result<(), GraftError> {
    // The address lies below the other operands, which are put aside.
    let mut aside = Vec::new();
    for (depth, ty) in operands.iter().enumerate() {
        let ty = ty.ok_or(GraftError::Internal("an operand without a type"))?;
        let local = scratch.value(Translator.val_type(ty)?, depth as u32);
        out.instructions().local_set(local);
        aside.push(local);
    }
    let address = scratch.word(0);
    let end = memarg.offset + (1 << memarg.max_align);
    // There are so many of these that a branch each would make compilation several times slower. So an address outside is
    // exchanged for one that is outside of the host program's memory too, where the access itself traps. As 64-bit numbers
    // nothing overflows: address <= length - (offset + size), where the right side may be negative.
    out.instructions()
        .local_tee(address)
        .global_get(layout.base(memarg.memory))
        .i32_add()
        .i32_const(NOWHERE)
        .local_get(address)
        .i64_extend_i32_u()
        .global_get(layout.length(memarg.memory))
        .i64_const(end as i64)
        .i64_sub()
        .i64_le_s()
        .select();
    for &local in aside.iter().rev() {
        out.instructions().local_get(local);
    }
    out.instruction(&Translator.instruction(operator.clone())?);
    Ok(())
}

/// An address that no memory has, but for a single byte in one of 4 GiB.
const NOWHERE: i32 = -1;

/// The address in the host program's memory.
fn place(out: &mut Function, layout: &Layout, memory: u32, address: u32) {
    out.instructions().global_get(layout.base(memory)).local_get(address).i32_add();
}

/// Traps unless `[start, start + count)` lies in the memory.
fn check_range(out: &mut Function, layout: &Layout, memory: u32, start: u32, count: u32) {
    out.instructions()
        .local_get(start)
        .i64_extend_i32_u()
        .local_get(count)
        .i64_extend_i32_u()
        .i64_add()
        .global_get(layout.length(memory))
        .i64_gt_u();
    trap_if(out);
}

/// The shortest way, since there are so many: an `unreachable` that nobody has announced ([`crate::traps`]).
fn trap_if(out: &mut Function) {
    out.instructions().if_(BlockType::Empty).unreachable().end();
}

/// A plain access to the host program's memory, of our own.
pub(crate) fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 2, memory_index: MEMORY }
}

/// The same for 8 bytes.
pub(crate) fn at_long(offset: u64) -> MemArg {
    MemArg { offset, align: 3, memory_index: MEMORY }
}

/// Stores the value on the stack (its address below it) as a slot of this type.
pub(crate) fn store(ty: ValType, slot: u32) -> Instruction<'static> {
    let offset = u64::from(slot * crate::SLOT_BYTES);
    match ty {
        ValType::I64 => Instruction::I64Store(at_long(offset)),
        ValType::F32 => Instruction::F32Store(at(offset)),
        ValType::F64 => Instruction::F64Store(at_long(offset)),
        _ => Instruction::I32Store(at(offset)),
    }
}

/// Loads a slot of this type, its address on the stack.
pub(crate) fn load(ty: ValType, slot: u32) -> Instruction<'static> {
    let offset = u64::from(slot * crate::SLOT_BYTES);
    match ty {
        ValType::I64 => Instruction::I64Load(at_long(offset)),
        ValType::F32 => Instruction::F32Load(at(offset)),
        ValType::F64 => Instruction::F64Load(at_long(offset)),
        _ => Instruction::I32Load(at(offset)),
    }
}
