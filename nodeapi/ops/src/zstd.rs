//! Zstandard streams of the `zlib` binding, over the zstd library (RFC 8878).

use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use zstd_sys::{
    ZSTD_CCtx, ZSTD_DCtx, ZSTD_EndDirective, ZSTD_ResetDirective, ZSTD_cParameter, ZSTD_dParameter,
    ZSTD_inBuffer, ZSTD_outBuffer,
};

use crate::zlib::{Progress, ZlibError};

/// `ZSTD_e_end`.
const END: i32 = 2;
/// `ZSTD_error_srcSize_wrong`.
const SRC_SIZE_WRONG: i32 = 72;

enum Codec {
    Encode(NonNull<ZSTD_CCtx>),
    Decode(NonNull<ZSTD_DCtx>),
}

/// One stream.
pub struct Stream {
    codec: Codec,
    pledged: Option<u64>,
    /// Whether a frame is under way.
    open: bool,
    error: Option<ZlibError>,
}

/// What Node says when a stream cannot be set up.
fn refused(message: &'static str) -> ZlibError {
    ZlibError::new(message, -1).with_code("ERR_ZLIB_INITIALIZATION_FAILED")
}

fn is_error(result: usize) -> bool {
    // SAFETY: a pure function of a number.
    unsafe { zstd_sys::ZSTD_isError(result) != 0 }
}

/// The library's words, and its number; the name of the number is the glue's to find.
fn failure(result: usize) -> ZlibError {
    // SAFETY: a pure function of a number, and a text that lives for ever.
    let (name, number) = unsafe {
        let name = CStr::from_ptr(zstd_sys::ZSTD_getErrorName(result)).to_str().unwrap_or("Zstd error");
        (name, zstd_sys::ZSTD_getErrorCode(result) as i32)
    };
    let mut error = ZlibError::new(name, number);
    error.code = Cow::Borrowed("ZSTD_error");
    error
}

/// The parameters that Node's constants name.
fn parameter(number: usize) -> Option<ZSTD_cParameter> {
    use ZSTD_cParameter as P;
    [
        P::ZSTD_c_compressionLevel,
        P::ZSTD_c_windowLog,
        P::ZSTD_c_hashLog,
        P::ZSTD_c_chainLog,
        P::ZSTD_c_searchLog,
        P::ZSTD_c_minMatch,
        P::ZSTD_c_targetLength,
        P::ZSTD_c_strategy,
        P::ZSTD_c_enableLongDistanceMatching,
        P::ZSTD_c_ldmHashLog,
        P::ZSTD_c_ldmMinMatch,
        P::ZSTD_c_ldmBucketSizeLog,
        P::ZSTD_c_ldmHashRateLog,
        P::ZSTD_c_contentSizeFlag,
        P::ZSTD_c_checksumFlag,
        P::ZSTD_c_dictIDFlag,
        P::ZSTD_c_nbWorkers,
        P::ZSTD_c_jobSize,
        P::ZSTD_c_overlapLog,
    ]
    .into_iter()
    .find(|known| *known as usize == number)
}

impl Stream {
    /// A compressor; `params[n]` is the value of parameter `n`, `u32::MAX` for the default. `pledged` is the size to come.
    pub fn encoder(params: &[u32], pledged: Option<u64>, dictionary: &[u8]) -> Result<Self, ZlibError> {
        // SAFETY: no arguments; null is handled.
        let context = NonNull::new(unsafe { zstd_sys::ZSTD_createCCtx() })
            .ok_or_else(|| refused("Could not initialize zstd instance"))?;
        let stream = Self { codec: Codec::Encode(context), pledged, open: false, error: None };
        stream.pledge()?;
        for (number, &value) in params.iter().enumerate().filter(|(_, value)| **value != u32::MAX) {
            let known = parameter(number).ok_or_else(|| refused("Setting parameter failed"))?;
            // SAFETY: the context is alive until `drop`.
            let result = unsafe { zstd_sys::ZSTD_CCtx_setParameter(context.as_ptr(), known, value as i32) };
            if is_error(result) {
                return Err(refused("Setting parameter failed"));
            }
        }
        if !dictionary.is_empty() {
            // SAFETY: the library copies the dictionary.
            let result = unsafe {
                zstd_sys::ZSTD_CCtx_loadDictionary(
                    context.as_ptr(),
                    dictionary.as_ptr().cast(),
                    dictionary.len(),
                )
            };
            if is_error(result) {
                return Err(refused("Failed to load zstd dictionary"));
            }
        }
        Ok(stream)
    }

    fn pledge(&self) -> Result<(), ZlibError> {
        let (Codec::Encode(context), Some(size)) = (&self.codec, self.pledged) else { return Ok(()) };
        // SAFETY: the context is alive until `drop`.
        let result = unsafe { zstd_sys::ZSTD_CCtx_setPledgedSrcSize(context.as_ptr(), size) };
        if is_error(result) { Err(refused("Could not set pledged src size")) } else { Ok(()) }
    }

    /// A decompressor.
    pub fn decoder(params: &[u32], dictionary: &[u8]) -> Result<Self, ZlibError> {
        // SAFETY: no arguments; null is handled.
        let context = NonNull::new(unsafe { zstd_sys::ZSTD_createDCtx() })
            .ok_or_else(|| refused("Could not initialize zstd instance"))?;
        let stream = Self { codec: Codec::Decode(context), pledged: None, open: true, error: None };
        for (number, &value) in params.iter().enumerate().filter(|(_, value)| **value != u32::MAX) {
            let known = ZSTD_dParameter::ZSTD_d_windowLogMax;
            // SAFETY: the context is alive until `drop`.
            let set = number == known as usize
                && !is_error(unsafe {
                    zstd_sys::ZSTD_DCtx_setParameter(context.as_ptr(), known, value as i32)
                });
            if !set {
                return Err(refused("Setting parameter failed"));
            }
        }
        if !dictionary.is_empty() {
            // SAFETY: the library copies the dictionary.
            let result = unsafe {
                zstd_sys::ZSTD_DCtx_loadDictionary(
                    context.as_ptr(),
                    dictionary.as_ptr().cast(),
                    dictionary.len(),
                )
            };
            if is_error(result) {
                return Err(refused("Failed to load zstd dictionary"));
            }
        }
        Ok(stream)
    }

    /// `handle.reset()`: a new frame with the same options.
    pub fn reset(&mut self) -> Result<(), ZlibError> {
        let directive = ZSTD_ResetDirective::ZSTD_reset_session_only;
        // SAFETY: the contexts are alive until `drop`.
        let result = unsafe {
            match &self.codec {
                Codec::Encode(context) => zstd_sys::ZSTD_CCtx_reset(context.as_ptr(), directive),
                Codec::Decode(context) => zstd_sys::ZSTD_DCtx_reset(context.as_ptr(), directive),
            }
        };
        self.open = matches!(self.codec, Codec::Decode(_));
        self.error = None;
        if is_error(result) {
            return Err(refused("Failed to reset zstd stream"));
        }
        self.pledge()
    }

    /// Runs the codec over `input` into `output`; `flush` is `ZSTD_e_*`. Ask [`Self::error`] afterwards.
    pub fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Progress {
        let mut source = ZSTD_inBuffer { src: input.as_ptr().cast::<c_void>(), size: input.len(), pos: 0 };
        let mut target =
            ZSTD_outBuffer { dst: output.as_mut_ptr().cast::<c_void>(), size: output.len(), pos: 0 };
        self.error = None;
        let directive = match flush {
            1 => ZSTD_EndDirective::ZSTD_e_flush,
            END => ZSTD_EndDirective::ZSTD_e_end,
            _ => ZSTD_EndDirective::ZSTD_e_continue,
        };
        // Given all at once, the library takes the size it sees for the one that was pledged.
        let is_whole = flush == END && !self.open && matches!(self.codec, Codec::Encode(_));
        if is_whole && self.pledged.is_some_and(|size| size != input.len() as u64) {
            let mut error = ZlibError::new("Src size is incorrect", SRC_SIZE_WRONG);
            error.code = Cow::Borrowed("ZSTD_error");
            self.error = Some(error);
            return Progress { avail_out: output.len(), avail_in: input.len() };
        }
        // SAFETY: the buffers are borrowed for the call and the library stays within their sizes.
        let result = unsafe {
            match &self.codec {
                Codec::Encode(context) => {
                    zstd_sys::ZSTD_compressStream2(context.as_ptr(), &mut target, &mut source, directive)
                }
                // After a frame's end nothing is begun without input.
                Codec::Decode(_) if input.is_empty() && !self.open => 0,
                Codec::Decode(context) => {
                    zstd_sys::ZSTD_decompressStream(context.as_ptr(), &mut target, &mut source)
                }
            }
        };
        let progress = Progress { avail_out: target.size - target.pos, avail_in: source.size - source.pos };
        if is_error(result) {
            self.error = Some(failure(result));
        } else if matches!(self.codec, Codec::Encode(_)) {
            self.open = flush != END || result != 0;
        } else {
            self.open = result != 0;
            if self.open && flush == END && progress.avail_out != 0 {
                self.error = Some(ZlibError::unexpected_end());
            }
        }
        progress
    }

    /// The error of the last write.
    pub fn error(&self) -> Option<ZlibError> {
        self.error.clone()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: made by the matching function, and freed once.
        unsafe {
            match &self.codec {
                Codec::Encode(context) => zstd_sys::ZSTD_freeCCtx(context.as_ptr()),
                Codec::Decode(context) => zstd_sys::ZSTD_freeDCtx(context.as_ptr()),
            };
        }
    }
}
