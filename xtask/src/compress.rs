//! A file and its two compressed faces, made once here so that the server never compresses a file while someone waits.
//!
//! It must not know which files the page has.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What one file costs over the wire.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sizes {
    pub(crate) raw: usize,
    pub(crate) brotli: usize,
    pub(crate) gzip: usize,
}

impl Sizes {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            brotli: self.brotli + other.brotli,
            gzip: self.gzip + other.gzip,
        }
    }
}

/// Writes `X`, `X.br` and `X.gz`. A face that saves nothing is left out: the plain file is what to send then.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<Sizes> {
    let brotli = brotli(content)?;
    let gzip = gzip(content)?;
    put(path, content)?;
    for (face, ending) in [(&brotli, ".br"), (&gzip, ".gz")] {
        if face.len() < content.len() {
            put(&beside(path, ending), face)?;
        }
    }
    Ok(Sizes {
        raw: content.len(),
        brotli: brotli.len().min(content.len()),
        gzip: gzip.len().min(content.len()),
    })
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn put(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let buffer = 64 * 1024;
    let quality = 11;
    let window = 22;
    let mut writer = brotli::CompressorWriter::new(Vec::new(), buffer, quality, window);
    writer.write_all(content)?;
    Ok(writer.into_inner())
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_faces_give_the_file_back() {
        let content = "the same words again and again ".repeat(200).into_bytes();
        let mut back = Vec::new();
        brotli::Decompressor::new(&brotli(&content).unwrap()[..], 4096)
            .read_to_end(&mut back)
            .unwrap();
        assert_eq!(back, content);
        back.clear();
        flate2::read::GzDecoder::new(&gzip(&content).unwrap()[..])
            .read_to_end(&mut back)
            .unwrap();
        assert_eq!(back, content);
    }
}
