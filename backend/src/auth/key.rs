//! The installation's key, which signs tokens and seals others' secrets: read
//! from a file, or made at first start.

use std::{
    fmt, fs,
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use jsonwebtoken::{DecodingKey, EncodingKey};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};

use crate::config::Config;

/// Bytes of a key; also the least that is accepted.
const LENGTH: usize = 32;

#[derive(Clone)]
pub struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Derived: who has it can sign nothing.
    sealing: [u8; LENGTH],
    fingerprint: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (sealing, _) = Hkdf::<Sha256>::extract(Some(b"lavafed seal"), bytes);
        Self {
            sealing: sealing.into(),
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            fingerprint: hex::encode(Sha256::digest([b"lavafed key ", bytes].concat())),
        }
    }

    /// The key of this installation. With SQLite it is made when it is not there;
    /// with PostgreSQL all replicas must be given the same.
    ///
    /// # Errors
    /// A sentence that names the file and what to do.
    pub fn load(config: &Config) -> Result<Self, String> {
        if let Some(file) = &config.signing_key_file {
            return read(file);
        }
        if config
            .database_url
            .as_deref()
            .is_some_and(|url| url.starts_with("postgres"))
        {
            return Err("With PostgreSQL all replicas sign with the same key. Make one (head -c 32 /dev/urandom | base64 > FILE; chmod 600 FILE) and name it by --signing-key-file.".to_owned());
        }
        let file = config.data_dir.join("signing.key");
        create(&file)?;
        read(&file)
    }

    /// Tells keys apart without showing them.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The key for sealing.
    pub(crate) fn sealing(&self) -> &[u8; LENGTH] {
        &self.sealing
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

/// Makes the file with mode 0600 unless it is there. Whole or not at all: two
/// processes that start at once end up with the same key.
fn create(file: &Path) -> Result<(), String> {
    if file.exists() {
        return Ok(());
    }
    let explain = |error: &dyn fmt::Display| {
        format!("Cannot make the signing key {}: {error}.", file.display())
    };
    let mut bytes = [0; LENGTH];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| explain(&error))?;
    let draft = file.with_extension(format!("key.{}", std::process::id()));
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(|error| explain(&error))?;
    writeln!(out, "{}", STANDARD.encode(bytes))
        .and_then(|()| out.sync_all())
        .map_err(|error| explain(&error))?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft).map_err(|error| explain(&error))?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(explain(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn read(file: &Path) -> Result<SigningKey, String> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| format!("Cannot read the signing key {name}: {error}."))?;
    let mode = fs::metadata(file)
        .map_err(|error| error.to_string())?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(format!(
            "The signing key {name} may be read by others. Type: chmod 600 {name}"
        ));
    }
    let bytes = STANDARD
        .decode(text.trim())
        .map_err(|_| format!("The signing key {name} is not base64. Restore it from a backup."))?;
    if bytes.len() < LENGTH {
        return Err(format!(
            "The signing key {name} has fewer than {LENGTH} bytes. Restore it from a backup."
        ));
    }
    Ok(SigningKey::from_bytes(&bytes))
}
