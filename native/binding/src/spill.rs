//! Temporary files for what memory has no room for. They have no name, so nothing is left behind however the process ends.

use sluice_engine::error::Error;
use sluice_engine::keys::{Spill, SpillFile};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files in `directory`, which only this user may read, and which the system removes with the process.
pub(crate) fn temporary(directory: PathBuf) -> Box<dyn Spill> {
    Box::new(Temporary { directory: directory.into() })
}

#[derive(Debug)]
struct Temporary {
    directory: Arc<Path>,
}

impl Spill for Temporary {
    fn create(&mut self) -> Result<Box<dyn SpillFile>, Error> {
        let file = unnamed(&self.directory).map_err(|fault| failure(&self.directory, "written", &fault))?;
        Ok(Box::new(TemporaryFile { file, bytes: 0, directory: Arc::clone(&self.directory) }))
    }
}

#[derive(Debug)]
struct TemporaryFile {
    file: File,
    bytes: u64,
    directory: Arc<Path>,
}

impl SpillFile for TemporaryFile {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        write_at(&self.file, bytes, self.bytes).map_err(|fault| failure(&self.directory, "written", &fault))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        read_at(&self.file, into, offset).map_err(|fault| failure(&self.directory, "read back", &fault))
    }
}

/// A file that never had a name (`O_TMPFILE`), or lost it at once; on Windows one that is deleted on close.
fn unnamed(directory: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(directory)?;
    // One that never had a name has the mode of any new file, which `/proc` shows.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn failure(directory: &Path, what: &str, fault: &io::Error) -> Error {
    let message = format!(
        "Keys that memory has no room for cannot be {what} in {}: {fault}. Name a directory with room for 48 bytes a key as temporaryDirectory, or raise uniqueBytesMax.",
        directory.display()
    );
    Error::new("unique/spill", message)
}

#[cfg(unix)]
use std::os::unix::fs::FileExt;

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(into, offset)
}

#[cfg(windows)]
use std::os::windows::fs::FileExt;

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = file.seek_write(bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &File, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !into.is_empty() {
        let read = file.seek_read(into, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into = &mut into[read..];
        offset += read as u64;
    }
    Ok(())
}
