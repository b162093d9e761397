//! Rendering a template into the tree of a job definition, and finding the line
//! of a template that something in it came from. Must not know what a job is.

use std::{collections::BTreeMap, error::Error as _};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, OutputSpan, OutputSpanKind, UndefinedBehavior,
    Value, syntax::SyntaxConfig,
};

use super::{
    Problem, encode,
    sources::{JOB_ENDING, Source},
};
use crate::lava::yaml::{self, Limits, Node};

/// Steps one rendering may take, or 64 bytes for each step.
const FUEL: u64 = 20_000;
/// How deep templates may include each other; each inclusion counts some ten.
const DEEPEST: usize = 150;

/// The templates, compiled.
pub(super) struct Engine {
    environment: Environment<'static>,
    /// What people are told each template is called.
    files: BTreeMap<String, String>,
}

/// What a template renders to.
pub(super) struct Page<'a> {
    pub(super) root: Node,
    pub(super) lines: Lines<'a>,
}

/// Which line of which template something rendered came from.
pub(super) struct Lines<'a> {
    file: String,
    files: &'a BTreeMap<String, String>,
    text: String,
    spans: Vec<OutputSpan>,
}

impl Engine {
    /// Compiles the templates; those with an error are left out.
    pub(super) fn new(sources: &[Source]) -> (Self, BTreeMap<String, Problem>) {
        let mut engine = Self {
            environment: environment(),
            files: sources
                .iter()
                .map(|source| (source.name.clone(), source.file.clone()))
                .collect(),
        };
        let mut broken = BTreeMap::new();
        for source in sources {
            let added = engine
                .environment
                .add_template_owned(source.name.clone(), source.text.clone());
            if let Err(error) = added {
                broken.insert(source.name.clone(), engine.problem(&source.name, &error));
            }
        }
        (engine, broken)
    }

    /// What people are told a template is called.
    pub(super) fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    pub(super) fn render(&self, name: &str, context: Value) -> Result<Page<'_>, Problem> {
        let rendered = self
            .environment
            .get_template(name)
            .and_then(|template| template.render_with_spans(context));
        let (text, spans) = rendered.map_err(|error| self.problem(name, &error))?;
        let lines = Lines {
            file: self.file(name).unwrap_or(name).to_owned(),
            files: &self.files,
            text,
            spans,
        };
        let mut root = yaml::parse(&lines.text, &Limits::DEFINITION).map_err(|error| {
            let (file, line) = lines.place(error.line, error.column);
            let sentence = format!(
                "what it renders to is no YAML ({}; line {} of the rendered text)",
                error.reason, error.line
            );
            Problem {
                file,
                line,
                sentence,
            }
        })?;
        encode::decode(&mut root);
        Ok(Page { root, lines })
    }

    /// Renders a text that is a setting.
    pub(super) fn setting(
        &self,
        name: &str,
        text: &str,
        context: Value,
    ) -> Result<String, Problem> {
        self.environment
            .render_named_str(name, text, context)
            .map(|text| encode::decoded(&text))
            .map_err(|error| Problem {
                file: name.to_owned(),
                line: None,
                sentence: sentence(&error),
            })
    }

    fn problem(&self, name: &str, error: &Error) -> Problem {
        let mut place = error;
        let mut next = error.source();
        while let Some(cause) = next {
            // the innermost one tells of the part that is wrong
            if let Some(cause) = cause.downcast_ref::<Error>().filter(|e| e.line().is_some()) {
                place = cause;
            }
            next = cause.source();
        }
        let name = place.name().unwrap_or(name);
        Problem {
            file: self.file(name).unwrap_or(name).to_owned(),
            line: place.line(),
            sentence: sentence(place),
        }
    }
}

impl Lines<'_> {
    /// A problem at the line that begins with these words, or of the whole file.
    pub(super) fn problem(&self, words: &str, sentence: impl Into<String>) -> Problem {
        let begins = |line: &str| line.trim_start_matches("- ").starts_with(words);
        let find = |matches: &dyn Fn(&str) -> bool| self.text.lines().position(matches);
        let line = find(&begins)
            .or_else(|| find(&|line| begins(line.trim_start())))
            .or_else(|| find(&|line| line.contains(words)));
        let (file, line) = match line {
            Some(nth) => self.place(nth + 1, 1),
            None => (self.file.clone(), None),
        };
        Problem {
            file,
            line,
            sentence: sentence.into(),
        }
    }

    /// The place in a template that wrote this place of the rendered text.
    fn place(&self, line: usize, column: usize) -> (String, Option<usize>) {
        let before: usize = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let rest = self.text.get(before..).unwrap_or_default();
        let within: usize = rest
            .chars()
            .take_while(|c| *c != '\n')
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let at = before + within;
        // at the end of the text, what was written last
        let span = self
            .spans
            .iter()
            .find(|span| span.output_range().end > at)
            .or(self.spans.last());
        let Some(span) = span else {
            return (self.file.clone(), None);
        };
        let file = self.files.get(span.name()).unwrap_or(&self.file).clone();
        let further = match span.kind() {
            OutputSpanKind::Raw => {
                let range = span.output_range().start..at.min(span.output_range().end);
                self.text
                    .get(range)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
            }
            _ => 0,
        };
        (file, Some(span.line() + further))
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("yaml".into()));
    environment.set_formatter(encode::write);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST);
    // tells which value is undefined; no error is shown with more than its detail
    environment.set_debug(true);
    // as LAVA reads its device dictionaries
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    // would write a value as it is
    environment.remove_filter("safe");
    environment.add_filter("quote", quote);
    environment
}

/// A text as one word of a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn sentence(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::SyntaxError => format!("this is no Jinja2: {detail}"),
        ErrorKind::UndefinedError if detail.is_empty() => {
            "a value is used that nobody defines: define it in template_vars".to_owned()
        }
        ErrorKind::UndefinedError => format!("{detail}: define it in template_vars"),
        ErrorKind::OutOfFuel => format!(
            "it takes more than {FUEL} steps or {} KiB to render: does a loop not end?",
            FUEL * 64 / 1024
        ),
        ErrorKind::TemplateNotFound => format!("{detail}: there are only those of the folder"),
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    }
}

/// The name of a job's template, if the file is one.
pub(super) fn job_name(file: &str) -> Option<&str> {
    file.strip_suffix(JOB_ENDING)
        .filter(|name| !name.is_empty())
}
