//! The results below `jobs/N/`. Must not know how they came about.

use serde::Serialize;

use super::{
    Answer, Request, job,
    list::{self, Field},
};
use crate::{
    result::{self, Suite, TestCase},
    time,
    words::Release,
    world::{Job, World},
};

pub(super) fn logs(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let found = job::find(world, request, words);
    let job = match found {
        Ok(job) => job,
        Err(answer) => return answer,
    };
    let Some(log) = world.log(job) else {
        return Answer::detail(404, "Not found.");
    };
    let number = |name: &str| request.parameter(name)?.parse::<usize>().ok();
    let start = number("start").unwrap_or(0);
    let end = number("end").filter(|end| *end > 0).unwrap_or(usize::MAX);
    let lines = log
        .split_inclusive('\n')
        .skip(start)
        .take(end.saturating_sub(start));
    Answer::file(
        "application/yaml",
        &format!("job_{}.yaml", job.id),
        lines.collect(),
    )
}

pub(super) fn yaml(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    match job::find(world, request, words) {
        Ok(job) => {
            let cases = job.results.cases(world.release);
            let text = result::export(&cases, job.id, world.release);
            Answer::file("application/yaml", &format!("job_{}.yaml", job.id), text)
        }
        Err(answer) => answer,
    }
}

#[derive(Serialize)]
struct ShownSuite<'a> {
    id: u32,
    resource_uri: String,
    name: &'a str,
    job: u32,
}

pub(super) fn suites(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    match job::find(world, request, words) {
        Ok(job) => list::page(request, &job.results.suites(world.release), |suite| {
            ShownSuite {
                id: suite.id,
                resource_uri: request
                    .absolute(&format!("/api/v0.2/jobs/{}/suites/{}/", job.id, suite.id)),
                name: &suite.name,
                job: job.id,
            }
        }),
        Err(answer) => answer,
    }
}

#[derive(Serialize)]
struct ShownCase<'a> {
    id: u32,
    result: &'static str,
    resource_uri: String,
    unit: &'a str,
    name: &'a str,
    measurement: Option<String>,
    metadata: String,
    start_log_line: Option<u32>,
    end_log_line: Option<u32>,
    logged: String,
    suite: u32,
    test_set: Option<u32>,
}

fn show<'a>(world: &World, request: &Request, job: &Job, case: &'a TestCase) -> ShownCase<'a> {
    let path = format!(
        "/api/v0.2/jobs/{}/suites/{}/tests/{}/",
        job.id, case.suite_id, case.id
    );
    ShownCase {
        id: case.id,
        result: case.result.as_str(),
        resource_uri: request.absolute(&path),
        unit: &case.unit,
        name: &case.name,
        measurement: case.measurement.map(|value| format!("{value:.10}")),
        metadata: case.metadata_text(world.release),
        start_log_line: case.lines.map(|lines| lines.0),
        end_log_line: case.lines.map(|lines| lines.1),
        logged: time::rest(world.shown(case.logged)),
        suite: case.suite_id,
        test_set: case.set.as_ref().map(|_| 1),
    }
}

pub(super) fn tests(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    match job::find(world, request, words) {
        Ok(job) => {
            let mut cases = job.results.cases(world.release);
            cases.sort_by_key(|case| case.id);
            let found = list::select(request, cases.into_iter(), field);
            list::page(request, &found, |case| show(world, request, job, case))
        }
        Err(answer) => answer,
    }
}

fn field(case: &TestCase, name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::Number(i64::from(case.id)),
        "name" => Field::Text(case.name.clone()),
        "result" => Field::Word(case.result.as_str()),
        "suite" => Field::Text(case.suite.clone()),
        _ => return None,
    })
}

/// The job and the suite a path names.
fn suite_of<'a>(
    world: &'a World,
    request: &Request,
    words: &[&str],
) -> Result<(&'a Job, &'a Suite), Answer> {
    let job = job::find(world, request, words)?;
    let id = words.get(3).and_then(|word| word.parse::<u32>().ok());
    let mut suites = job.results.suites.iter();
    let suite = suites.find(|suite| Some(suite.id) == id);
    let missing = || match world.release {
        Release::V2023_01 => Answer::detail(404, "Not found."),
        Release::V2026_10 => Answer::detail(404, "No TestSuite matches the given query."),
    };
    Ok((job, suite.ok_or_else(missing)?))
}

pub(super) fn suite_tests(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    match suite_of(world, request, words) {
        Ok((job, suite)) => {
            let cases = job.results.of_suite(suite.id);
            let found = list::select(request, cases.into_iter(), field);
            list::page(request, &found, |case| show(world, request, job, case))
        }
        Err(answer) => answer,
    }
}

pub(super) fn one_test(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    match suite_of(world, request, words) {
        Ok((job, suite)) => {
            let id = words.get(5).and_then(|word| word.parse::<u32>().ok());
            let cases = job.results.of_suite(suite.id);
            match cases.iter().find(|case| Some(case.id) == id) {
                Some(case) => Answer::json(200, &show(world, request, job, case)),
                None => Answer::detail(404, "Not found."),
            }
        }
        Err(answer) => answer,
    }
}

pub(super) fn suite_yaml(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    match suite_of(world, request, words) {
        Ok((job, suite)) => {
            let cases = job.results.of_suite(suite.id);
            let text = result::export(&cases, job.id, world.release);
            Answer::file(
                "application/yaml",
                &format!("suite_{}.yaml", suite.name),
                text,
            )
        }
        Err(answer) => answer,
    }
}
