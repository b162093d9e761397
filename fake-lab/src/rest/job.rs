//! `jobs/`: submitting, looking and canceling. Must not know when jobs run.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    Answer, Request, device,
    list::{self, Field},
};
use crate::{
    definition::Definition,
    time,
    words::{JobHealth, JobState, Release},
    world::{By, Job, SubmitError, World},
};

#[derive(Serialize)]
struct Shown<'a> {
    id: u32,
    submitter: &'a str,
    viewing_groups: [u32; 0],
    description: &'a str,
    health_check: bool,
    requested_device_type: &'a str,
    tags: &'a [u32],
    actual_device: Option<&'a str>,
    submit_time: String,
    start_time: Option<String>,
    end_time: Option<String>,
    state: JobState,
    health: JobHealth,
    priority: u8,
    definition: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Pairs<'a>>,
    original_definition: &'a str,
    multinode_definition: &'a str,
    failure_tags: [u32; 0],
    failure_comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// A map in the order of its keys.
struct Pairs<'a>(Vec<(&'a str, &'a str)>);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().copied())
    }
}

fn metadata_of(job: &Job) -> Vec<(&str, &str)> {
    let own = job.definition.metadata.iter();
    let mut pairs: Vec<(&str, &str)> = own
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    pairs.sort_unstable();
    pairs
}

fn show<'a>(world: &World, request: &Request, job: &'a Job) -> Shown<'a> {
    let text = |at: chrono::DateTime<chrono::Utc>| time::rest(world.shown(at));
    let superuser = request
        .user(world)
        .is_some_and(|user| user.rights.superuser);
    Shown {
        id: job.id,
        submitter: &job.submitter,
        viewing_groups: [],
        description: &job.definition.job_name,
        health_check: job.health_check,
        requested_device_type: &job.device_type,
        tags: &job.tags,
        actual_device: job.device.as_deref(),
        submit_time: text(job.submit_time),
        start_time: job.start_time.map(text),
        end_time: job.end_time.map(text),
        state: job.state,
        health: job.health,
        priority: job.priority,
        definition: &job.text,
        metadata: (world.release == Release::V2026_10).then(|| Pairs(metadata_of(job))),
        original_definition: &job.original,
        multinode_definition: "",
        failure_tags: [],
        failure_comment: None,
        token: superuser.then_some(job.token.as_str()),
    }
}

/// A personal job is seen by its submitter and by superusers.
fn may_see(world: &World, request: &Request, job: &Job) -> bool {
    !job.definition.personal
        || request
            .user(world)
            .is_some_and(|user| user.rights.superuser || user.name == job.submitter)
}

/// The job a path names, if the user may see it.
pub(super) fn find<'a>(
    world: &'a World,
    request: &Request,
    words: &[&str],
) -> Result<&'a Job, Answer> {
    let id = words.get(1).and_then(|word| word.parse::<u32>().ok());
    let job = id.and_then(|id| world.jobs.get(&id));
    job.filter(|job| may_see(world, request, job))
        .ok_or_else(|| device::not_found(world, "TestJob"))
}

pub(super) fn collection(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    if request.method == "POST" {
        return submit(world, request).unwrap_or_else(|answer| answer);
    }
    let states: Vec<_> = JobState::ALL.iter().map(|word| word.as_str()).collect();
    let healths: Vec<_> = JobHealth::ALL.iter().map(|word| word.as_str()).collect();
    for (name, words) in [("state", states), ("health", healths)] {
        if let Some(answer) = list::bad_word(request, world.release, name, &words) {
            return answer;
        }
    }
    let seen = world
        .jobs
        .values()
        .filter(|job| may_see(world, request, job));
    let mut found = list::select(request, seen, |job, name| field(world, job, name));
    if world.release == Release::V2026_10 && request.parameter("ordering").is_none() {
        found.reverse();
    }
    list::page(request, &found, |job| show(world, request, job))
}

fn field(world: &World, job: &Job, name: &str) -> Option<Field> {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map_or(Field::Null, |at| Field::Time(world.shown(at)))
    };
    Some(match name {
        "id" => Field::Number(i64::from(job.id)),
        "submitter" => Field::Text(job.submitter.clone()),
        "description" => Field::Text(job.definition.job_name.clone()),
        "definition" => Field::Text(job.text.to_string()),
        "original_definition" => Field::Text(job.original.to_string()),
        "requested_device_type" => Field::Text(job.device_type.clone()),
        "actual_device" => job.device.clone().map_or(Field::Null, Field::Text),
        "health_check" => Field::Bool(job.health_check),
        "state" => Field::Word(job.state.as_str()),
        "health" => Field::Word(job.health.as_str()),
        "priority" => Field::Number(i64::from(job.priority)),
        "submit_time" => time(Some(job.submit_time)),
        "start_time" => time(job.start_time),
        "end_time" => time(job.end_time),
        _ => return None,
    })
}

fn submit(world: &mut World, request: &Request) -> Result<Answer, Answer> {
    #[derive(Serialize)]
    struct Submitted {
        message: &'static str,
        job_ids: [u32; 1],
    }
    let by = request.need(world, |_| true)?;
    let text = definition(world, request)?;
    match world.submit(&by, &text) {
        Ok(id) => Ok(Answer::json(
            201,
            &Submitted {
                message: "job(s) successfully submitted",
                job_ids: [id],
            },
        )),
        Err(error) => Err(Answer::message(400, &problem(&error))),
    }
}

/// What LAVA says of a job it does not take.
pub(super) fn problem(error: &SubmitError) -> String {
    match error {
        SubmitError::Data(refused) => {
            format!(
                "Problem with submitted job data: {}",
                refused.of_submission()
            )
        }
        SubmitError::UnknownTag(tag) => {
            format!("Problem with submitted job data: tag '{tag}' does not exist on the server")
        }
        SubmitError::Unavailable(text) => format!("Devices unavailable: {text}"),
    }
}

fn definition(world: &World, request: &Request) -> Result<String, Answer> {
    let fields = request.fields()?;
    let text = device::text(&fields, "definition");
    text.ok_or_else(|| match world.release {
        Release::V2023_01 => Answer::field("definition", "This field is required."),
        Release::V2026_10 => Answer::exception("KeyError", "'definition'"),
    })
}

/// Answers 200 whatever it finds.
pub(super) fn validate(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    let text = match definition(world, request) {
        Ok(text) => text,
        Err(answer) => return answer,
    };
    let message = match Definition::read(&text, world.release) {
        Ok(_) => "Job valid.".to_owned(),
        Err(refused) => format!("Job invalid: {}", refused.of_validation(world.release)),
    };
    Answer::message(200, &message)
}

pub(super) fn item(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    if request.method != "GET" {
        // nobody changes jobs this way
        let refused = request.need(world, |_| false).err();
        return refused.unwrap_or_else(Answer::forbidden);
    }
    match find(world, request, words) {
        Ok(job) => Answer::json(200, &show(world, request, job)),
        Err(answer) => answer,
    }
}

/// Whoever submitted it, or may change jobs or its device.
fn may_cancel(world: &World, request: &Request, job: &Job) -> Option<By> {
    let user = request.user(world)?;
    let device = job.device.as_deref();
    let may = user.name == job.submitter
        || user.rights.superuser
        || user.rights.change_testjob
        || device.is_some_and(|device| user.rights.may_change(device));
    may.then(|| request.by(user))
}

pub(super) fn cancel(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    let missing = match world.release {
        Release::V2023_01 => Answer::html(500),
        Release::V2026_10 => Answer::detail(404, "Not found."),
    };
    if world.release == Release::V2026_10 && request.user(world).is_none() {
        return Answer::anonymous();
    }
    let Ok(job) = find(world, request, words) else {
        return missing;
    };
    let id = job.id;
    let Some(by) = may_cancel(world, request, job) else {
        return Answer::forbidden();
    };
    world.cancel(&by, id);
    Answer::message(200, "Job cancel signal sent.")
}

pub(super) fn batch_cancel(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    #[derive(Serialize)]
    struct Sent {
        message: &'static str,
        job_ids: Vec<u32>,
        invalid_job_ids: Vec<u64>,
    }
    let run = |world: &mut World| {
        request.need(world, |_| true)?;
        let fields = request.fields()?;
        let wanted = fields.get("job_ids").and_then(Value::as_array);
        let wanted = wanted.ok_or_else(|| device::required(&["job_ids"]))?;
        let (mut job_ids, mut invalid_job_ids) = (Vec::new(), Vec::new());
        for id in wanted.iter().filter_map(Value::as_u64) {
            let own = u32::try_from(id).ok().and_then(|id| world.jobs.get(&id));
            let by = own.and_then(|job| Some((job.id, may_cancel(world, request, job)?)));
            match by {
                Some((id, by)) => {
                    world.cancel(&by, id);
                    job_ids.push(id);
                }
                None => invalid_job_ids.push(id),
            }
        }
        Ok(Answer::json(
            200,
            &Sent {
                message: "Job cancel signal sent for job ids.",
                job_ids,
                invalid_job_ids,
            },
        ))
    };
    run(world).unwrap_or_else(|answer| answer)
}

pub(super) fn metadata(world: &mut World, request: &Request, words: &[&str]) -> Answer {
    #[derive(Serialize)]
    struct Metadata<'a> {
        metadata: Vec<Pairs<'a>>,
    }
    match find(world, request, words) {
        Ok(job) => {
            let single = |pair| Pairs(vec![pair]);
            let own = metadata_of(job).into_iter().map(single).collect();
            let metadata = match world.release {
                Release::V2023_01 => Vec::new(),
                Release::V2026_10 => own,
            };
            Answer::json(200, &Metadata { metadata })
        }
        Err(answer) => answer,
    }
}
