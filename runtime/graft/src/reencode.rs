//! The guest's types and instructions in the numbering of the grafted module: tables are one further, there is one memory, and a
//! reference to an object of the host program is a number.

use wasm_encoder::{
    ValType,
    reencode::{Error, Reencode},
};
use wasmparser::RefType;

use crate::GraftError;

/// The memory of the host program.
pub(crate) const MEMORY: u32 = 0;
/// The table of the host program.
pub(crate) const HOST_TABLE: u32 = 0;

/// A guest's table in the grafted module.
pub(crate) const fn table(guest: u32) -> u32 {
    guest + 1
}

/// Translates what is not treated specially.
pub(crate) struct Translator;

impl Reencode for Translator {
    type Error = GraftError;

    fn table_index(&mut self, guest: u32) -> Result<u32, Error<GraftError>> {
        Ok(table(guest))
    }

    fn memory_index(&mut self, _: u32) -> Result<u32, Error<GraftError>> {
        Ok(MEMORY)
    }

    fn val_type(&mut self, ty: wasmparser::ValType) -> Result<ValType, Error<GraftError>> {
        if ty == wasmparser::ValType::Ref(RefType::EXTERNREF) {
            return Ok(ValType::I32);
        }
        wasm_encoder::reencode::utils::val_type(self, ty)
    }
}

/// A value type.
pub(crate) fn val_type(ty: wasmparser::ValType) -> Result<ValType, GraftError> {
    Ok(Translator.val_type(ty)?)
}
