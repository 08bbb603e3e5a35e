//! How much memory is asked for at most: what would take more is refused with the figure, not attempted.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes.
const MOST: f64 = 4e9;

/// Whether so many bytes may be asked for.
///
/// # Errors
/// Both figures, for the end of a sentence that begins with what would take them.
pub(crate) fn allowed(bytes: f64) -> Result<(), String> {
    if bytes <= MOST {
        return Ok(());
    }
    let [wanted, most] = [bytes, MOST].map(|bytes| bytes / 1e9);
    // Four digits are read as they are, forty are not.
    let wanted = if wanted < 1e4 { format!("{wanted:.1}") } else { format!("{wanted:.1e}") };
    Err(format!("would take {wanted} GB of memory, more than the {most:.0} GB that are allowed"))
}

/// What is in a file of at most so many bytes. A device has no end that could be waited for.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("longer than {most} bytes, and would not fit in memory")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_said_with_both_figures() {
        assert_eq!(allowed(4e9), Ok(()));
        let refused = |bytes| allowed(bytes).unwrap_err();
        assert_eq!(refused(4.21e9), "would take 4.2 GB of memory, more than the 4 GB that are allowed");
        assert!(refused(1.7e16).starts_with("would take 1.7e7 GB"), "{}", refused(1.7e16));
        assert!(allowed(f64::INFINITY).is_err());
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert!(read(&file, 4).unwrap_err().to_string().starts_with("longer than 4 bytes"));
    }
}
