//! The templates of one operator: read and checked once, then asked by name.
//! Must not know which devices there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::TimeDelta;
use minijinja::{Value, value::Serde};

use super::{
    Problem,
    check::{self, Facts, Kind},
    render::{self, Engine, Page},
    settings::Settings,
    sources::{self, DISPATCHER, JOB_ENDING},
};
use crate::lava::feature::DeclaredFeature;

/// How long a FED job may at least wait for its device, which is idle: LAVA's
/// scheduler may take 20 seconds to look, and a worker as long to ask.
pub(super) const WAIT: TimeDelta = TimeDelta::minutes(1);

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
        let (sources, mut problems) = sources::all(settings.folder.as_deref());
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
        let Some(device_type) = row.device_type else {
            return Ok(());
        };
        let page = self.fed_page(row.template, sample(device_type));
        let page = page.map_err(|problem| Problem {
            sentence: format!("on device-type {device_type}, {}", problem.sentence),
            ..problem
        })?;
        self.agrees(row.template, &page, device_type)
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
        let why = if file == DISPATCHER {
            "which is for SLAVE jobs".to_owned()
        } else {
            let names: Vec<_> = self.names().collect();
            format!("of which there is no file; there are {}", names.join(", "))
        };
        Err(self.wrong(
            template,
            format!("the plan runs template {template}, {why}"),
        ))
    }

    /// Renders the template of a FED job.
    pub(super) fn fed_page(&self, template: &str, told: Told<'_>) -> Result<Page<'_>, Problem> {
        let file = format!("{template}{JOB_ENDING}");
        self.engine.render(&file, self.context(told))
    }

    /// Renders the template of a SLAVE job.
    pub(super) fn slave_page(&self, told: Told<'_>) -> Result<Page<'_>, Problem> {
        if let Some(problem) = self.broken.get(DISPATCHER) {
            return Err(problem.clone());
        }
        let page = self.engine.render(DISPATCHER, self.context(told))?;
        check::facts(&page, Kind::Slave).map_err(|problems| self.first(DISPATCHER, problems))?;
        Ok(page)
    }

    /// Whether a rendering is what the template is known for, with values that
    /// are no samples.
    pub(super) fn agrees(
        &self,
        template: &str,
        page: &Page<'_>,
        device_type: &str,
    ) -> Result<(), Problem> {
        let known = self.facts(template)?;
        let facts =
            check::facts(page, Kind::Fed).map_err(|problems| self.first(template, problems))?;
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

    fn first(&self, template: &str, problems: Vec<Problem>) -> Problem {
        let unsaid = || self.wrong(template, "it cannot be used".to_owned());
        problems.into_iter().next().unwrap_or_else(unsaid)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Renders a setting that is Jinja2 itself.
    pub(super) fn setting(&self, name: &str, text: &str, version: &str) -> Result<String, Problem> {
        let told = BTreeMap::from([("version", Value::from(version))]);
        self.engine.setting(name, text, self.context(told))
    }

    pub(super) fn wrong(&self, template: &str, sentence: String) -> Problem {
        let file = format!("{template}{JOB_ENDING}");
        let folder = self.settings.folder.as_ref();
        let missing = || match folder {
            Some(folder) => folder.join(&file).display().to_string(),
            None => file.clone(),
        };
        Problem {
            file: self.engine.file(&file).map_or_else(missing, str::to_owned),
            line: None,
            sentence,
        }
    }

    /// The operator's variables, and ours before them.
    fn context(&self, told: Told<'_>) -> Value {
        let vars = self.settings.vars.iter();
        let mut context: BTreeMap<&str, Value> = vars
            .map(|(name, value)| (name.as_str(), Value::from(Serde(value))))
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
        let context = self.context(super::slave::sample());
        match self.engine.render(DISPATCHER, context) {
            Ok(page) => check::facts(&page, Kind::Slave).err().unwrap_or_default(),
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
