//! GraphiQL as files of our own server: nothing of it is loaded from elsewhere.
//!
//! The bundles come from npm as their makers built them, with their licences; the page around them is
//! `frontend/graphiql/`. It must not know how the page is built.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::compress;
use crate::place::{Place, files_below};
use crate::tools;

/// In `node_modules`, and the name below `/graphiql/`.
const BUNDLES: &[(&str, &str)] = &[
    ("graphiql/graphiql.min.js", "graphiql.js"),
    ("graphiql/graphiql.min.css", "graphiql.css"),
    ("graphiql/LICENSE", "graphiql.LICENSE.txt"),
    ("graphql/LICENSE", "graphql.LICENSE.txt"),
    ("codemirror/LICENSE", "codemirror.LICENSE.txt"),
    ("react/umd/react.production.min.js", "react.js"),
    ("react/LICENSE", "react.LICENSE.txt"),
    ("react-dom/umd/react-dom.production.min.js", "react-dom.js"),
    ("react-dom/LICENSE", "react-dom.LICENSE.txt"),
];

/// Puts GraphiQL into a folder. It is compressed once and kept with the tools: it seldom changes, the page often.
pub(crate) fn write(place: &Place, folder: &Path) -> Result<()> {
    let modules = tools::npm_frontend(place)?;
    let mut files: Vec<(PathBuf, OsString)> = BUNDLES
        .iter()
        .map(|(from, name)| (modules.join(from), OsString::from(name)))
        .collect();
    for from in files_below(&place.root.join("frontend/graphiql"))? {
        if let Some(name) = from.file_name().map(ToOwned::to_owned) {
            files.push((from, name));
        }
    }
    let kept = place.tools.join("graphiql");
    let done = place.tools.join("graphiql.digest");
    let digest = digest(&files)?;
    if !fs::read_to_string(&done).is_ok_and(|had| had == digest) {
        compress(&files, &kept)?;
        fs::write(&done, digest).with_context(|| format!("cannot write {}", done.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for file in files_below(&kept)? {
        let to = folder.join(file.strip_prefix(&kept)?);
        fs::copy(&file, &to).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

fn compress(files: &[(PathBuf, OsString)], folder: &Path) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (from, name) in files {
        compress::write(&folder.join(name), &read(from)?)?;
    }
    Ok(())
}

fn digest(files: &[(PathBuf, OsString)]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for (from, name) in files {
        name.hash(&mut hasher);
        read(from)?.hash(&mut hasher);
    }
    Ok(format!("{:x}", hasher.finish()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
