//! TypeScript and JSX through oxc: types are blanked out in place, JSX is transformed with a source map.
//!
//! Node strips types with swc, compiled to WebAssembly: half a megabyte of machine code that each process would load first. [`strip`]
//! gives the same text, byte for byte, for what it takes on, and refuses everything else: what is no TypeScript, what needs more than
//! blanks, and the places where a blank could change how lines are joined. The caller asks Node's own compiler then, so that its
//! errors have its words.

mod jsx;
mod scan;
mod strip;

pub use jsx::{Failure, Transformed, transform_jsx};
pub use strip::strip;
