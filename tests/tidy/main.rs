//! The rules of the house that no compiler knows: who may name whom, and what every file has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// Files that git knows or would take, and that are not made by others.
fn files(ending: &str) -> Result<Vec<(String, String)>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize()?;
    let mut found = Vec::new();
    collect(&root, &root, ending, &mut found)?;
    ensure!(found.len() > 10, "no files ending in {ending:?}");
    found.sort();
    Ok(found)
}

fn collect(
    root: &Path,
    folder: &Path,
    ending: &str,
    found: &mut Vec<(String, String)>,
) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        let own = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "dist", ".git", "fixtures"].contains(&own.as_str()) {
                collect(root, &path, ending, found)?;
            }
        } else if own.ends_with(ending) {
            let text = fs::read(&path).with_context(|| name.clone())?;
            if let Ok(text) = String::from_utf8(text) {
                found.push((name, text));
            }
        }
    }
    Ok(())
}

fn none(broken: Vec<String>) -> Result<()> {
    ensure!(broken.is_empty(), "\n{}", broken.join("\n"));
    Ok(())
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether a line names a crate or module, and not something that only ends or begins like it.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Crates, and the only places of the server where they may be named.
const KEPT: &[(&str, &[&str])] = &[
    ("axum", &["backend/src/http/"]),
    ("hyper", &["backend/src/http/"]),
    (
        "async_graphql",
        &["backend/src/graphql/", "backend/src/http/"],
    ),
    (
        "clap",
        &[
            "backend/src/cli/",
            "backend/src/main.rs",
            "backend/src/config.rs",
        ],
    ),
    ("csv", &["backend/src/http/"]),
    ("jsonwebtoken", &["backend/src/auth/"]),
    ("chacha20poly1305", &["backend/src/seal.rs"]),
    (
        "minijinja",
        &["backend/src/template/", "backend/src/http/plain/"],
    ),
    ("saphyr_parser", &["backend/src/lava/yaml/"]),
    (
        "quick_xml",
        &["backend/src/http/badge.rs", "backend/src/http/feed.rs"],
    ),
    ("reqwest", &["backend/src/lava/client/transport.rs"]),
    (
        "dxr",
        &[
            "backend/src/lava/client/xml_rpc.rs",
            "backend/src/lava/client/tests/xml_rpc.rs",
        ],
    ),
];

#[test]
fn crates_are_named_where_they_belong() -> Result<()> {
    let mut broken = Vec::new();
    for (file, text) in files(".rs")? {
        if !file.starts_with("backend/src/") {
            continue;
        }
        for (at, line) in code(&text) {
            for (word, places) in KEPT {
                if names(line, word) && !places.iter().any(|place| file.starts_with(place)) {
                    broken.push(format!(
                        "{file}:{at}: names {word}, which belongs to {}",
                        places.join(" ")
                    ));
                }
            }
            let outside = ["backend/src/graphql/", "backend/src/http/"];
            if names(line, "sea_orm") && outside.iter().any(|place| file.starts_with(place)) {
                broken.push(format!(
                    "{file}:{at}: names sea_orm; rows are asked for in service/"
                ));
            }
        }
    }
    none(broken)
}

/// The modules of the server from top to bottom: each names only those below its own row.
const ROWS: &[&[&str]] = &[
    &["http", "worker", "cli"],
    &["demo"],
    &["graphql", "drive"],
    &["service"],
    &["template", "release", "blame", "course"],
    &["verdict", "change", "scrub", "lease"],
    &["rollup", "window"],
    &["app"],
    &["seal"],
    &["auth", "event"],
    &["db", "lava"],
    &["config"],
    &["error"],
];

/// Rows of modules that may name each other although neither is above: what they work with is composed in `app`.
const FRIENDS: &[(&str, &str)] = &[
    // App holds what is kept in memory, and marks a token as used.
    ("app", "service"),
    // The templates are read once, at start.
    ("app", "template"),
];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

#[test]
fn modules_name_only_those_below() -> Result<()> {
    let mut broken = Vec::new();
    let mut seen = BTreeMap::new();
    for (file, text) in files(".rs")? {
        let Some(rest) = file.strip_prefix("backend/src/") else {
            continue;
        };
        let own = rest
            .split('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs");
        if own == "lib" || own == "main" {
            continue;
        }
        seen.insert(own.to_owned(), row(own));
        for (at, named) in crate_paths(&text) {
            let friends = FRIENDS.contains(&(own, named.as_str()));
            let (Some(above), Some(below)) = (row(own), row(&named)) else {
                continue;
            };
            if named != own && above >= below && !friends {
                broken.push(format!(
                    "{file}:{at}: {own} names {named}, which is not below it"
                ));
            }
        }
    }
    for (module, row) in seen {
        if row.is_none() {
            broken.push(format!(
                "backend/src/{module} stands in no row of this test"
            ));
        }
    }
    none(broken)
}

/// The modules behind `crate::`, also those in the braces of a `use`.
fn crate_paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut depth = 0;
    for (at, line) in code(text) {
        let mut rest = line;
        if depth > 0 {
            // within `use crate::{ … };` each name at depth one is a module
            for part in line.split_inclusive([',', '{', '}']) {
                let word: String = part
                    .trim()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if depth == 1 && !word.is_empty() {
                    found.push((at, word));
                }
                depth += part.matches('{').count();
                depth = depth.saturating_sub(part.matches('}').count());
            }
            continue;
        }
        while let Some(begin) = rest.find("crate::") {
            rest = rest.get(begin + 7..).unwrap_or_default();
            if rest.starts_with('{') {
                let inside = rest.get(1..).unwrap_or_default();
                depth = 1 + inside.matches('{').count();
                depth = depth.saturating_sub(inside.matches('}').count());
                for part in inside.trim_end_matches("};").split(',') {
                    let word: String = part
                        .trim()
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    if !word.is_empty() {
                        found.push((at, word));
                    }
                }
                break;
            }
            let word: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            found.push((at, word));
        }
    }
    found
}

#[test]
fn the_reader_of_paths_reads_them() {
    let text = "use crate::{\n    app::App,\n    auth::{self, Actor},\n    error::{Code, Result},\n};\nuse crate::db::Db;\n\
        use crate::{event, lava::yaml};\n// crate::comment\nfn f() -> crate::error::Result<()> {}\n";
    let words: Vec<_> = crate_paths(text)
        .into_iter()
        .map(|(_, word)| word)
        .collect();
    assert_eq!(
        words,
        ["app", "auth", "error", "db", "event", "lava", "error"]
    );
}

#[test]
fn every_module_says_what_it_is_for() -> Result<()> {
    let mut broken = Vec::new();
    for (file, text) in files(".rs")? {
        if !text.starts_with("//!") {
            broken.push(format!("{file}: does not begin with //!"));
        }
    }
    none(broken)
}

#[test]
fn no_file_is_too_long() -> Result<()> {
    let mut broken = Vec::new();
    for (file, text) in files(".rs")? {
        let lines = text.lines().count();
        if lines > 500 {
            broken.push(format!("{file}: {lines} lines; split it"));
        }
    }
    none(broken)
}

#[test]
fn lints_are_expected_with_a_reason() -> Result<()> {
    let mut broken = Vec::new();
    for (file, text) in files(".rs")? {
        for (at, line) in code(&text) {
            let attribute = line.trim_start();
            if attribute.starts_with(concat!("#[al", "low("))
                || attribute.starts_with(concat!("#![al", "low("))
            {
                broken.push(format!("{file}:{at}: expect it, and say why"));
            }
            let left = ["TO", "FIX"]
                .iter()
                .zip(["DO", "ME"])
                .map(|(a, b)| format!("{a}{b}"));
            for word in left {
                if names(line, &word) {
                    broken.push(format!("{file}:{at}: {word}"));
                }
            }
        }
    }
    none(broken)
}

/// Who reads this repository has no part in how or where it was written.
#[test]
fn nothing_tells_of_the_machine_it_was_written_on() -> Result<()> {
    let paths = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat()];
    let mut broken = Vec::new();
    for ending in [
        ".rs", ".toml", ".md", ".graphql", ".js", ".css", ".html", ".sh", "run", ".json",
    ] {
        for (file, text) in files_or_none(ending)? {
            for (at, line) in text.lines().enumerate() {
                if paths.iter().any(|path| line.contains(path.as_str())) {
                    broken.push(format!("{file}:{}: {}", at + 1, line.trim()));
                }
            }
        }
    }
    none(broken)
}

fn files_or_none(ending: &str) -> Result<Vec<(String, String)>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize()?;
    let mut found = Vec::new();
    collect(&root, &root, ending, &mut found)?;
    Ok(found)
}

/// The edges between crates that must not be.
#[test]
fn crates_know_only_those_they_may() -> Result<()> {
    let manifest = |name: &str| {
        fs::read_to_string(format!(
            "{}/../{name}/Cargo.toml",
            env!("CARGO_MANIFEST_DIR")
        ))
    };
    for (name, forbidden) in [
        (
            "entity",
            &["lavafed", "migration", "axum", "async-graphql"][..],
        ),
        ("migration", &["lavafed", "entity", "axum", "async-graphql"]),
        ("frontend", &["lavafed.", "entity", "migration", "sea-orm"]),
        ("backend", &["lavafed-tests", "lavafed-frontend"]),
        ("fake-lab", &["lavafed", "entity", "migration", "sea-orm"]),
        ("query", &["lavafed", "entity", "migration", "sea-orm"]),
    ] {
        let text = manifest(name)?;
        let dependencies = text
            .split("[dependencies]")
            .nth(1)
            .context("dependencies")?;
        for word in forbidden {
            let named = dependencies.lines().any(|line| line.starts_with(word));
            ensure!(!named, "{name} depends on {word}");
        }
    }
    Ok(())
}
