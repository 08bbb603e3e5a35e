//! Places where output is to go: what is wrong with one is said before any time is spent on what would go there.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process;

use crate::refusal::Refusal;

/// Refuses a path at which no file can be written, and makes its folder.
pub(crate) fn of_file(path: &Path) -> Result<(), Refusal> {
    free_for_file(path)?;
    // Of a bare name the folder is the current one.
    of_files(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Refuses a path that can be no file, or where there is something else than a file.
pub(crate) fn free_for_file(path: &Path) -> Result<(), Refusal> {
    let what = match fs::metadata(path) {
        _ if path.file_name().is_none() => "is a folder",
        Ok(there) if there.is_dir() => "is a folder",
        Ok(there) if !there.is_file() => "is no file",
        Err(error) if error.kind() == io::ErrorKind::InvalidFilename => return Err(refused(path, &error)),
        _ => return Ok(()),
    };
    Err(Refusal::BadInput(format!("{}: {what}, and a file is to be written there", path.display())))
}

/// Makes a folder if need be, and refuses one in which no file can be made.
pub(crate) fn of_files(folder: &Path) -> Result<(), Refusal> {
    let tried = fs::create_dir_all(folder).and_then(|()| try_file_in(folder));
    tried.map_err(|error| refused(folder, &error))
}

fn refused(path: &Path, error: &io::Error) -> Refusal {
    Refusal::BadInput(format!("cannot write {}: {error}", path.display()))
}

/// Makes an empty file of a name that nothing there has, and removes it.
fn try_file_in(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".elbow.{}.probe", process::id()));
    OpenOptions::new().write(true).create_new(true).open(&probe)?;
    fs::remove_file(&probe)
}
