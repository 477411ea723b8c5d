//! From chunks of any size to batches that begin, as far as anyone can tell, at a record.

use crate::batch::Batch;
use crate::encoding::Decoder;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::frame::csv::Dialect;
use crate::frame::document::DocumentReader;
use crate::frame::record_path::RecordPath;
use crate::frame::sniff::{Sniffed, sniff};
use crate::limits::{BATCH_BYTES_MAX, DELIMITER_BYTES_MAX, Limits};
use crate::policy::Policy;
use crate::render::Base;
use crate::schema::plan::Plan;
use crate::setup::{Form, HeaderRow, MaxErrors, Setup, byte_order_mark, columns, read_header};
use crate::snapshot::{Snapshot, drop_seen, foreign_schema};
use crate::spares::Spares;
use crate::stream_rules::foreign::References;
use crate::transform::program::SourceFacts;
use crate::transform::{Asked, Program};
use memchr::{memchr, memchr_iter, memchr2_iter};
use std::sync::{Arc, Weak};

/// How the caller says that the records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// By the first byte that is no white space: `{` is NDJSON, `[` a JSON document, all else CSV.
    Auto,
    /// CSV.
    Csv,
    /// One JSON text a line.
    Ndjson,
    /// One JSON document with records in it.
    Json,
    /// Objects, handed over as NDJSON; their strings may be CSV cells.
    Records {
        /// They are.
        cells: bool,
        /// An empty line stands for a record that was found valid before it came here.
        glanced: bool,
    },
}

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The schema.
    pub plan: Arc<Plan>,
    /// The limits.
    pub limits: Limits,
    /// How the records are written.
    pub format: Format,
    /// How characters are written; `None` is UTF-8, or UTF-16 where a byte order mark says so.
    pub encoding: Option<Encoding>,
    /// Where the records of a JSON document are.
    pub record_path: RecordPath,
    /// How CSV is written.
    pub dialect: Dialect,
    /// The delimiter of `dialect` is not known; it is told from the records.
    pub sniff_delimiter: bool,
    /// Names of the columns, for CSV without a header row.
    pub header: Option<Vec<String>>,
    /// Tokens that stand for a missing value.
    pub missing: Vec<Vec<u8>>,
    /// Name of the source.
    pub source: Option<String>,
    /// When to stop.
    pub max_errors: Option<MaxErrors>,
    /// What becomes of names that stand twice, and of records that could not be decided.
    pub policy: Policy,
    /// How the valid records are to come out, beside what the schema says of that.
    pub asked: Asked,
    /// A source without bytes is no error.
    pub allow_empty: bool,
    /// Bytes after which a batch is full.
    pub batch_bytes: usize,
    /// Line ends after which a batch is cut, so that its violations stay few.
    pub batch_lines_max: usize,
}

/// How much of what was gathered is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// A full batch.
    Full,
    /// The whole records that there are, though the batch is not full.
    Partial,
    /// Everything: no bytes follow.
    Last,
}

/// Gathers chunks.
#[derive(Debug)]
pub struct Intake {
    request: Request,
    decoder: Decoder,
    /// UTF-8.
    buffer: Vec<u8>,
    /// The buffer is full at this size, which grows with a record that is larger than a batch.
    target: usize,
    opened: Option<Opened>,
    document: Option<DocumentReader>,
    /// Records of a document that end before this byte of it were seen by another stream.
    seen: u64,
    is_ended: bool,
    /// What foreign keys are looked up in.
    references: Weak<References>,
    /// Memory of batches that are done with.
    spares: Option<Arc<Spares>>,
}

/// A source of which all is known that can be known before its first record.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What stays the same over its batches.
    pub setup: Arc<Setup>,
    /// Where its first record stands.
    pub base: Base,
    /// Its header row, for both outputs.
    pub header: Arc<[u8]>,
}

impl Opened {
    /// The header row of the valid records.
    pub fn valid_header(&self) -> &[u8] {
        self.setup.program.as_ref().map_or(&self.header, |program| &program.header)
    }
}

impl Intake {
    /// Nothing gathered yet.
    pub fn new(mut request: Request) -> Intake {
        request.batch_bytes = request.batch_bytes.clamp(1, BATCH_BYTES_MAX / 4);
        request.limits.record_bytes_max = request.limits.record_bytes_max.min(BATCH_BYTES_MAX / 4);
        // A quote before a quote is what no escape at all means.
        request.dialect.escape = request.dialect.escape.filter(|_| request.dialect.quote != request.dialect.escape);
        let decoder = match request.format {
            // Their text is made beside us, and bears no mark.
            Format::Records { .. } => Decoder::from_within(Encoding::Utf8),
            _ => Decoder::new(request.encoding),
        };
        let target = request.batch_bytes;
        Intake {
            decoder,
            buffer: Vec::new(),
            target,
            opened: None,
            document: None,
            seen: 0,
            is_ended: false,
            references: Weak::new(),
            spares: None,
            request,
        }
    }

    /// Goes on from where `snapshot` was made: what is pushed begins at [`Snapshot::seek`].
    ///
    /// # Errors
    /// `checkpoint/foreign` for a snapshot of another schema, `checkpoint/torn` for one that says too little.
    pub fn resumed(request: Request, snapshot: &Snapshot) -> Result<Intake, Error> {
        if snapshot.report.schema_digest != request.plan.digest {
            return Err(foreign_schema());
        }
        let mut intake = Intake::new(request);
        if snapshot.is_document() {
            intake.request.format = Format::Json;
            intake.seen = snapshot.base.bytes;
            return Ok(intake);
        }
        intake.decoder = Decoder::from_within(snapshot.encoding()?);
        intake.opened = Some(intake.reopen(snapshot)?);
        Ok(intake)
    }

    /// Copies from the front of `chunk` what there is room for, as UTF-8, and tells how many bytes of it that is.
    pub fn push(&mut self, chunk: &[u8]) -> usize {
        let mut taken = 0;
        while taken < chunk.len() && self.buffer.len() < self.target {
            let room = self.target - self.buffer.len();
            if self.buffer.capacity() == 0 {
                self.buffer = self.spare(room);
            }
            if self.buffer.capacity() - self.buffer.len() < room.min(chunk.len() - taken) {
                self.buffer.reserve_exact(room);
            }
            taken += self.decoder.push(&chunk[taken..], &mut self.buffer, room);
        }
        taken
    }

    /// Where memory for batches comes from; it is fresh each time where this is not told.
    pub fn reuse(&mut self, spares: Arc<Spares>) {
        self.spares = Some(spares);
    }

    /// Nothing is pushed any more: its memory is for others.
    pub fn close(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        if let Some(spares) = self.spares.take() {
            spares.give(buffer);
        }
    }

    /// What foreign keys are looked up in, to be told before the source is opened.
    pub fn refer_to(&mut self, references: Weak<References>) {
        self.references = references;
    }

    /// True when a batch should be taken before more is pushed.
    pub fn is_full(&self) -> bool {
        let is_broken = || self.document.as_ref().is_some_and(DocumentReader::is_broken);
        self.buffer.len() >= self.target || self.decoder.fault().is_some() || is_broken()
    }

    /// What is known of the source, once enough of it was seen.
    pub fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    /// What is known of a stream of objects before the first one, which is all; `None` for a stream of bytes.
    pub fn open_records(&mut self) -> Option<&Opened> {
        if !matches!(self.request.format, Format::Records { .. }) {
            return None;
        }
        if self.opened.is_none() {
            self.opened = self.open(true).ok().flatten();
        }
        self.opened.as_ref()
    }

    /// Takes a batch; `None` when there is none yet, or no more. To the end, `Last` gives the rest in one or more batches.
    ///
    /// # Errors
    /// What is wrong with the source as a whole: `input/empty`, `input/encoding`, `input/json`, `input/no-records`, `header/…`, `schema/cell`.
    pub fn take(&mut self, take: Take) -> Result<Option<Batch>, Error> {
        let is_last = take == Take::Last;
        if is_last {
            self.decoder.finish(&mut self.buffer);
        }
        if let Some(fault) = self.decoder.fault() {
            return Err(fault.clone());
        }
        if self.opened.is_none() {
            self.opened = self.open(is_last)?;
        }
        let Some(opened) = &self.opened else {
            self.grow();
            return Ok(None);
        };
        if let Some(document) = &mut self.document {
            let mut batch = document.take(&mut self.buffer, is_last, self.request.batch_lines_max.max(1))?;
            if let Some(batch) = &mut batch {
                drop_seen(batch, self.seen);
            }
            self.target = self.request.batch_bytes;
            if batch.is_none() {
                self.grow();
            }
            return Ok(batch);
        }
        if self.is_ended {
            return Ok(None);
        }
        let setup = &opened.setup;
        let flushed = || self.few_lines(|bytes| setup.cut_at_line(bytes));
        let cut = match (take == Take::Partial).then(flushed).flatten().or_else(|| self.few_lines(|bytes| setup.cut(bytes))) {
            Some(cut) if !is_last || cut < self.buffer.len() => cut,
            _ if is_last => {
                self.is_ended = true;
                let bytes = self.part(self.buffer.len());
                self.close();
                return Ok(Some(Batch { bytes, last: true, document: None }));
            }
            // A record that is too large is handed on, so that the buffer does not grow without bound.
            _ if self.buffer.len() > self.request.limits.record_bytes_max + self.request.batch_bytes => {
                // A line feed may follow a carriage return at the end, and the two are not to be parted.
                self.buffer.len() - usize::from(self.buffer.ends_with(b"\r"))
            }
            _ => {
                if take == Take::Full {
                    self.grow();
                }
                return Ok(None);
            }
        };
        let bytes = self.part(cut);
        self.target = self.request.batch_bytes;
        Ok(Some(Batch { bytes, last: false, document: None }))
    }

    /// Takes the bytes before `cut`.
    fn part(&mut self, cut: usize) -> Vec<u8> {
        // Whoever holds few bytes for long is not to hold the memory of many. A buffer that a large record has made larger than others is let go.
        let is_usual = self.buffer.capacity() <= self.request.batch_bytes * 2;
        if is_usual && cut < self.buffer.capacity() / 2 {
            let part = self.buffer[..cut].to_vec();
            self.buffer.drain(..cut);
            return part;
        }
        let rest = self.buffer.len() - cut;
        let mut next = if rest == 0 { Vec::new() } else { self.spare(rest.max(self.request.batch_bytes)) };
        next.extend_from_slice(&self.buffer[cut..]);
        self.buffer.truncate(cut);
        std::mem::replace(&mut self.buffer, next)
    }

    /// Empty memory for `bytes`.
    fn spare(&self, bytes: usize) -> Vec<u8> {
        self.spares.as_ref().map_or_else(|| Vec::with_capacity(bytes), |spares| spares.take(bytes))
    }

    /// Makes room, for as much again where a record may be so long: what was looked through in vain is looked through only so often.
    fn grow(&mut self) {
        let (length, batch) = (self.buffer.len(), self.request.batch_bytes);
        let most = self.request.limits.record_bytes_max + batch + 1;
        self.target = (length * 2).min(most).max(length + batch);
    }

    /// Where to cut so that the batch has no more lines than it may. At the end, only where it has too many.
    fn few_lines(&self, guess: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        let mut end = self.buffer.len();
        loop {
            let cut = guess(&self.buffer[..end])?;
            let (max, lines) = (self.request.batch_lines_max, &self.buffer[..cut]);
            // Counting takes many bytes at once, and looking for what is not there still more; where the one beyond stands is asked only when there is one.
            if line_ends(lines) <= max {
                return Some(cut);
            }
            match memchr2_iter(b'\n', b'\r', lines).nth(max) {
                Some(beyond) if cut > 1 && beyond < end => end = beyond,
                _ => return Some(cut),
            }
        }
    }

    fn open(&mut self, last: bool) -> Result<Option<Opened>, Error> {
        if self.buffer.is_empty() && last && !self.request.allow_empty {
            return Err(Error::new("input/empty", "The input is empty; allow that if it is meant to be (allowEmpty)."));
        }
        let Some(encoding) = self.decoder.encoding() else { return Ok(None) };
        let Some(mark) = byte_order_mark(&self.buffer, last) else { return Ok(None) };
        let Some(format) = self.format(mark, last) else { return Ok(None) };
        let sniffed = if self.request.sniff_delimiter && matches!(format, Format::Csv | Format::Auto) {
            let Some(sniffed) = self.sniff(mark, last)? else { return Ok(None) };
            self.request.dialect.delimiter = sniffed.delimiter;
            Some(sniffed.confidence_percent)
        } else {
            None
        };
        let request = &self.request;
        let mut row = HeaderRow { names: Vec::new(), end: mark, lines: 0 };
        let form = match format {
            Format::Records { cells, glanced } => Form::Records { cells, glanced },
            Format::Ndjson => Form::Ndjson,
            Format::Json if encoding != Encoding::Utf8 => return Err(not_utf8()),
            Format::Json => Form::Document,
            Format::Csv | Format::Auto => {
                match &request.header {
                    Some(names) => row.names.clone_from(names),
                    None if self.buffer.is_empty() => {}
                    None => match read_header(&self.buffer, mark, &request.dialect, &request.limits, encoding, last)? {
                        Some(found) => row = found,
                        None => return Ok(None),
                    },
                }
                let bound = if self.buffer.is_empty() && request.header.is_none() {
                    Vec::new()
                } else {
                    columns(&request.plan, &row.names, &request.missing)?
                };
                Form::Csv { dialect: request.dialect.clone(), columns: bound }
            }
        };
        let header: Arc<[u8]> = self.buffer[mark..row.end].into();
        let program = program(request, &form, &header)?;
        let setup = Setup {
            plan: request.plan.clone(),
            limits: request.limits.clone(),
            form,
            encoding,
            delimiter_confidence_percent: sniffed,
            missing: request.missing.clone(),
            source: request.source.clone(),
            max_errors: request.max_errors,
            policy: request.policy,
            program,
            references: self.references.clone(),
        };
        let base = Base { records: 0, lines: row.lines, bytes: encoding.source_bytes(&self.buffer[..row.end]) };
        self.buffer.drain(..row.end);
        if matches!(setup.form, Form::Document) {
            self.document = Some(DocumentReader::new(request.record_path.clone(), &request.limits, base));
        }
        Ok(Some(Opened { setup: Arc::new(setup), base, header }))
    }

    /// What was known of the source when `snapshot` was made.
    fn reopen(&mut self, snapshot: &Snapshot) -> Result<Opened, Error> {
        let request = &mut self.request;
        let form = if snapshot.report.format == "csv" {
            request.dialect.delimiter = snapshot.delimiter()?;
            let names = match &request.header {
                Some(names) => names.clone(),
                // It was decoded when it was kept.
                None => read_header(&snapshot.header, 0, &request.dialect, &request.limits, Encoding::Utf8, true)?
                    .map_or_else(Vec::new, |row| row.names),
            };
            Form::Csv { dialect: request.dialect.clone(), columns: columns(&request.plan, &names, &request.missing)? }
        } else {
            Form::Ndjson
        };
        let program = program(request, &form, &snapshot.header)?;
        let setup = Setup {
            plan: request.plan.clone(),
            limits: request.limits.clone(),
            form,
            encoding: snapshot.encoding()?,
            delimiter_confidence_percent: snapshot.report.delimiter_confidence_percent,
            missing: request.missing.clone(),
            source: request.source.clone(),
            max_errors: request.max_errors,
            policy: request.policy,
            program,
            references: self.references.clone(),
        };
        Ok(Opened { setup: Arc::new(setup), base: snapshot.base, header: snapshot.header.as_slice().into() })
    }

    /// Tells the delimiter, once there are bytes enough; of a source that is empty there is none to tell.
    fn sniff(&self, mark: usize, last: bool) -> Result<Option<Sniffed>, Error> {
        let sample = &self.buffer[mark..];
        if sample.is_empty() && last {
            return Ok(Some(Sniffed { delimiter: self.request.dialect.delimiter, confidence_percent: 0 }));
        }
        if sample.len() <= DELIMITER_BYTES_MAX && !last {
            return Ok(None);
        }
        let columns = self.request.header.as_ref().map(Vec::len);
        sniff(sample, &self.request.dialect, columns, &self.request.limits, last).map(Some)
    }

    fn format(&self, mark: usize, last: bool) -> Option<Format> {
        if self.request.format != Format::Auto {
            return Some(self.request.format);
        }
        // White space is looked through as far as one record may be long, so that the buffer does not grow without bound.
        let most = self.request.limits.record_bytes_max;
        match self.buffer[mark..].iter().take(most).find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Some(Format::Ndjson),
            Some(b'[') => Some(Format::Json),
            Some(_) => Some(Format::Csv),
            None => (last || self.buffer.len() - mark >= most).then_some(Format::Csv),
        }
    }
}

/// Line feeds and carriage returns.
fn line_ends(bytes: &[u8]) -> usize {
    let returns = memchr(b'\r', bytes).map_or(0, |first| memchr_iter(b'\r', &bytes[first..]).count());
    memchr_iter(b'\n', bytes).count() + returns
}

fn program(request: &Request, form: &Form, header: &[u8]) -> Result<Option<Program>, Error> {
    let Request { dialect, sniff_delimiter, missing, .. } = request;
    Program::compile(&request.plan, &request.asked, &SourceFacts { form, dialect, sniffs_delimiter: *sniff_delimiter, missing, header })
}

fn not_utf8() -> Error {
    Error::new("input/encoding", "A JSON document has to be UTF-8 (RFC 8259, section 8.1); convert it first, for example with iconv.")
}
