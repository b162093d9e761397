//! The page: trunk's build of its bundles, compressed and put into `frontend/dist`, from where the server takes it in.
//!
//! It must not know how the server serves these files, only that a file `X` may have `X.br` and `X.gz` beside it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::compress::{self, Sizes};
use crate::graphiql;
use crate::place::{Place, files_below};
use crate::step;
use crate::tools;

/// Each is a page of its own in `frontend/`, which a reader loads without the others.
const BUNDLES: [&str; 2] = ["grid", "farm"];

/// What a bundle may cost over the wire, compressed with brotli.
const BUDGET: usize = 200 * 1024;

/// What the page is made from. Cargo and trunk would look at all of it again and take ten seconds to do nothing.
const SOURCES: &[&str] = &[
    "frontend/src",
    "frontend/graphql",
    "frontend/graphiql",
    "frontend/style",
    "frontend/npm/package-lock.json",
    "frontend/boot.js",
    "frontend/farm.html",
    "frontend/grid.html",
    "frontend/icon.svg",
    "frontend/theme.js",
    "schema.graphql",
    "Trunk.toml",
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "xtask",
];

/// Builds the page when its sources or its files are not those of the last build.
pub(crate) fn ensure(place: &Place) -> Result<()> {
    let dist = place.root.join("frontend/dist");
    let stamp = place.target.join("xtask-page.stamp");
    let sources = sources_digest(place)?;
    if fs::read_to_string(&stamp).is_ok_and(|was| Some(was) == mark(sources, &dist).ok()) {
        return Ok(());
    }
    let modules = tools::for_page(place)?;
    step::run(
        place,
        "Fetching the crates",
        place
            .cargo()
            .args(["fetch", "--target", "wasm32-unknown-unknown"]),
    )?;
    let mut built = Vec::new();
    for bundle in BUNDLES {
        let files = trunk(place, bundle)?;
        minify(place, &modules, &files)?;
        built.push((bundle, files));
    }
    let sizes = step::work("Compressing the page", || publish(place, &built, &dist))?;
    for (bundle, files) in &sizes {
        report(bundle, files)?;
    }
    fs::write(&stamp, mark(sources, &dist)?)
        .with_context(|| format!("cannot write {}", stamp.display()))
}

fn trunk(place: &Place, bundle: &str) -> Result<PathBuf> {
    let dist = place.target.join("trunk").join(bundle);
    let page = format!("{bundle}.html");
    step::run(
        place,
        &format!("Building the {bundle}"),
        place
            .command(place.tool("trunk"))
            .args(["build", "--release", "--offline", "--locked"])
            .args(["--html-output", &page, "--dist"])
            .arg(&dist)
            .arg(place.root.join("frontend").join(&page))
            // trunk takes this for its own flag and cannot read the usual value `1`.
            .env_remove("NO_COLOR"),
    )?;
    Ok(dist)
}

/// The script between the page and the browser: wasm-bindgen writes it to be read, and trunk leaves it so.
fn minify(place: &Place, modules: &Path, built: &Path) -> Result<()> {
    let is_glue = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("lavafed-") && name.ends_with(".js"))
    };
    let glue = files_below(built)?.into_iter().find(is_glue);
    let glue = glue.context("trunk has written no script beside the page")?;
    step::run(
        place,
        "Minifying the script",
        place
            .command("node")
            .arg(modules.join("terser/bin/terser"))
            .arg(&glue)
            .args(["--module", "--compress", "passes=2", "--mangle", "--output"])
            .arg(&glue),
    )
}

/// What the files of a bundle cost.
type Bill<'b> = (&'b str, Vec<(String, Sizes)>);

/// Puts trunk's files and GraphiQL into the dist folder, each with its compressed faces, the pages last. What bundles
/// share has the same name, because a name has the hash of what is in it.
fn publish<'b>(place: &Place, built: &[(&'b str, PathBuf)], dist: &Path) -> Result<Vec<Bill<'b>>> {
    if dist.is_dir() {
        fs::remove_dir_all(dist).with_context(|| format!("cannot clear {}", dist.display()))?;
    }
    graphiql::write(place, &dist.join("graphiql"))?;
    let mut bills = Vec::new();
    for (bundle, built) in built {
        let mut files = files_below(built)?;
        files.sort_by_key(|file| file.extension().is_some_and(|ending| ending == "html"));
        let mut sizes = Vec::new();
        for file in files {
            let name = file.strip_prefix(built)?;
            let to = dist.join(name);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            let content = fs::read(&file)?;
            sizes.push((name.display().to_string(), compress::write(&to, &content)?));
        }
        bills.push((*bundle, sizes));
    }
    Ok(bills)
}

fn report(bundle: &str, files: &[(String, Sizes)]) -> Result<()> {
    let line = |name: &str, sizes: Sizes| {
        eprintln!(
            "    {name:<44} {:>9} {:>9} {:>9}",
            sizes.raw, sizes.brotli, sizes.gzip
        );
    };
    eprintln!(
        "    {:<44} {:>9} {:>9} {:>9}",
        format!("bytes of the {bundle}"),
        "raw",
        "brotli",
        "gzip"
    );
    for (name, sizes) in files {
        line(name, *sizes);
    }
    let whole = files
        .iter()
        .fold(Sizes::default(), |sum, (_, sizes)| sum.plus(*sizes));
    line("together", whole);
    ensure!(
        whole.brotli <= BUDGET,
        "the {bundle} is {} bytes with brotli: {} over its budget of {BUDGET}",
        whole.brotli,
        whole.brotli - BUDGET
    );
    eprintln!("    within the budget of {BUDGET} bytes with brotli");
    Ok(())
}

/// Says both what went in and what came out: a dist folder that someone changed or removed is built anew.
fn mark(sources: u64, dist: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for bundle in BUNDLES {
        let page = dist.join(format!("{bundle}.html"));
        ensure!(page.is_file(), "the {bundle} has no page");
    }
    for file in files_below(dist)? {
        file.strip_prefix(dist)?.hash(&mut hasher);
        file.metadata()?.len().hash(&mut hasher);
    }
    Ok(format!("{sources:x} {:x}", hasher.finish()))
}

fn sources_digest(place: &Place) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    let top = fs::read_dir(place.root.join("frontend"))
        .context("cannot list frontend")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file());
    let mut files: Vec<PathBuf> = top.collect();
    for source in SOURCES {
        let path = place.root.join(source);
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        file.strip_prefix(&place.root)?.hash(&mut hasher);
        content.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_over_its_budget_is_refused() {
        let of = |brotli| Sizes {
            raw: 3 * BUDGET,
            brotli,
            gzip: BUDGET,
        };
        let script = ("page.js".to_owned(), of(BUDGET / 2));
        let within = [script.clone(), ("page.wasm".to_owned(), of(BUDGET / 2))];
        let over = [script, ("page.wasm".to_owned(), of(BUDGET / 2 + 1))];
        assert!(report("grid", &within).is_ok());
        let refused = report("grid", &over).unwrap_err().to_string();
        assert!(refused.contains("1 over its budget"), "{refused}");
    }
}
