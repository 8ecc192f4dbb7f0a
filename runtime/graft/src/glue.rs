//! The functions that a grafted module has besides the guest's own.

use wasm_encoder::{BlockType, Function, HeapType, Instruction, ValType};

use crate::{
    access::{at, at_long, load, store},
    control::{MEMORY_LENGTH, STACK_LIMIT, STACK_TRAP},
    graft::{Layout, Signature},
    reencode::{HOST_TABLE, table},
    requests, traps,
};

fn finish(mut function: Function) -> Function {
    function.instruction(&Instruction::End);
    function
}

/// `(code)`: notes why, and traps.
pub(crate) fn trap(layout: &Layout) -> Function {
    let mut out = Function::new([]);
    out.instructions().global_get(layout.stack()).local_get(0).i32_store(at(STACK_TRAP)).unreachable();
    finish(out)
}

/// `()`: takes bases and lengths of all memories anew, after they may have changed.
pub(crate) fn reload(layout: &Layout) -> Function {
    let mut out = Function::new([]);
    for memory in 0..layout.memories {
        let cell = layout.cell(memory);
        out.instructions()
            .global_get(cell)
            .i32_load(at(0))
            .global_set(layout.base(memory))
            .global_get(cell)
            .i64_load(at_long(MEMORY_LENGTH))
            .global_set(layout.length(memory));
    }
    finish(out)
}

/// A function that hands its arguments to the trampoline and returns its results: an import, or a request.
pub(crate) fn outward(layout: &Layout, import: i32, signature: &Signature) -> Function {
    let params = signature.params.len() as u32;
    let (frame, status) = (params, params + 1);
    let slots = params.max(signature.results.len() as u32);
    let mut out = Function::new([(2, ValType::I32)]);
    // Take a frame.
    out.instructions()
        .global_get(layout.stack())
        .i32_load(at(0))
        .local_tee(frame)
        .i32_const((slots * crate::SLOT_BYTES) as i32)
        .i32_add()
        .local_tee(status)
        .global_get(layout.stack())
        .i32_load(at(STACK_LIMIT))
        .i32_gt_u()
        .if_(BlockType::Empty)
        .i32_const(traps::STACK as i32)
        .call(layout.trap())
        .end()
        .global_get(layout.stack())
        .local_get(status)
        .i32_store(at(0));
    for (slot, &ty) in signature.params.iter().enumerate() {
        out.instructions().local_get(frame).local_get(slot as u32);
        out.instruction(&store(ty, slot as u32));
    }
    out.instructions()
        .global_get(layout.instance())
        .i32_const(import)
        .local_get(frame)
        .global_get(layout.trampoline())
        .call_indirect(HOST_TABLE, layout.trampoline_type)
        .local_set(status)
        .global_get(layout.stack())
        .local_get(frame)
        .i32_store(at(0))
        .local_get(status)
        .if_(BlockType::Empty)
        .i32_const(traps::CALLED as i32)
        .call(layout.trap())
        .end()
        .call(layout.reload());
    for (slot, &ty) in signature.results.iter().enumerate() {
        out.instructions().local_get(frame);
        out.instruction(&load(ty, slot as u32));
    }
    finish(out)
}

/// What a request is called with.
pub(crate) fn request_signature(request: i32) -> Signature {
    let (params, results) = requests::arity(request);
    Signature { params: vec![ValType::I32; params], results: vec![ValType::I32; results] }
}

/// `(frame, function)`: calls a function of one type with what lies in the frame.
pub(crate) fn entry(layout: &Layout, ty: u32, signature: &Signature) -> Function {
    // Results come off the stack last first.
    let locals: Vec<(u32, ValType)> = signature.results.iter().map(|&ty| (1, ty)).collect();
    let mut out = Function::new(locals);
    out.instructions().call(layout.reload());
    for (slot, &ty) in signature.params.iter().enumerate() {
        out.instructions().local_get(0);
        out.instruction(&load(ty, slot as u32));
    }
    out.instructions().local_get(1).call_indirect(layout.own_table(), ty);
    for slot in (0..signature.results.len()).rev() {
        out.instructions().local_set(2 + slot as u32);
    }
    for (slot, &ty) in signature.results.iter().enumerate() {
        out.instructions().local_get(0).local_get(2 + slot as u32);
        out.instruction(&store(ty, slot as u32));
    }
    finish(out)
}

/// `() -> value` of a global.
pub(crate) fn getter(global: u32) -> Function {
    let mut out = Function::new([]);
    out.instructions().global_get(global);
    finish(out)
}

/// `(value)` of a global.
pub(crate) fn setter(global: u32) -> Function {
    let mut out = Function::new([]);
    out.instructions().local_get(0).global_set(global);
    finish(out)
}

/// `() -> size`, `(delta) -> size before`, `(index, function or -1)` of a table of functions.
pub(crate) fn table_accessors(layout: &Layout, guest: u32) -> [Function; 3] {
    let mut size = Function::new([]);
    size.instructions().table_size(table(guest));
    let mut grow = Function::new([]);
    grow.instructions().ref_null(HeapType::FUNC).local_get(0).table_grow(table(guest));
    let mut set = Function::new([]);
    set.instructions()
        .local_get(0)
        .local_get(1)
        .i32_const(-1)
        .i32_eq()
        .if_(BlockType::Result(ValType::FUNCREF))
        .ref_null(HeapType::FUNC)
        .else_()
        .local_get(1)
        .table_get(layout.own_table())
        .end()
        .table_set(table(guest));
    [finish(size), finish(grow), finish(set)]
}
