//! Brotli streams of the `zlib` binding, over the `brotli` crate (RFC 7932).

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use crate::zlib::{Progress, ZlibError};

type Decoder = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// What `params` of Node's Brotli options may set, by `BROTLI_PARAM_*` number.
const PARAMETERS: [BrotliEncoderParameter; 7] = [
    BrotliEncoderParameter::BROTLI_PARAM_MODE,
    BrotliEncoderParameter::BROTLI_PARAM_QUALITY,
    BrotliEncoderParameter::BROTLI_PARAM_LGWIN,
    BrotliEncoderParameter::BROTLI_PARAM_LGBLOCK,
    BrotliEncoderParameter::BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING,
    BrotliEncoderParameter::BROTLI_PARAM_SIZE_HINT,
    BrotliEncoderParameter::BROTLI_PARAM_LARGE_WINDOW,
];

const FINISH: i32 = 2;

enum Codec {
    Encode(Box<BrotliEncoderStateStruct<StandardAlloc>>),
    Decode(Box<Decoder>),
}

/// One stream.
pub struct Stream {
    codec: Codec,
    params: Vec<u32>,
    error: Option<ZlibError>,
}

impl Stream {
    /// A compressor; `params[n]` is the value of `BROTLI_PARAM_n`, `u32::MAX` for the default.
    pub fn encoder(params: &[u32]) -> Result<Self, ZlibError> {
        let mut encoder = BrotliEncoderStateStruct::new(StandardAlloc::default());
        for (number, &value) in params.iter().enumerate().filter(|(_, value)| **value != u32::MAX) {
            if !PARAMETERS.get(number).is_some_and(|parameter| encoder.set_parameter(*parameter, value)) {
                return Err(
                    ZlibError::new("Initialization failed", -1).with_code("ERR_ZLIB_INITIALIZATION_FAILED")
                );
            }
        }
        Ok(Self { codec: Codec::Encode(Box::new(encoder)), params: params.to_vec(), error: None })
    }

    /// A decompressor.
    pub fn decoder() -> Self {
        let state =
            Decoder::new(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
        Self { codec: Codec::Decode(Box::new(state)), params: Vec::new(), error: None }
    }

    /// `handle.reset()`.
    pub fn reset(&mut self) -> Result<(), ZlibError> {
        *self = match self.codec {
            Codec::Encode(_) => Self::encoder(&self.params)?,
            Codec::Decode(_) => Self::decoder(),
        };
        Ok(())
    }

    /// Runs the codec; `flush` is `BROTLI_OPERATION_*`. Ask [`Self::error`] afterwards.
    pub fn write(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Progress {
        let (mut avail_in, mut in_offset, mut avail_out, mut out_offset) = (input.len(), 0, output.len(), 0);
        self.error = match &mut self.codec {
            Codec::Encode(encoder) => {
                let operation = match flush {
                    1 => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
                    FINISH => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
                    3 => BrotliEncoderOperation::BROTLI_OPERATION_EMIT_METADATA,
                    _ => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
                };
                let done = encoder.compress_stream(
                    operation,
                    &mut avail_in,
                    input,
                    &mut in_offset,
                    &mut avail_out,
                    output,
                    &mut out_offset,
                    &mut None,
                    &mut |_, _, _, _| (),
                );
                (!done).then(|| {
                    ZlibError::new("Compression failed", -1).with_code("ERR_BROTLI_COMPRESSION_FAILED")
                })
            }
            Codec::Decode(decoder) => {
                let result = BrotliDecompressStream(
                    &mut avail_in,
                    &mut in_offset,
                    input,
                    &mut avail_out,
                    &mut out_offset,
                    output,
                    &mut 0,
                    decoder,
                );
                decode_error(&result, decoder, flush)
            }
        };
        Progress { avail_out, avail_in }
    }

    /// The error of the last write.
    pub fn error(&self) -> Option<ZlibError> {
        self.error.clone()
    }
}

fn decode_error(result: &BrotliResult, decoder: &Decoder, flush: i32) -> Option<ZlibError> {
    match result {
        BrotliResult::ResultFailure => {
            // Node cuts `BROTLI_DECODER` off the name.
            let name = format!("{:?}", decoder.error_code);
            let code = format!("ERR_{}", name.strip_prefix("BROTLI_DECODER").unwrap_or(&name));
            Some(ZlibError::new("Decompression failed", decoder.error_code as i32).with_code(code))
        }
        BrotliResult::NeedsMoreInput if flush == FINISH => Some(ZlibError::unexpected_end()),
        _ => None,
    }
}
