//! The world of a program while it is initialised: it can print and ask the time, and everything is the same at each build.
//! There is no file, no argument, no environment: whatever it learned of them would be frozen into the image.

use std::io::Write;

use wasmtime::{Caller, Engine, Error, Extern, ExternType, FuncType, Linker, Module, Result, Val, ValType};

const WASI: &str = "wasi_snapshot_preview1";
const SUCCESS: i32 = 0;
const EBADF: i32 = 8;
const EFAULT: i32 = 21;
const ENOSYS: i32 = 52;
/// ENOSYS of our own calls, which have Linux's numbers.
const OAC_ENOSYS: i64 = -38;
/// 2020-01-01: a program that believes in its first clock reading is to be seen doing so.
const TIME_NS: u64 = 1_577_836_800_000_000_000;
/// Bytes of `fdstat`; its first says what kind of file it is.
const FDSTAT_BYTES: usize = 24;
const FILETYPE_CHARACTER_DEVICE: u8 = 2;

/// Supplies every function that the module imports.
pub(crate) fn linker(engine: &Engine, module: &Module) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else { continue };
        let served = import.module() == WASI && define_served(&mut linker, import.name())?;
        if !served {
            define_refused(&mut linker, import.module(), import.name(), ty)?;
        }
    }
    Ok(linker)
}

/// Stores bytes in the program's memory.
fn put(caller: &mut Caller<'_, ()>, at: i32, bytes: &[u8]) -> i32 {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return EFAULT };
    match memory.write(caller, at as u32 as usize, bytes) {
        Ok(()) => SUCCESS,
        Err(_) => EFAULT,
    }
}

fn put_two_zeros(mut caller: Caller<'_, ()>, first: i32, second: i32) -> i32 {
    put(&mut caller, first, &[0; 4]) | put(&mut caller, second, &[0; 4])
}

fn define_served(linker: &mut Linker<()>, name: &str) -> Result<bool> {
    match name {
        "args_get" | "environ_get" => linker.func_wrap(WASI, name, |_: i32, _: i32| SUCCESS)?,
        "args_sizes_get" | "environ_sizes_get" => linker.func_wrap(WASI, name, put_two_zeros)?,
        "sched_yield" => linker.func_wrap(WASI, name, || SUCCESS)?,
        "clock_res_get" => linker.func_wrap(WASI, name, |mut caller: Caller<'_, ()>, _: i32, at: i32| {
            put(&mut caller, at, &1u64.to_le_bytes())
        })?,
        "clock_time_get" => {
            linker.func_wrap(WASI, name, |mut caller: Caller<'_, ()>, _: i32, _: i64, at: i32| {
                put(&mut caller, at, &TIME_NS.to_le_bytes())
            })?
        }
        "random_get" => linker.func_wrap(WASI, name, random_get)?,
        "fd_write" => linker.func_wrap(WASI, name, fd_write)?,
        "fd_fdstat_get" => {
            linker.func_wrap(WASI, name, |mut caller: Caller<'_, ()>, fd: i32, at: i32| match fd {
                0..=2 => {
                    let mut stat = [0; FDSTAT_BYTES];
                    stat[0] = FILETYPE_CHARACTER_DEVICE;
                    put(&mut caller, at, &stat)
                }
                _ => EBADF,
            })?
        }
        "proc_exit" => linker.func_wrap(WASI, name, |code: i32| -> Result<()> {
            Err(Error::msg(format!("the program exited with status {code} while it was initialised")))
        })?,
        _ => return Ok(false),
    };
    Ok(true)
}

/// The same bytes at every build; the program reseeds when it starts.
fn random_get(mut caller: Caller<'_, ()>, at: i32, len: i32) -> i32 {
    let bytes: Vec<u8> =
        (0..len as u32).map(|index| index.wrapping_mul(0x9e37_79b9).to_be_bytes()[0]).collect();
    put(&mut caller, at, &bytes)
}

fn fd_write(mut caller: Caller<'_, ()>, fd: i32, iovs: i32, count: i32, written: i32) -> i32 {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return EFAULT };
    let data = memory.data(&caller);
    let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize);
    let mut text = Vec::new();
    for index in 0..count as u32 as usize {
        let entry = iovs as u32 as usize + 8 * index;
        let bytes = word(entry).zip(word(entry + 4)).and_then(|(at, len)| data.get(at..at.checked_add(len)?));
        let Some(bytes) = bytes else { return EFAULT };
        text.extend_from_slice(bytes);
    }
    let printed = match fd {
        1 => std::io::stdout().write_all(&text),
        2 => std::io::stderr().write_all(&text),
        _ => return EBADF,
    };
    // A closed output is no reason to make another image.
    drop(printed);
    put(&mut caller, written, &(text.len() as u32).to_le_bytes())
}

/// Everything else fails by name: descriptors are bad ones, other calls are not there.
fn define_refused(linker: &mut Linker<()>, module: &str, name: &str, ty: FuncType) -> Result<()> {
    let wasi_errno = if name.starts_with("fd_") { EBADF } else { ENOSYS };
    let wide: Vec<bool> = ty.results().map(|result| matches!(result, ValType::I64)).collect();
    linker.func_new(module, name, ty, move |_, _, results| {
        for (result, &wide) in results.iter_mut().zip(&wide) {
            *result = if wide { Val::I64(OAC_ENOSYS) } else { Val::I32(wasi_errno) };
        }
        Ok(())
    })?;
    Ok(())
}
