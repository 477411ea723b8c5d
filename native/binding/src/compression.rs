//! Gzip and Zstandard for sources and sinks, one step at a time on Node's own thread pool. Node's zlib would do for gzip, but that gives up
//! what it decoded of a chunk when the chunk turns out to be damaged, and stops in silence at some bytes after the end; it has zstd only from
//! 22.15 on.

use crate::error::{failure, panic_message};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi::{Env, Task};
use napi_derive::napi;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use zstd_safe::{CCtx, CParameter, DCtx, InBuffer, OutBuffer, get_error_name, zstd_sys::ZSTD_EndDirective};

/// The largest window of DEFLATE, which every decoder has to have.
const WINDOW_BITS: u8 = 15;
/// As `gzip` and `zstd` have it.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// How far a step came.
#[napi(object)]
pub struct CompressionStep {
    /// Bytes taken from the input.
    pub consumed: u32,
    /// Bytes put into the output; they are right even where there is a fault.
    pub produced: u32,
    /// Decoder: what was taken may be all there is. Encoder: nothing is held back.
    pub is_whole: bool,
    /// Why nothing more can be decoded; the end of a sentence about the input.
    pub fault: Option<String>,
}

/// Decodes gzip members or Zstandard frames, one after another.
#[napi]
pub struct Decoder {
    engine: Arc<Mutex<DecoderEngine>>,
}

#[napi]
impl Decoder {
    /// A decoder of `gzip` or `zstd` that has seen nothing yet.
    #[napi(constructor)]
    pub fn new(format: String) -> napi::Result<Self> {
        let engine = match format.as_str() {
            "gzip" => DecoderEngine::Gzip(Members::default()),
            "zstd" => DecoderEngine::Zstd(DCtx::create()),
            _ => return Err(failure("option/invalid", &format!("There is no decoder of {format}."))),
        };
        Ok(Decoder { engine: Arc::new(Mutex::new(engine)) })
    }

    /// Decodes `input` from `offset` on, as much as `output` has room for. Neither is to be touched until the promise is settled.
    #[napi(ts_return_type = "Promise<CompressionStep>")]
    pub fn decode(&self, input: Buffer, offset: u32, output: Buffer) -> AsyncTask<Decoding> {
        AsyncTask::new(Decoding { engine: Arc::clone(&self.engine), input, offset: offset as usize, output })
    }
}

enum DecoderEngine {
    Gzip(Members),
    Zstd(DCtx<'static>),
}

/// One step of a decoder.
pub struct Decoding {
    engine: Arc<Mutex<DecoderEngine>>,
    input: Buffer,
    offset: usize,
    output: Buffer,
}

impl Task for Decoding {
    type Output = CompressionStep;
    type JsValue = CompressionStep;

    fn compute(&mut self) -> napi::Result<CompressionStep> {
        let input = self.input.get(self.offset..).unwrap_or_default();
        let output = &mut self.output;
        guarded(|| match &mut *self.engine.lock().unwrap_or_else(PoisonError::into_inner) {
            DecoderEngine::Gzip(members) => Ok(members.decode(input, output)),
            DecoderEngine::Zstd(context) => Ok(decode_frames(context, input, output)),
        })
    }

    fn resolve(&mut self, _env: Env, output: CompressionStep) -> napi::Result<CompressionStep> {
        Ok(output)
    }
}

/// Gzip members one after another, and zeros after the last, which tapes and disks add, as with gzip(1).
#[derive(Default)]
struct Members {
    current: Option<Decompress>,
    ended: u64,
    is_padding: bool,
}

impl Members {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> CompressionStep {
        let (mut consumed, mut produced) = (0, 0);
        let mut fault = None;
        loop {
            let rest = &input[consumed..];
            if self.current.is_none() && self.ended > 0 && rest.first() == Some(&0) {
                self.is_padding = true;
            }
            if self.is_padding {
                match rest.iter().position(|&byte| byte != 0) {
                    Some(at) => (consumed, fault) = (consumed + at, Some(after_end())),
                    None => consumed = input.len(),
                }
                break;
            }
            if self.current.is_none() && rest.is_empty() {
                break;
            }
            let member = self.current.get_or_insert_with(|| Decompress::new_gzip(WINDOW_BITS));
            let (read, made) = (member.total_in(), member.total_out());
            let status = member.decompress(rest, &mut output[produced..], FlushDecompress::None);
            let (read, made) = ((member.total_in() - read) as usize, (member.total_out() - made) as usize);
            (consumed, produced) = (consumed + read, produced + made);
            match status {
                Ok(Status::StreamEnd) => (self.current, self.ended) = (None, self.ended + 1),
                Ok(_) if read == 0 && made == 0 => break,
                Ok(_) => {}
                Err(_) if self.ended > 0 && member.total_out() == 0 => fault = Some(after_end()),
                Err(error) => fault = Some(format!("is damaged: {}", error.message().unwrap_or("it is no gzip"))),
            }
            if fault.is_some() || produced == output.len() {
                break;
            }
        }
        let is_whole = self.current.is_none() && self.ended > 0;
        CompressionStep { consumed: consumed as u32, produced: produced as u32, is_whole, fault }
    }
}

fn after_end() -> String {
    "has bytes after the end of its compressed data".to_owned()
}

fn decode_frames(context: &mut DCtx<'static>, input: &[u8], output: &mut [u8]) -> CompressionStep {
    let mut input = InBuffer::around(input);
    let mut output = OutBuffer::around(output);
    let (mut is_whole, mut fault) = (false, None);
    loop {
        match context.decompress_stream(&mut output, &mut input) {
            Ok(left) => is_whole = left == 0,
            Err(code) => fault = Some(format!("is damaged: {}", get_error_name(code))),
        }
        if fault.is_some() || input.pos() == input.src.len() || output.pos() == output.capacity() {
            break;
        }
    }
    CompressionStep { consumed: input.pos() as u32, produced: output.pos() as u32, is_whole, fault }
}

/// Makes gzip members, or Zstandard frames with a checksum each.
#[napi]
pub struct Encoder {
    engine: Arc<Mutex<EncoderEngine>>,
}

#[napi]
impl Encoder {
    /// An encoder of `gzip` or `zstd` that has seen nothing yet.
    #[napi(constructor)]
    pub fn new(format: String) -> napi::Result<Self> {
        let engine = match format.as_str() {
            "gzip" => EncoderEngine::Gzip(Compress::new_gzip(Compression::new(GZIP_LEVEL), WINDOW_BITS)),
            "zstd" => {
                let mut context = CCtx::create();
                context.set_parameter(CParameter::CompressionLevel(ZSTD_LEVEL)).map_err(zstd_failure)?;
                context.set_parameter(CParameter::ChecksumFlag(true)).map_err(zstd_failure)?;
                EncoderEngine::Zstd(context)
            }
            _ => return Err(failure("option/invalid", &format!("There is no encoder of {format}."))),
        };
        Ok(Encoder { engine: Arc::new(Mutex::new(engine)) })
    }

    /// Encodes `input` from `offset` on, as much as `output` has room for; `is_end` ends the member or frame after it, and what comes then
    /// begins another. Neither is to be touched until the promise is settled.
    #[napi(ts_return_type = "Promise<CompressionStep>")]
    pub fn encode(&self, input: Buffer, offset: u32, output: Buffer, is_end: bool) -> AsyncTask<Encoding> {
        AsyncTask::new(Encoding { engine: Arc::clone(&self.engine), input, offset: offset as usize, output, is_end })
    }
}

enum EncoderEngine {
    Gzip(Compress),
    Zstd(CCtx<'static>),
}

/// One step of an encoder.
pub struct Encoding {
    engine: Arc<Mutex<EncoderEngine>>,
    input: Buffer,
    offset: usize,
    output: Buffer,
    is_end: bool,
}

impl Task for Encoding {
    type Output = CompressionStep;
    type JsValue = CompressionStep;

    fn compute(&mut self) -> napi::Result<CompressionStep> {
        let input = self.input.get(self.offset..).unwrap_or_default();
        let (output, is_end) = (&mut self.output, self.is_end);
        guarded(|| match &mut *self.engine.lock().unwrap_or_else(PoisonError::into_inner) {
            EncoderEngine::Gzip(member) => encode_member(member, input, output, is_end),
            EncoderEngine::Zstd(context) => encode_frame(context, input, output, is_end),
        })
    }

    fn resolve(&mut self, _env: Env, output: CompressionStep) -> napi::Result<CompressionStep> {
        Ok(output)
    }
}

fn encode_member(member: &mut Compress, input: &[u8], output: &mut [u8], is_end: bool) -> napi::Result<CompressionStep> {
    let (read, made) = (member.total_in(), member.total_out());
    let how = if is_end { FlushCompress::Finish } else { FlushCompress::None };
    let status = member.compress(input, output, how).map_err(|error| failure("sink/unwritable", &error.to_string()))?;
    let (consumed, produced) = (member.total_in() - read, member.total_out() - made);
    if status == Status::StreamEnd {
        member.reset();
    }
    let is_whole = if is_end { status == Status::StreamEnd } else { consumed == input.len() as u64 && produced < output.len() as u64 };
    Ok(CompressionStep { consumed: consumed as u32, produced: produced as u32, is_whole, fault: None })
}

fn encode_frame(context: &mut CCtx<'static>, input: &[u8], output: &mut [u8], is_end: bool) -> napi::Result<CompressionStep> {
    let mut input = InBuffer::around(input);
    let mut output = OutBuffer::around(output);
    let how = if is_end { ZSTD_EndDirective::ZSTD_e_end } else { ZSTD_EndDirective::ZSTD_e_continue };
    loop {
        let left = context.compress_stream2(&mut output, &mut input, how).map_err(zstd_failure)?;
        let is_whole = input.pos() == input.src.len() && (left == 0 || !is_end);
        if is_whole || output.pos() == output.capacity() {
            return Ok(CompressionStep { consumed: input.pos() as u32, produced: output.pos() as u32, is_whole, fault: None });
        }
    }
}

/// A panic becomes the failure of this step alone.
fn guarded(step: impl FnOnce() -> napi::Result<CompressionStep>) -> napi::Result<CompressionStep> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| Err(failure("native/panic", &panic_message(&*panic))))
}

fn zstd_failure(code: usize) -> napi::Error {
    failure("sink/unwritable", get_error_name(code))
}
