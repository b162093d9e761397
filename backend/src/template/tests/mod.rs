//! Templates as an operator writes them, and what LAVA is given.

mod broken;
mod fed;
mod hostile;
mod plan;
mod slave;

use std::fs;

use chrono::TimeDelta;
use entity::lease::LeaseId;
use tempfile::TempDir;

use super::{
    Callback, Problem, fed::FedJob, library::Library, settings::Settings, slave::SlaveJob,
};
use crate::lava::yaml::{self, Limits, Node};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("within the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// What is loaded from these files, with problems as people read them, and the
/// folder's own path left out.
fn loaded(files: &[(&str, &str)]) -> (Library, Vec<String>) {
    let folder = folder(files);
    let (library, problems) = Library::load(Settings {
        folder: Some(folder.path().to_owned()),
        ..Settings::default()
    });
    let told = problems.iter().map(|problem| within(&folder, problem));
    (library, told.collect())
}

fn within(folder: &TempDir, problem: &Problem) -> String {
    let path = format!("{}/", folder.path().display());
    problem.to_string().replace(&path, "")
}

/// The templates of these files, which have no problem.
fn library(files: &[(&str, &str)]) -> Library {
    let (library, problems) = loaded(files);
    assert_eq!(problems, Vec::<String>::new());
    library
}

fn built_in() -> Library {
    let (library, problems) = Library::load(Settings::default());
    assert_eq!(problems, []);
    library
}

fn read(text: &str) -> Node {
    yaml::parse(text, &Limits::DEFINITION).expect("what is submitted is YAML")
}

/// The text at a place such as `metadata.lavafed.lab`: keys may have dots.
fn text_at<'a>(mut node: &'a Node, keys: &[&str]) -> &'a str {
    for key in keys {
        node = match key.parse::<usize>() {
            Ok(nth) => &node.items()[nth],
            Err(_) => node.get(key).unwrap_or_else(|| panic!("{key} in {keys:?}")),
        };
    }
    node.text().unwrap_or_else(|| panic!("text at {keys:?}"))
}

const CALLBACK: Callback<'_> = Callback {
    url: "https://lavafed.example.org/api/lava/callback",
    token: "jwt.of.the-job",
};

fn fed_job() -> FedJob<'static> {
    FedJob {
        name: "lavafed fed 17",
        device_type: "qemu",
        version: "2026.10",
        device: "berlin-qemu-01",
        tag: "lavafed-berlin-qemu-01",
        lab: "berlin",
        lease: LeaseId(7),
        left: TimeDelta::minutes(45),
        callback: CALLBACK,
    }
}

fn slave_job() -> SlaveJob<'static> {
    SlaveJob {
        name: "lavafed slave 18",
        device_type: "docker",
        docker_tags: &[],
        docker_device: None,
        lab: "berlin",
        version: "2026.10",
        worker: "lavafed-berlin-docker-01",
        worker_token: "aB3tokenOfTheWorker",
        url: "https://lava.example.org",
        patience: TimeDelta::minutes(15),
        left: TimeDelta::minutes(120),
        callback: CALLBACK,
    }
}

/// The least there is to a template.
const LEAST: &str = "\
device_type: {{ device_type }}
timeouts: {job: {minutes: 10}}
metadata:
  lavafed.features: boot.qemu
actions:
- boot:
    method: qemu
";
