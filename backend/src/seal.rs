//! Sealing of the labs' API tokens at rest: readable with the installation's key
//! only, and only as the token of the lab it was sealed for. Knows no rows.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use entity::lab::LabId;
use rand::{TryRngCore as _, rngs::OsRng};

use crate::{
    auth::key::SigningKey,
    error::{Error, Result},
    lava::client::Secret,
};

/// How a sealed token is laid out: this byte, the nonce, the cipher text.
const FORM: u8 = 1;
const NONCE: usize = 24;

/// Seals a lab's API token.
///
/// # Errors
/// `INTERNAL` when the system has no random numbers.
pub fn seal(key: &SigningKey, lab: LabId, token: &Secret) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    OsRng.try_fill_bytes(&mut nonce).map_err(Error::internal)?;
    let cipher = XChaCha20Poly1305::new(key.sealing().into());
    let lab = bound_to(lab);
    let payload = Payload {
        msg: token.reveal().as_bytes(),
        aad: lab.as_bytes(),
    };
    let text = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::internal("an API token cannot be sealed"))?;
    let mut sealed = vec![FORM];
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Opens what was sealed for this lab.
///
/// # Errors
/// `CONFLICT` when it was sealed with another key or for another lab, or is damaged.
pub fn open(key: &SigningKey, lab: LabId, sealed: &[u8]) -> Result<Secret> {
    opened(key, lab, sealed).ok_or_else(|| {
        Error::conflict(
            "The lab's API token cannot be opened with this installation's key. Restore the key file, or set the token again: lavafed lab token LAB",
        )
    })
}

fn opened(key: &SigningKey, lab: LabId, sealed: &[u8]) -> Option<Secret> {
    let (form, rest) = sealed.split_first()?;
    let (nonce, text) = rest.split_first_chunk::<NONCE>()?;
    if *form != FORM {
        return None;
    }
    let cipher = XChaCha20Poly1305::new(key.sealing().into());
    let lab = bound_to(lab);
    let payload = Payload {
        msg: text,
        aad: lab.as_bytes(),
    };
    let token = cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
    Some(Secret::new(String::from_utf8(token).ok()?))
}

fn bound_to(lab: LabId) -> String {
    format!("lavafed lab {lab}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32])
    }

    #[test]
    fn a_sealed_token_opens_for_its_lab_with_its_key_only() {
        let token = Secret::new("a-lab-token");
        let sealed = seal(&key(1), LabId(4), &token).unwrap();
        assert_eq!(
            open(&key(1), LabId(4), &sealed).unwrap().reveal(),
            "a-lab-token"
        );
        assert!(open(&key(2), LabId(4), &sealed).is_err(), "another key");
        assert!(open(&key(1), LabId(5), &sealed).is_err(), "another lab");
        let shown = String::from_utf8_lossy(&sealed).into_owned();
        assert!(!shown.contains("a-lab-token"), "{shown}");
    }

    #[test]
    fn what_is_sealed_twice_looks_different_each_time() {
        let token = Secret::new("the same");
        let first = seal(&key(1), LabId(1), &token).unwrap();
        assert_ne!(first, seal(&key(1), LabId(1), &token).unwrap());
    }

    #[test]
    fn a_changed_or_cut_one_does_not_open() {
        let sealed = seal(&key(1), LabId(1), &Secret::new("token")).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key(1), LabId(1), &changed).is_err(), "byte {at}");
            assert!(open(&key(1), LabId(1), &sealed[..at]).is_err(), "cut {at}");
        }
    }
}
