//! The files of templates: those of the operator's folder, or those that come
//! with lavafed. Must not know what a template means.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Problem;

/// A file of the folder.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Its place within the folder, which is how templates name each other.
    pub(super) name: String,
    /// What people are told it is called.
    pub(super) file: String,
    pub(super) text: String,
}

/// What the name of every file of templates ends in.
pub(super) const ENDING: &str = ".jinja2";
/// What the name of a job's template ends in.
pub(super) const JOB_ENDING: &str = ".yaml.jinja2";
/// The template of SLAVE jobs.
pub(super) const DISPATCHER: &str = "dispatcher.yaml.jinja2";

/// A template is some hundred lines; much more is another file by mistake.
const LARGEST: u64 = 512 * 1024;
const MOST_FILES: usize = 1_000;
const DEEPEST: usize = 8;

const BUILT_IN: [(&str, &str); 3] = [
    (
        "beaglebone-black.yaml.jinja2",
        include_str!("../../templates/beaglebone-black.yaml.jinja2"),
    ),
    (
        DISPATCHER,
        include_str!("../../templates/dispatcher.yaml.jinja2"),
    ),
    (
        "qemu.yaml.jinja2",
        include_str!("../../templates/qemu.yaml.jinja2"),
    ),
];

/// The operator's files; ours without a folder, and our dispatcher where the folder has none.
pub(super) fn all(folder: Option<&Path>) -> (Vec<Source>, Vec<Problem>) {
    let Some(folder) = folder else {
        return (built_in(), Vec::new());
    };
    let (mut sources, problems) = read(folder);
    if !sources.iter().any(|source| source.name == DISPATCHER) {
        let ours = built_in().into_iter();
        sources.extend(ours.filter(|source| source.name == DISPATCHER));
    }
    (sources, problems)
}

/// The templates that come with lavafed.
fn built_in() -> Vec<Source> {
    BUILT_IN
        .into_iter()
        .map(|(name, text)| Source {
            name: name.to_owned(),
            file: format!("(built in) {name}"),
            text: text.to_owned(),
        })
        .collect()
}

/// Reads a folder and those within it, in the order of names. Hidden files and
/// links to folders are left alone.
fn read(folder: &Path) -> (Vec<Source>, Vec<Problem>) {
    let mut reader = Reader {
        root: folder,
        sources: Vec::new(),
        problems: Vec::new(),
    };
    reader.folder(folder, 0);
    (reader.sources, reader.problems)
}

struct Reader<'a> {
    root: &'a Path,
    sources: Vec<Source>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let mut paths = match listed(folder) {
            Ok(paths) => paths,
            Err(error) => {
                let told = format!(
                    "the folder of templates cannot be read ({error}): set template_folder to a folder that lavafed may read"
                );
                return self.wrong(folder, told);
            }
        };
        paths.sort();
        for path in paths {
            let is_folder = path.is_dir() && !path.is_symlink();
            if is_folder && depth < DEEPEST {
                self.folder(&path, depth + 1);
            } else if !is_folder && path.to_string_lossy().ends_with(ENDING) {
                self.file(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.strip_prefix(self.root).ok().and_then(Path::to_str);
        let Some(name) = name.map(|name| name.replace(std::path::MAIN_SEPARATOR, "/")) else {
            return self.wrong(
                path,
                "the name of the file is not UTF-8: rename it".to_owned(),
            );
        };
        if self.sources.len() == MOST_FILES {
            let told =
                format!("more than {MOST_FILES} templates: this one and later ones are not used");
            return self.wrong(path, told);
        }
        match text_of(path) {
            Ok(text) => self.sources.push(Source {
                name,
                file: path.display().to_string(),
                text,
            }),
            Err(told) => self.wrong(path, told),
        }
    }

    fn wrong(&mut self, path: &Path, sentence: String) {
        self.problems.push(Problem {
            file: path.display().to_string(),
            line: None,
            sentence,
        });
    }
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    Ok(entries
        .into_iter()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .collect())
}

fn text_of(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("the file cannot be read ({error})");
    let about = fs::metadata(path).map_err(cannot)?;
    if !about.is_file() {
        return Err("this is no file".to_owned());
    }
    if about.len() > LARGEST {
        return Err(format!(
            "the file has {} bytes, more than the {LARGEST} a template may have",
            about.len()
        ));
    }
    let bytes = fs::read(path).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}
