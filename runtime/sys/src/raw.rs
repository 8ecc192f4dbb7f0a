//! The stubs, generated from the table: each takes the declared parameters (`in_bytes` as `&[u8]`, `out_bytes` as `&mut [u8]`) and
//! gives the call's result.

use oac_abi::Errno;

/// Builds one stub. The declared parameters are turned, one at a time, into the stub's own (`params`), the import's (`wasm`) and
/// the expressions that link them (`pass`).
macro_rules! stub {
    (@ $name:ident $doc:tt () [$($params:tt)*] [$($wasm:tt)*] [$($pass:tt)*]) => {
        #[doc = $doc]
        ///
        /// # Errors
        /// The call's errno; ENOSYS outside a container.
        #[inline]
        pub fn $name($($params)*) -> Result<i64, Errno> {
            #[cfg(target_arch = "wasm32")]
            {
                #[link(wasm_import_module = "oac")]
                unsafe extern "C" {
                    fn $name($($wasm)*) -> i64;
                }
                // SAFETY: the host reads and writes only the ranges handed over, which live until the call returns.
                Errno::check(unsafe { $name($($pass)*) })
            }
            #[cfg(not(target_arch = "wasm32"))]
            {
                let _ = ($($pass)*);
                Err(Errno::ENOSYS)
            }
        }
    };
    (@ $name:ident $doc:tt ($param:ident : in_bytes $(, $($rest:tt)*)?) [$($params:tt)*] [$($wasm:tt)*] [$($pass:tt)*]) => {
        stub!(@ $name $doc ($($($rest)*)?)
            [$($params)* $param: &[u8],] [$($wasm)* _: *const u8, _: usize,] [$($pass)* $param.as_ptr(), $param.len(),]);
    };
    (@ $name:ident $doc:tt ($param:ident : out_bytes $(, $($rest:tt)*)?) [$($params:tt)*] [$($wasm:tt)*] [$($pass:tt)*]) => {
        stub!(@ $name $doc ($($($rest)*)?)
            [$($params)* $param: &mut [u8],] [$($wasm)* _: *mut u8, _: usize,] [$($pass)* $param.as_mut_ptr(), $param.len(),]);
    };
    (@ $name:ident $doc:tt ($param:ident : $scalar:ident $(, $($rest:tt)*)?) [$($params:tt)*] [$($wasm:tt)*] [$($pass:tt)*]) => {
        stub!(@ $name $doc ($($($rest)*)?)
            [$($params)* $param: $scalar,] [$($wasm)* _: $scalar,] [$($pass)* $param,]);
    };
}

/// Picks the rows of the module `oac`; WASI's are reached through the standard library.
macro_rules! row {
    (oac $name:ident [$doc:literal] $params:tt) => { stub!(@ $name $doc $params [] [] []); };
    (wasi $name:ident [$doc:literal] $params:tt) => {};
}

macro_rules! stubs {
    ($( $(#[doc = $doc:literal])* $module:ident $number:literal $name:ident $params:tt
        => $served:ident $support:ident $(($support_arg:tt))?; )*) => {
        $( row!($module $name [$($doc),*] $params); )*
    };
}

oac_abi::for_each_call!(stubs);
