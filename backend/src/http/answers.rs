//! Answers kept encoded: what readers ask of the grid is executed, written and
//! compressed once per request, form and event number, and then served as it
//! lies. Knows neither who asks nor what the answer says; `graphql` decides
//! what may be kept.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use bytes::Bytes;
use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle, PlaceholderGuard},
};

use super::media::{Encoding, Media};

/// Bytes that are kept, keys included.
const BYTES: u64 = 64 * 1024 * 1024;
/// Answers of which about so many are kept.
const ITEMS: usize = 4096;
/// Running jobs count as lost by the clock, without an event; so nothing is
/// kept for longer.
const OLDEST: Duration = Duration::from_secs(60);
/// What is shorter is not worth compressing.
const COMPRESSED_FROM: usize = 1024;
const BROTLI_QUALITY: u32 = 5;
const BROTLI_WINDOW: u32 = 20;

/// What makes two requests have the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The newest event when it was asked.
    pub(super) event: i64,
    pub(super) media: Media,
    pub(super) encoding: Encoding,
    /// Asked by GET: `asked` is a query string, else a body.
    pub(super) get: bool,
    pub(super) asked: Bytes,
}

/// An answer ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) status: StatusCode,
    pub(super) media: Media,
    pub(super) encoding: Encoding,
    pub(super) body: Bytes,
    made: Instant,
}

impl Encoded {
    pub(super) fn new(status: StatusCode, media: Media, wanted: Encoding, body: Vec<u8>) -> Self {
        let (encoding, body) = compress(wanted, body);
        Self {
            status,
            media,
            encoding,
            body: body.into(),
            made: Instant::now(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Size;

impl Weighter<Key, Encoded> for Size {
    fn weight(&self, key: &Key, answer: &Encoded) -> u64 {
        (key.asked.len() + answer.body.len() + 256) as u64
    }
}

/// The right to put in the answer that others wait for.
pub(super) type Place<'a> = PlaceholderGuard<
    'a,
    Key,
    Encoded,
    Size,
    quick_cache::DefaultHashBuilder,
    DefaultLifecycle<Key, Encoded>,
>;

pub(super) struct Answers(Cache<Key, Encoded, Size>);

impl Answers {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(ITEMS, BYTES, Size))
    }

    /// The answer, if it is kept and fresh.
    pub(super) fn get(&self, key: &Key) -> Option<Encoded> {
        let answer = self.0.get(key)?;
        if answer.made.elapsed() < OLDEST {
            return Some(answer);
        }
        self.0.remove_if(key, |kept| kept.made.elapsed() >= OLDEST);
        None
    }

    /// The answer, or the place for it: who asks the same meanwhile waits.
    pub(super) async fn get_or_place(&self, key: &Key) -> Result<Encoded, Place<'_>> {
        self.0.get_value_or_guard_async(key).await
    }
}

fn compress(wanted: Encoding, body: Vec<u8>) -> (Encoding, Vec<u8>) {
    if body.len() < COMPRESSED_FROM {
        return (Encoding::Identity, body);
    }
    let packed = match wanted {
        Encoding::Identity => return (Encoding::Identity, body),
        Encoding::Gzip => gzip(&body),
        Encoding::Brotli => brotli(&body),
    };
    // Writing into memory does not fail; if it did, the plain bytes serve too.
    match packed {
        Ok(packed) => (wanted, packed),
        Err(_) => (Encoding::Identity, body),
    }
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let out = Vec::with_capacity(body.len() / 4);
    let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(6));
    encoder.write_all(body)?;
    encoder.finish()
}

fn brotli(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len() / 4);
    let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, BROTLI_QUALITY, BROTLI_WINDOW);
    encoder.write_all(body)?;
    encoder.flush()?;
    drop(encoder);
    Ok(out)
}
