//! Guest modules: wasm modules that run beside a program, in its own memory, as `guest_load` and `guest_call` have it.
//!
//! The module imports `oac.memory` and `oac.table`, the memory and the function table that the program exports (as `memory` and
//! `__indirect_function_table`), and exports entries named by numbers, of the type `(i32, i32) -> ()`. `oac-graft` makes such modules.

/// Guests of one task.
pub const GUESTS_MAX: usize = 1024;
/// Exports that the program itself must have.
pub const PROGRAM_TABLE: &str = "__indirect_function_table";

/// How a guest's entry ended; 0 is a return. Numbers are what `guest_call` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum GuestTrap {
    /// `unreachable`, also when the module traps on purpose.
    Unreachable = 1,
    /// An access outside the program's memory.
    Memory = 2,
    /// An access outside a table.
    Table = 3,
    /// A call of a null reference.
    NullCall = 4,
    /// A call of a function of another type.
    Signature = 5,
    DivisionByZero = 6,
    Overflow = 7,
    Conversion = 8,
    /// The stack is used up.
    Stack = 9,
    /// An exception that nothing caught, an atomic access that is not aligned, and whatever else engines know.
    Other = 10,
}

impl GuestTrap {
    /// All of them.
    pub const ALL: [GuestTrap; 10] = [
        GuestTrap::Unreachable,
        GuestTrap::Memory,
        GuestTrap::Table,
        GuestTrap::NullCall,
        GuestTrap::Signature,
        GuestTrap::DivisionByZero,
        GuestTrap::Overflow,
        GuestTrap::Conversion,
        GuestTrap::Stack,
        GuestTrap::Other,
    ];

    /// From what `guest_call` gives.
    pub fn from_number(number: i64) -> Option<GuestTrap> {
        GuestTrap::ALL.into_iter().find(|&trap| trap as i64 == number)
    }

    /// As V8 words it.
    pub const fn message(self) -> &'static str {
        match self {
            GuestTrap::Unreachable => "unreachable",
            GuestTrap::Memory => "memory access out of bounds",
            GuestTrap::Table => "table index is out of bounds",
            GuestTrap::NullCall | GuestTrap::Signature => "null function or function signature mismatch",
            GuestTrap::DivisionByZero => "divide by zero",
            GuestTrap::Overflow => "divide result unrepresentable",
            GuestTrap::Conversion => "float unrepresentable in integer range",
            GuestTrap::Stack => "Maximum call stack size exceeded",
            GuestTrap::Other => "wasm exception",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for trap in GuestTrap::ALL {
            assert_eq!(GuestTrap::from_number(trap as i64), Some(trap));
        }
        assert_eq!(GuestTrap::from_number(0), None);
    }
}
