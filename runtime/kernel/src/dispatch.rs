//! From a call's number to its handler: generated from the table.

use oac_abi::{Errno, for_each_call, wire::Request};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop},
    arguments::Arguments,
};

/// Our own calls, as one task makes them. The `sys_*` files give it a method for each row of the module `oac`.
pub(crate) struct Sys<'k> {
    pub(crate) kernel: &'k mut Kernel,
    pub(crate) task: TaskId,
}

/// WASI preview 1, as one task calls it. The files of `wasi/` give it a method for each row of that module.
pub(crate) struct Wasi<'k> {
    pub(crate) kernel: &'k mut Kernel,
    pub(crate) task: TaskId,
}

macro_rules! take {
    ($arguments:ident i32) => {
        $arguments.i32()?
    };
    ($arguments:ident u32) => {
        $arguments.u32()?
    };
    ($arguments:ident i64) => {
        $arguments.i64()?
    };
    ($arguments:ident u64) => {
        $arguments.u64()?
    };
    ($arguments:ident in_bytes) => {
        $arguments.bytes()?
    };
    ($arguments:ident in_iovs) => {
        $arguments.bytes()?
    };
    ($arguments:ident in_counted) => {
        $arguments.bytes()?
    };
    ($arguments:ident out_bytes) => {
        $arguments.out()?
    };
    ($arguments:ident out_fixed) => {
        $arguments.out()?
    };
    ($arguments:ident out_iovs) => {
        $arguments.out()?
    };
    ($arguments:ident out_counted) => {
        $arguments.out()?
    };
    ($arguments:ident out_strings) => {
        $arguments.out()?
    };
}

/// One row: who answers, and how far.
macro_rules! answer {
    ($kernel:ident $task:ident $arguments:ident $module:ident kernel missing($errno:ident) $name:ident ($($param:ident $kind:ident)*)) => {
        Err(Stop::Fail(Errno::$errno))
    };
    ($kernel:ident $task:ident $arguments:ident $module:ident host $support:ident $(($note:tt))? $name:ident ($($param:ident $kind:ident)*)) => {
        // The host answers these itself; one that asks the kernel all the same is told so.
        Err(Stop::Fail(Errno::ENOSYS))
    };
    ($kernel:ident $task:ident $arguments:ident oac kernel $support:ident $(($note:tt))? $name:ident ($($param:ident $kind:ident)*)) => {{
        $( let $param = take!($arguments $kind); )*
        Sys { kernel: $kernel, task: $task }.$name($($param),*)
    }};
    ($kernel:ident $task:ident $arguments:ident wasi kernel $support:ident $(($note:tt))? $name:ident ($($param:ident $kind:ident)*)) => {{
        $( let $param = take!($arguments $kind); )*
        Wasi { kernel: $kernel, task: $task }.$name($($param),*).map(|()| 0)
    }};
}

macro_rules! routes {
    ($( $(#[doc = $doc:literal])* $module:ident $number:literal $name:ident
        ( $($param:ident : $kind:ident $(($($kind_arg:literal),*))?),* )
        => $served:ident $support:ident $(($support_arg:tt))?; )*) => {
        /// Makes one call.
        #[allow(unused_mut, unused_variables)]
        pub(crate) fn route(
            kernel: &mut Kernel,
            task: TaskId,
            request: &Request<'_>,
            out: &mut [u8],
            written: &mut [u32],
        ) -> Answer {
            let mut arguments = Arguments::new(request.args, request.input, out, written);
            match request.number {
                $( $number => answer!(
                    kernel task arguments $module $served $support $(($support_arg))? $name ($($param $kind)*)
                ), )*
                _ => Err(Stop::Fail(Errno::ENOSYS)),
            }
        }
    };
}

for_each_call!(routes);
