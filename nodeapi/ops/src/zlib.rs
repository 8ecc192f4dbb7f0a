//! The `zlib` binding: streaming deflate, inflate and gzip with zlib's flush modes, and CRC-32.
//!
//! The codec is `zlib-rs`, a port of zlib that keeps its stream semantics; this module adds what Node's C++ adds: the modes, gzip
//! files of several members, and the errors.

use std::borrow::Cow;

use zlib_rs::{
    Deflate, DeflateConfig, DeflateError, DeflateFlush, Inflate, InflateError, InflateFlush, Method, Status,
    Strategy,
};

/// What a stream does, by Node's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Compress with zlib's header.
    Deflate = 1,
    /// Decompress with zlib's header.
    Inflate = 2,
    /// Compress with gzip's header.
    Gzip = 3,
    /// Decompress gzip, all members.
    Gunzip = 4,
    /// Compress without a header.
    DeflateRaw = 5,
    /// Decompress without a header.
    InflateRaw = 6,
    /// Decompress gzip or zlib, whichever it is.
    Unzip = 7,
}

impl Mode {
    /// The mode with this number; brotli and zstd (8 to 11) are not here.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Deflate,
            Self::Inflate,
            Self::Gzip,
            Self::Gunzip,
            Self::DeflateRaw,
            Self::InflateRaw,
            Self::Unzip,
        ]
        .get(usize::from(number).checked_sub(1)?)
        .copied()
    }
}

/// The options of a stream, in zlib's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// 8 to 15; 0 when inflating: take it from the header.
    pub window_bits: u8,
    /// -1 to 9.
    pub level: i32,
    /// 1 to 9.
    pub mem_level: i32,
    /// 0 to 4.
    pub strategy: i32,
}

/// zlib's return codes that reach JavaScript.
const Z_OK: i32 = 0;
const Z_STREAM_END: i32 = 1;
const Z_NEED_DICT: i32 = 2;
const Z_STREAM_ERROR: i32 = -2;
const Z_DATA_ERROR: i32 = -3;
const Z_MEM_ERROR: i32 = -4;
const Z_BUF_ERROR: i32 = -5;
const Z_FINISH: i32 = 4;

/// What Node's `onerror(message, errno, code)` is called with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ZlibError {
    /// The text.
    pub message: &'static str,
    /// zlib's number.
    pub errno: i32,
    /// Its name.
    pub code: Cow<'static, str>,
}

impl ZlibError {
    pub(crate) fn new(message: &'static str, errno: i32) -> Self {
        let code = match errno {
            Z_OK => "Z_OK",
            Z_STREAM_END => "Z_STREAM_END",
            Z_NEED_DICT => "Z_NEED_DICT",
            Z_STREAM_ERROR => "Z_STREAM_ERROR",
            Z_DATA_ERROR => "Z_DATA_ERROR",
            Z_MEM_ERROR => "Z_MEM_ERROR",
            _ => "Z_BUF_ERROR",
        };
        Self { message, errno, code: Cow::Borrowed(code) }
    }

    /// The same with a code that is not zlib's.
    pub(crate) fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = code.into();
        self
    }

    /// The input ended before the data did.
    pub(crate) fn unexpected_end() -> Self {
        Self::new("unexpected end of file", Z_BUF_ERROR)
    }
}

/// What a write left over, for Node's `writeState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Output space not used, in bytes.
    pub avail_out: usize,
    /// Input not used, in bytes.
    pub avail_in: usize,
}

enum Codec {
    Deflate(Box<Deflate>),
    Inflate(Box<Inflate>),
}

/// One compression or decompression stream.
pub struct Stream {
    mode: Mode,
    params: Params,
    dictionary: Vec<u8>,
    codec: Codec,
    /// Header bytes of a possible gzip file that [`Mode::Unzip`] has seen.
    gzip_id_bytes: u8,
    status: i32,
    flush: i32,
    message: Option<&'static str>,
    reject_garbage: bool,
}

impl Stream {
    /// A stream; fails as `Z_STREAM_ERROR` for parameters out of range and `Z_DATA_ERROR` for a bad dictionary.
    pub fn new(mode: Mode, params: Params, dictionary: Vec<u8>) -> Result<Self, ZlibError> {
        let invalid = ZlibError::new("Init error", Z_STREAM_ERROR);
        let inflating = matches!(mode, Mode::Inflate | Mode::Gunzip | Mode::Unzip | Mode::InflateRaw);
        let window_ok = (8..=15).contains(&params.window_bits)
            || (inflating && mode != Mode::InflateRaw && params.window_bits == 0);
        if !window_ok || !(-1..=9).contains(&params.level) || !(1..=9).contains(&params.mem_level) {
            return Err(invalid);
        }
        let codec = Self::codec(mode, params).ok_or(invalid)?;
        let mut stream = Self {
            mode,
            params,
            dictionary,
            codec,
            gzip_id_bytes: 0,
            status: Z_OK,
            flush: 0,
            message: None,
            reject_garbage: false,
        };
        stream.set_dictionary()?;
        Ok(stream)
    }

    /// Leaves what follows the last gzip member in the input, for `rejectGarbageAfterEnd`.
    pub fn rejecting_garbage(mut self) -> Self {
        self.reject_garbage = true;
        self
    }

    fn codec(mode: Mode, params: Params) -> Option<Codec> {
        let bits = params.window_bits;
        let deflate = |window_bits: i32| {
            let strategy = Strategy::try_from(params.strategy).ok()?;
            Some(Codec::Deflate(Box::new(Deflate::new_with_config(DeflateConfig {
                level: params.level,
                method: Method::Deflated,
                window_bits,
                mem_level: params.mem_level,
                strategy,
            }))))
        };
        let inflate = |header: bool, bits: u8| Some(Codec::Inflate(Box::new(Inflate::new(header, bits))));
        match mode {
            // zlib has no deflate window of 256 bytes with a header, and uses 512.
            Mode::Deflate => deflate(i32::from(bits.max(9))),
            Mode::Gzip => deflate(i32::from(bits.max(9)) + 16),
            Mode::DeflateRaw => deflate(-i32::from(bits.max(9))),
            Mode::Inflate => inflate(true, bits),
            Mode::Gunzip => inflate(true, bits + 16),
            Mode::Unzip => inflate(true, bits + 32),
            Mode::InflateRaw => inflate(false, bits),
        }
    }

    fn set_dictionary(&mut self) -> Result<(), ZlibError> {
        if self.dictionary.is_empty() {
            return Ok(());
        }
        let set = match (&mut self.codec, self.mode) {
            (Codec::Deflate(codec), Mode::Deflate | Mode::DeflateRaw) => {
                codec.set_dictionary(&self.dictionary).is_ok()
            }
            (Codec::Inflate(codec), Mode::InflateRaw) => codec.set_dictionary(&self.dictionary).is_ok(),
            _ => true,
        };
        if set { Ok(()) } else { Err(ZlibError::new("Failed to set dictionary", Z_DATA_ERROR)) }
    }

    /// `handle.reset()`: a new stream with the same options.
    pub fn reset(&mut self) -> Result<(), ZlibError> {
        let failed = ZlibError::new("Failed to reset stream", Z_STREAM_ERROR);
        self.codec = Self::codec(self.mode, self.params).ok_or(failed)?;
        self.status = Z_OK;
        self.message = None;
        self.set_dictionary()
    }

    /// `handle.params(level, strategy)`, after a flush.
    pub fn params(&mut self, level: i32, strategy: i32) -> Result<(), ZlibError> {
        let failed = ZlibError::new("Failed to set parameters", Z_STREAM_ERROR);
        let Codec::Deflate(codec) = &mut self.codec else { return Ok(()) };
        let Ok(wanted) = Strategy::try_from(strategy) else { return Err(failed) };
        // The published crate sets the level alone, and with it the default strategy.
        #[cfg(feature = "patched")]
        let set = codec.set_params(level, wanted) == Ok(Status::Ok);
        #[cfg(not(feature = "patched"))]
        let set = wanted == Strategy::default() && codec.set_level(level).is_ok();
        if !set {
            return Err(failed);
        }
        (self.params.level, self.params.strategy) = (level, strategy);
        Ok(())
    }

    /// Runs the codec over `input` into `output`; `flush` is zlib's number. Ask [`Self::error`] afterwards.
    pub fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Progress {
        self.flush = flush;
        let mut rest = input;
        if self.mode == Mode::Unzip {
            self.detect(input);
        }
        let mut used_out = 0;
        self.status = self.run(&mut rest, output, &mut used_out);
        // Trailing zero bytes are padding; anything else may be another member.
        while self.mode == Mode::Gunzip
            && self.status == Z_STREAM_END
            && rest.first().is_some_and(|&byte| byte != 0)
        {
            if self.reset().is_err() {
                break;
            }
            self.status = self.run(&mut rest, output, &mut used_out);
        }
        Progress { avail_out: output.len() - used_out, avail_in: rest.len() }
    }

    /// gzip or zlib, from the first two bytes.
    fn detect(&mut self, input: &[u8]) {
        let mut bytes = input.iter();
        if self.gzip_id_bytes == 0 {
            match bytes.next() {
                None => return,
                Some(0x1F) => self.gzip_id_bytes = 1,
                Some(_) => {
                    self.mode = Mode::Inflate;
                    return;
                }
            }
        }
        match bytes.next() {
            None => {}
            Some(0x8B) => self.mode = Mode::Gunzip,
            Some(_) => self.mode = Mode::Inflate,
        }
    }

    fn run(&mut self, rest: &mut &[u8], output: &mut [u8], used_out: &mut usize) -> i32 {
        let flush = self.flush;
        let (status, message) = match &mut self.codec {
            Codec::Deflate(codec) => {
                let Ok(flush) = DeflateFlush::try_from(flush) else { return Z_STREAM_ERROR };
                let (before_in, before_out) = (codec.total_in(), codec.total_out());
                let result = codec.compress(rest, &mut output[*used_out..], flush);
                *rest = &rest[(codec.total_in() - before_in) as usize..];
                *used_out += (codec.total_out() - before_out) as usize;
                (deflate_status(result), codec.error_message())
            }
            Codec::Inflate(codec) => {
                // Partial and full flush mean nothing to inflate; zlib treats them as none.
                let flush = InflateFlush::try_from(flush).unwrap_or(InflateFlush::NoFlush);
                let (before_in, before_out) = (codec.total_in(), codec.total_out());
                let mut status = inflate_status(codec.decompress(rest, &mut output[*used_out..], flush));
                let consumed = |codec: &Inflate| (codec.total_in() - before_in) as usize;
                if status == Z_NEED_DICT && self.mode != Mode::InflateRaw && !self.dictionary.is_empty() {
                    status = match codec.set_dictionary(&self.dictionary) {
                        Ok(_) => {
                            let start = *used_out + (codec.total_out() - before_out) as usize;
                            inflate_status(codec.decompress(
                                &rest[consumed(codec)..],
                                &mut output[start..],
                                flush,
                            ))
                        }
                        // A wrong dictionary, told apart from bad data.
                        Err(InflateError::DataError) => Z_NEED_DICT,
                        Err(_) => Z_STREAM_ERROR,
                    };
                }
                *rest = &rest[consumed(codec)..];
                *used_out += (codec.total_out() - before_out) as usize;
                (status, codec.error_message())
            }
        };
        self.message = message;
        status
    }

    /// The error of the last write, given how much output space it left.
    pub fn error(&self, avail_out: usize) -> Option<ZlibError> {
        let message = |text: &'static str| Some(ZlibError::new(self.message.unwrap_or(text), self.status));
        match self.status {
            Z_OK | Z_BUF_ERROR if avail_out != 0 && self.flush == Z_FINISH => {
                Some(ZlibError::unexpected_end())
            }
            Z_OK | Z_BUF_ERROR | Z_STREAM_END => None,
            Z_NEED_DICT if self.dictionary.is_empty() => message("Missing dictionary"),
            Z_NEED_DICT => message("Bad dictionary"),
            _ => message("Zlib error"),
        }
    }
}

fn deflate_status(result: Result<Status, DeflateError>) -> i32 {
    match result {
        Ok(status) => ok_status(status),
        Err(error) => error as i32,
    }
}

fn inflate_status(result: Result<Status, InflateError>) -> i32 {
    match result {
        Ok(status) => ok_status(status),
        Err(InflateError::NeedDict { .. }) => Z_NEED_DICT,
        Err(InflateError::StreamError) => Z_STREAM_ERROR,
        Err(InflateError::DataError) => Z_DATA_ERROR,
        Err(InflateError::MemError) => Z_MEM_ERROR,
    }
}

fn ok_status(status: Status) -> i32 {
    match status {
        Status::Ok => Z_OK,
        Status::BufError => Z_BUF_ERROR,
        Status::StreamEnd => Z_STREAM_END,
    }
}

/// `zlib.crc32(data, value)`.
pub fn crc32(data: &[u8], value: u32) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(value);
    hasher.update(data);
    hasher.finalize()
}
