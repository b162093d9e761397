//! The templates of one operator: read and checked once, then asked by name.
//! Must not know which devices there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use minijinja::Value;

use super::{
    Problem,
    check::{self, Facts, Kind},
    render::{self, Engine, Page},
    sources::{self, DISPATCHER, JOB_ENDING, Source},
};
use crate::lava::feature::DeclaredFeature;

/// How long a FED job may at least wait for its device, which is idle: LAVA's
/// scheduler may take 20 seconds to look, and a worker as long to ask.
pub(super) const WAIT: TimeDelta = TimeDelta::minutes(1);

/// What the operator sets.
#[derive(Clone)]
pub struct Settings {
    /// Where the templates are; none: those that come with lavafed.
    pub folder: Option<PathBuf>,
    /// What templates may use beside what lavafed gives them.
    pub vars: BTreeMap<String, serde_json::Value>,
    /// The image of LAVA's dispatcher, in Jinja2 over `version`.
    pub dispatcher_image: String,
    /// Whether a lab has that image already and need not pull it.
    pub dispatcher_image_local: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: None,
            vars: BTreeMap::new(),
            dispatcher_image: "docker.io/lavasoftware/lava-dispatcher:{{ version }}".to_owned(),
            dispatcher_image_local: false,
        }
    }
}

/// The variables may hold passwords.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("folder", &self.folder)
            .field("vars", &self.vars.keys())
            .field("dispatcher_image", &self.dispatcher_image)
            .field("dispatcher_image_local", &self.dispatcher_image_local)
            .finish()
    }
}

/// A row of the plan that names a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanRow<'a> {
    pub template: &'a str,
    pub feature: &'a str,
    /// None: a generic feature, run on whichever device-type.
    pub device_type: Option<&'a str>,
}

/// Templates, checked.
pub struct Library {
    engine: Engine,
    settings: Settings,
    fed: BTreeMap<String, Facts>,
    /// The first problem of each file that cannot be used.
    broken: BTreeMap<String, Problem>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("settings", &self.settings)
            .field("fed", &self.fed)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

/// What lavafed tells a template.
pub(super) type Told<'a> = BTreeMap<&'static str, Value>;

impl Library {
    /// Reads the templates and checks each with sample values. Those with a
    /// problem are known as broken; the others can be used.
    #[must_use]
    pub fn load(settings: Settings) -> (Self, Vec<Problem>) {
        let (sources, mut problems) = sources(settings.folder.as_deref());
        let (engine, broken) = Engine::new(&sources);
        let mut library = Self {
            engine,
            settings,
            fed: BTreeMap::new(),
            broken: BTreeMap::new(),
        };
        problems.extend(library.names_taken());
        for source in &sources {
            let found = match broken.get(&source.name) {
                Some(problem) => vec![problem.clone()],
                None => library.examine(&source.name),
            };
            if let Some(first) = found.first() {
                library.broken.insert(source.name.clone(), first.clone());
            }
            problems.extend(found);
        }
        problems.extend(super::slave::image(&library, SAMPLE_VERSION).err());
        let mut told = BTreeSet::new();
        problems.retain(|problem| told.insert(problem.to_string()));
        (library, problems)
    }

    /// The templates that can be used, in the order of their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fed.keys().map(String::as_str)
    }

    /// The features that a template exercises; None: it cannot be used.
    #[must_use]
    pub fn exercises(&self, template: &str) -> Option<&[DeclaredFeature]> {
        self.fed
            .get(template)
            .map(|facts| facts.features.as_slice())
    }

    /// How long a job of the template takes at most, from its submission to
    /// its time-out; None: it cannot be used.
    #[must_use]
    pub fn takes(&self, template: &str) -> Option<TimeDelta> {
        self.fed.get(template).map(|facts| facts.takes + WAIT)
    }

    /// What is wrong with the plan: a template that is not there, does not
    /// exercise the feature, or is for another device-type.
    #[must_use]
    pub fn check_plan(&self, rows: &[PlanRow<'_>]) -> Vec<Problem> {
        let mut told = BTreeSet::new();
        let mut problems: Vec<_> = rows
            .iter()
            .filter_map(|row| self.check_row(row).err())
            .collect();
        problems.retain(|problem| told.insert(problem.to_string()));
        problems
    }

    fn check_row(&self, row: &PlanRow<'_>) -> Result<(), Problem> {
        let facts = self.facts(row.template)?;
        if !facts
            .features
            .iter()
            .any(|feature| feature.name == row.feature)
        {
            return Err(self.wrong(
                row.template,
                format!(
                    "the plan runs it for feature {}, which is not among its lavafed.features",
                    row.feature
                ),
            ));
        }
        match row.device_type {
            None => Ok(()),
            Some(device_type) => self
                .fed_page(row.template, sample(device_type))
                .and_then(|page| self.agrees(row.template, &page, device_type)),
        }
    }

    /// What a template is; a problem if it cannot be used.
    pub(super) fn facts(&self, template: &str) -> Result<&Facts, Problem> {
        if let Some(facts) = self.fed.get(template) {
            return Ok(facts);
        }
        let file = format!("{template}{JOB_ENDING}");
        if let Some(problem) = self.broken.get(&file) {
            return Err(problem.clone());
        }
        let names: Vec<_> = self.names().collect();
        Err(self.wrong(
            template,
            format!(
                "the plan runs template {template}, of which there is no file; there are {}",
                names.join(", ")
            ),
        ))
    }

    /// Renders the template of a FED job.
    pub(super) fn fed_page(&self, template: &str, told: Told<'_>) -> Result<Page, Problem> {
        let file = format!("{template}{JOB_ENDING}");
        self.engine.render(&file, self.context(told))
    }

    /// Renders the template of a SLAVE job.
    pub(super) fn slave_page(&self, told: Told<'_>) -> Result<Page, Problem> {
        if let Some(problem) = self.broken.get(DISPATCHER) {
            return Err(problem.clone());
        }
        self.engine.render(DISPATCHER, self.context(told))
    }

    /// Whether a rendering is what the template is known for, with values that
    /// are no samples.
    pub(super) fn agrees(
        &self,
        template: &str,
        page: &Page,
        device_type: &str,
    ) -> Result<(), Problem> {
        let known = self.facts(template)?;
        let facts = check::facts(page, Kind::Fed).map_err(|problems| {
            let unsaid = || self.wrong(template, "it cannot be used".to_owned());
            problems.into_iter().next().unwrap_or_else(unsaid)
        })?;
        if facts.device_type != device_type {
            return Err(page.lines.problem(
                "device_type",
                format!(
                    "the plan runs it on device-type {device_type}, and it is for {}",
                    facts.device_type
                ),
            ));
        }
        if facts.features != known.features {
            return Err(page.lines.problem(
                "lavafed.features",
                "lavafed.features must be the same whatever the values are",
            ));
        }
        Ok(())
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Renders a setting that is Jinja2 itself.
    pub(super) fn setting(&self, name: &str, text: &str, version: &str) -> Result<String, Problem> {
        let told = BTreeMap::from([("version", Value::from(version))]);
        self.engine.setting(name, text, self.context(told))
    }

    fn wrong(&self, template: &str, sentence: String) -> Problem {
        Problem {
            file: self.engine.file(&format!("{template}{JOB_ENDING}")),
            line: None,
            sentence,
        }
    }

    /// The operator's variables, and ours before them.
    fn context(&self, told: Told<'_>) -> Value {
        let vars = self.settings.vars.iter();
        let mut context: BTreeMap<&str, Value> = vars
            .map(|(name, value)| (name.as_str(), Value::from(minijinja::value::Serde(value))))
            .collect();
        context.extend(told);
        Value::from(context)
    }

    /// Checks one file; a template without a problem can be used from now on.
    fn examine(&mut self, file: &str) -> Vec<Problem> {
        if file == DISPATCHER {
            return self.examine_dispatcher();
        }
        let Some(name) = render::job_name(file) else {
            return Vec::new();
        };
        let page = match self.fed_page(name, sample(SAMPLE_DEVICE_TYPE)) {
            Ok(page) => page,
            Err(problem) => return vec![problem],
        };
        match check::facts(&page, Kind::Fed) {
            Ok(facts) => {
                self.fed.insert(name.to_owned(), facts);
                Vec::new()
            }
            Err(problems) => problems,
        }
    }

    fn examine_dispatcher(&self) -> Vec<Problem> {
        let page = self.slave_page(super::slave::sample());
        match page.map(|page| check::facts(&page, Kind::Slave)) {
            Ok(Ok(_)) => Vec::new(),
            Ok(Err(problems)) => problems,
            Err(problem) => vec![problem],
        }
    }

    fn names_taken(&self) -> Vec<Problem> {
        let ours = sample(SAMPLE_DEVICE_TYPE).into_keys();
        ours.chain(super::slave::sample().into_keys())
            .filter(|name| self.settings.vars.contains_key(*name))
            .map(|name| Problem {
                file: "template_vars".to_owned(),
                line: None,
                sentence: format!("{name} is told by lavafed: give the variable another name"),
            })
            .collect()
    }
}

/// The operator's files; ours without a folder, and our dispatcher where the folder has none.
fn sources(folder: Option<&Path>) -> (Vec<Source>, Vec<Problem>) {
    let Some(folder) = folder else {
        return (sources::built_in(), Vec::new());
    };
    let (mut sources, problems) = sources::read(folder);
    if !sources.iter().any(|source| source.name == DISPATCHER) {
        let ours = sources::built_in().into_iter();
        sources.extend(ours.filter(|source| source.name == DISPATCHER));
    }
    (sources, problems)
}

const SAMPLE_DEVICE_TYPE: &str = "qemu";
const SAMPLE_VERSION: &str = "2026.10";

fn sample(device_type: &str) -> Told<'static> {
    super::fed::told(
        device_type,
        SAMPLE_VERSION,
        "sample-device",
        "sample-lab",
        60,
    )
}
