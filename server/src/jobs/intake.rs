//! Streams a dump into a file that is a backup only when all of it arrived: the command ended
//! with status 0, its last line says so, the compressed file is closed, synced and read back with
//! the same checksum. Anything less leaves nothing that looks like a backup.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use signalbox_domain::backups::{CaptureSpec, Coordinates, read_coordinates};
use signalbox_domain::ids::JobId;
use signalbox_domain::time::Timestamp;
use tokio::sync::mpsc;

use crate::clock;
use crate::ssh::{Stream, StreamEvent};
use crate::store::backup_files::{BackupFileError, BackupFiles};

/// What arrived, whole and read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    pub file: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub raw_bytes: u64,
    pub size_bytes: u64,
    /// Of the compressed file, hex.
    pub sha256: String,
    pub coordinates: Coordinates,
}

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("the dump ended with status {status}: {stderr}")]
    Failed { status: u32, stderr: String },
    #[error("the line to the node was cut after {raw_bytes} bytes of the dump")]
    Cut { raw_bytes: u64 },
    #[error("nothing came from the node for {0:?}")]
    Silent(Duration),
    #[error(
        "the dump ends with {found:?} instead of a line beginning {expected:?}: it is not whole"
    )]
    Unfinished { expected: String, found: String },
    #[error("{free_bytes} bytes are free where backups are kept; expected at least {needs_bytes}")]
    NoRoom { free_bytes: u64, needs_bytes: u64 },
    #[error("writing the backup after {raw_bytes} bytes of the dump: {source}")]
    Write { raw_bytes: u64, source: io::Error },
    #[error("the file read back has checksum {found}; written was {written}")]
    ReadBack { written: String, found: String },
    #[error("the file read back cannot be decompressed: {0}")]
    Undecodable(io::Error),
    #[error("the writer ended without a result")]
    WriterGone,
    #[error(transparent)]
    File(#[from] BackupFileError),
}

/// A dump that says nothing for this long is stuck; a busy one sends rows all the time.
const SILENCE_LIMIT: Duration = Duration::from_secs(300);
/// Of the raw text: coordinates stand in the first and last lines, the closing comment in the last.
const HEAD_BYTES: usize = 64 << 10;
const TAIL_BYTES: usize = 8 << 10;
const STDERR_BYTES: usize = 8 << 10;
/// A dump grows by a tenth of its time from level 1 to 3, its size shrinks by a tenth.
const ZSTD_LEVEL: i32 = 3;
/// Chunks between the network and the disk.
const WRITE_QUEUE: usize = 32;

/// Reads `stream` to its end. `progress` is told the raw bytes so far.
pub async fn take_in(
    stream: Stream,
    files: &BackupFiles,
    job: JobId,
    spec: &CaptureSpec,
    progress: impl FnMut(u64),
) -> Result<Captured, IntakeError> {
    let captured = take_whole(stream, files, job, spec, progress).await;
    // At once, not with the step's undo: it may be what fills the disk, and then the job's own
    // journal has no room to say so.
    if captured.is_err() {
        files.discard_part(job)?;
    }
    captured
}

async fn take_whole(
    mut stream: Stream,
    files: &BackupFiles,
    job: JobId,
    spec: &CaptureSpec,
    mut progress: impl FnMut(u64),
) -> Result<Captured, IntakeError> {
    let started_at = clock::now();
    let free_bytes = files.room()?.free_bytes;
    if free_bytes < spec.needs_bytes {
        return Err(IntakeError::NoRoom { free_bytes, needs_bytes: spec.needs_bytes });
    }
    let part = files.create_part(job)?;
    let (chunks, queue) = mpsc::channel(WRITE_QUEUE);
    let writer = tokio::task::spawn_blocking(move || write_compressed(part, queue));

    let mut text = TextEnds::default();
    let mut stderr = Vec::new();
    let status = loop {
        let event = tokio::time::timeout(SILENCE_LIMIT, stream.events.recv()).await;
        match event.map_err(|_| IntakeError::Silent(SILENCE_LIMIT))? {
            Some(StreamEvent::Stdout(chunk)) => {
                text.push(&chunk);
                if chunks.send(chunk).await.is_err() {
                    // The writer is gone: its own error, below, says why.
                    break 0;
                }
                progress(text.bytes);
            }
            Some(StreamEvent::Stderr(chunk)) => {
                let room = STDERR_BYTES.saturating_sub(stderr.len());
                stderr.extend(chunk.iter().take(room));
            }
            Some(StreamEvent::Exit(status)) => break status,
            None => return Err(IntakeError::Cut { raw_bytes: text.bytes }),
        }
    };
    drop(chunks);
    let written = writer.await.map_err(|_| IntakeError::WriterGone)?;
    let written = written.map_err(|source| IntakeError::Write { raw_bytes: text.bytes, source })?;
    if status != 0 {
        let stderr = String::from_utf8_lossy(&stderr).trim().to_owned();
        return Err(IntakeError::Failed { status, stderr });
    }
    text.require_last_line(&spec.last_line_prefix)?;
    read_back(files.open_part(job)?, written.clone()).await?;
    Ok(Captured {
        file: files.keep(job, started_at)?,
        started_at,
        finished_at: clock::now(),
        raw_bytes: text.bytes,
        size_bytes: written.size_bytes,
        sha256: written.sha256,
        coordinates: text.coordinates(),
    })
}

/// The beginning and the end of what went by.
#[derive(Default)]
struct TextEnds {
    bytes: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl TextEnds {
    fn push(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        self.head.extend(chunk.iter().take(HEAD_BYTES.saturating_sub(self.head.len())));
        self.tail.extend(chunk.iter().skip(chunk.len().saturating_sub(TAIL_BYTES)));
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
    }

    fn coordinates(&self) -> Coordinates {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        read_coordinates(&text(&self.head), &text(&self.tail))
    }

    fn require_last_line(&self, prefix: &str) -> Result<(), IntakeError> {
        let tail = String::from_utf8_lossy(&self.tail);
        let last = tail.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if last.starts_with(prefix) && tail.ends_with('\n') {
            return Ok(());
        }
        Err(IntakeError::Unfinished { expected: prefix.to_owned(), found: last.to_owned() })
    }
}

#[derive(Debug, Clone)]
struct Written {
    size_bytes: u64,
    sha256: String,
    raw_bytes: u64,
}

fn write_compressed(part: File, mut queue: mpsc::Receiver<Bytes>) -> io::Result<Written> {
    let mut encoder =
        zstd::Encoder::new(Hashing::new(BufWriter::with_capacity(1 << 20, part)), ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    let mut raw_bytes = 0;
    while let Some(chunk) = queue.blocking_recv() {
        encoder.write_all(&chunk)?;
        raw_bytes += chunk.len() as u64;
    }
    let Hashing { inner, hash, bytes } = encoder.finish()?;
    inner.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(Written { size_bytes: bytes, sha256: hex(&hash.finalize()), raw_bytes })
}

/// Proves that what is on the disk is what was written and that it decompresses to as much as was
/// read from the server.
async fn read_back(part: File, written: Written) -> Result<(), IntakeError> {
    let check = tokio::task::spawn_blocking(move || {
        let mut decoder =
            zstd::Decoder::new(HashingReader::new(part)).map_err(IntakeError::Undecodable)?;
        let raw_bytes =
            io::copy(&mut decoder, &mut io::sink()).map_err(IntakeError::Undecodable)?;
        let mut reader = decoder.finish().into_inner();
        io::copy(&mut reader, &mut io::sink()).map_err(IntakeError::Undecodable)?;
        let found = hex(&reader.hash.finalize());
        if found != written.sha256 || raw_bytes != written.raw_bytes {
            return Err(IntakeError::ReadBack { written: written.sha256, found });
        }
        Ok(())
    });
    check.await.map_err(|_| IntakeError::WriterGone)?
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Hashing<W> {
        Hashing { inner, hash: Sha256::new(), bytes: 0 }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or(buffer));
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

struct HashingReader<R> {
    inner: R,
    hash: Sha256,
}

impl<R> HashingReader<R> {
    fn new(inner: R) -> HashingReader<R> {
        HashingReader { inner, hash: Sha256::new() }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
