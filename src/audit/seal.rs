//! The key that seals the chain's head: a file beside the data, made with the first row and never again.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::rules::Link;
use crate::clock::Rng;

const FILE: &str = "audit.key";

#[derive(Clone)]
pub struct Seal {
    file: Arc<PathBuf>,
    key: Arc<OnceLock<String>>,
}

impl Seal {
    pub fn beside(data_dir: &Path) -> Self {
        Self {
            file: Arc::new(data_dir.join(FILE)),
            key: Arc::default(),
        }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Seals a head; none when the key is gone. A new key for an old chain would hide what was done to it, so none is made then.
    pub(super) fn of(&self, head: &Link, rng: &Rng) -> std::io::Result<Option<String>> {
        if head.seq == 1 {
            self.make(rng)?;
        }
        Ok(self.key()?.map(|key| sealed(&key, head)))
    }

    /// Whether `seal` was made for `head`; none when the key is gone.
    pub(super) fn fits(&self, head: &Link, seal: &str) -> std::io::Result<Option<bool>> {
        Ok(self.key()?.map(|key| sealed(&key, head) == seal))
    }

    fn key(&self) -> std::io::Result<Option<String>> {
        if let Some(key) = self.key.get() {
            return Ok(Some(key.clone()));
        }
        match std::fs::read_to_string(self.file.as_path()) {
            Ok(key) => Ok(Some(self.key.get_or_init(|| key.trim().to_owned()).clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn make(&self, rng: &Rng) -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(self.file.as_path()) {
            Ok(mut file) => {
                file.write_all(rng.token().as_bytes())?;
                file.sync_all()
            }
            // Of a first row that was rolled back.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn sealed(key: &str, head: &Link) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        // HMAC takes keys of any length.
        return String::new();
    };
    mac.update(format!("{}:{}", head.seq, head.hash).as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_fits_its_own_head_only_and_no_key_is_made_for_an_old_chain() {
        let dir = tempfile::tempdir().expect("directory");
        let (seal, rng) = (Seal::beside(dir.path()), Rng::seeded(1));
        let link = |seq| Link {
            seq,
            hash: "ab".into(),
        };
        assert_eq!(seal.of(&link(2), &rng).expect("read"), None);
        let first = seal.of(&link(1), &rng).expect("made").expect("a seal");
        assert_eq!(seal.fits(&link(1), &first).expect("read"), Some(true));
        assert_eq!(seal.fits(&link(2), &first).expect("read"), Some(false));
        let beside = Seal::beside(dir.path());
        assert_eq!(beside.fits(&link(1), &first).expect("read"), Some(true));
    }
}
