//! Lists that are long: jobs, receipts and tokens, page by page.
//!
//! Must not know how they are shown.

use super::http::{self, About, Failure};
use super::json::Facts;
use super::lending::{name_of, nodes, read};
use super::operations::{
    job_list, job_names, make_token as make_token_of, receipt_list, token_list,
};
use crate::model::job::{
    JobHealth, JobNames, JobRow, JobState, JobType, Receipt, ReceiptFormat, ReceiptState,
};
use crate::model::listing::{Listing, Page};
use crate::model::token::{Scope, Token};

/// The words of the address, and the variables they are.
const OF_JOBS: [(&str, &str); 7] = [
    ("version", "version"),
    ("feature", "feature"),
    ("device-type", "deviceType"),
    ("lab", "lab"),
    ("type", "type"),
    ("state", "state"),
    ("health", "health"),
];
const OF_RECEIPTS: [(&str, &str); 2] = [("state", "state"), ("source", "source")];

pub(crate) async fn jobs(asked: &Listing) -> Result<Page<JobRow>, Failure> {
    let (query, name) = (job_list::QUERY, job_list::OPERATION_NAME);
    page(query, name, "jobs", about(asked, &OF_JOBS), job).await
}

pub(crate) async fn job_names() -> Result<JobNames, Failure> {
    let (query, name) = (job_names::QUERY, job_names::OPERATION_NAME);
    let data = http::ask_facts(query, name, About::default()).await?;
    read(data, |facts| {
        let names = |list| {
            let nodes = nodes(facts, list);
            nodes.iter().map(|node| node.text("name")).collect()
        };
        JobNames {
            versions: names("versions"),
            features: names("features"),
            device_types: names("deviceTypes"),
            labs: names("labs"),
        }
    })
}

pub(crate) async fn receipts(asked: &Listing) -> Result<Page<Receipt>, Failure> {
    let (query, name) = (receipt_list::QUERY, receipt_list::OPERATION_NAME);
    page(query, name, "receipts", about(asked, &OF_RECEIPTS), receipt).await
}

pub(crate) async fn tokens(asked: &Listing) -> Result<Page<Token>, Failure> {
    let (query, name) = (token_list::QUERY, token_list::OPERATION_NAME);
    page(query, name, "tokens", about(asked, &[]), token).await
}

/// What is asked of a new token.
pub(crate) struct NewToken {
    pub description: String,
    pub scope: String,
    pub speaks_for: Option<String>,
    pub expires_at: Option<String>,
}

/// The JWT, which is told this once.
pub(crate) async fn make_token(new: NewToken) -> Result<String, Failure> {
    let (query, name) = (make_token_of::QUERY, make_token_of::OPERATION_NAME);
    let about = About::default()
        .text("description", new.description)
        .text("scope", new.scope)
        .text_if("for", new.speaks_for)
        .text_if("expiresAt", new.expires_at);
    let data = http::ask_facts(query, name, about).await?;
    read(data, |facts| {
        let made = facts.of("createToken");
        match wrong(&made) {
            Some(failure) => Err(failure),
            None => Ok(made.text("secret")),
        }
    })?
}

fn wrong(payload: &Facts) -> Option<Failure> {
    let errors = payload.list("errors");
    errors
        .first()
        .map(|error| Failure::new(&error.text("message")))
}

fn about(asked: &Listing, words: &[(&str, &'static str)]) -> About {
    let about = About::default().text_if("after", asked.after());
    words.iter().fold(about, |about, (word, variable)| {
        about.text_if(variable, asked.get_if(word))
    })
}

/// A name that nobody knows, or a word that is none, is not a failure: asking
/// again would not help.
async fn page<T>(
    query: &'static str,
    operation: &'static str,
    list: &'static str,
    about: About,
    row: fn(&Facts) -> T,
) -> Result<Page<T>, Failure> {
    let data = match http::ask_facts(query, operation, about).await {
        Ok(data) => data,
        Err(failure)
            if matches!(
                failure.code.as_deref(),
                Some("NOT_FOUND" | "BAD_USER_INPUT")
            ) =>
        {
            return Ok(Page {
                rows: Vec::new(),
                total: 0,
                next: None,
                wrong: Some(failure.sentence),
            });
        }
        Err(failure) => return Err(failure),
    };
    read(data, |facts| {
        let list = facts.of(list);
        let info = list.of("pageInfo");
        Page {
            rows: list.list("nodes").iter().map(row).collect(),
            total: list.number("totalCount"),
            next: info.text_if("endCursor").filter(|_| info.is("hasNextPage")),
            wrong: None,
        }
    })
}

/// A word of an enum; one that is not known makes the answer misunderstood.
fn word<T>(facts: &Facts, name: &'static str, read: fn(&str) -> Option<T>, else_: T) -> T {
    read(&facts.text(name)).unwrap_or_else(|| {
        facts.miss(name);
        else_
    })
}

fn name_if(facts: &Facts, name: &'static str) -> Option<String> {
    facts.of_if(name).map(|named| named.text("name"))
}

fn job(job: &Facts) -> JobRow {
    let device = job.of_if("device");
    JobRow {
        id: job.text("id"),
        external_id: job.text("externalId"),
        source: name_of(job, "source"),
        kind: word(job, "type", JobType::read, JobType::Fed),
        state: word(job, "state", JobState::read, JobState::Submitted),
        health: word(job, "health", JobHealth::read, JobHealth::Unknown),
        error: job.text_if("errorType"),
        submitted_at: job.text("submittedAt"),
        started_at: job.text_if("startedAt"),
        ended_at: job.text_if("endedAt"),
        version: name_if(job, "version"),
        device_type: name_if(job, "deviceType"),
        lab: device.as_ref().and_then(|device| name_if(device, "lab")),
        device: device.map(|device| device.text("hostname")),
    }
}

fn receipt(receipt: &Facts) -> Receipt {
    let job = receipt.of_if("job");
    Receipt {
        id: receipt.text("id"),
        received_at: receipt.text("receivedAt"),
        source: name_of(receipt, "source"),
        format: word(receipt, "format", ReceiptFormat::read, ReceiptFormat::Json),
        deliveries: receipt.number("deliveries"),
        state: word(receipt, "state", ReceiptState::read, ReceiptState::Pending),
        code: receipt.text_if("code"),
        message: receipt.text_if("message"),
        applied_at: receipt.text_if("appliedAt"),
        job: job.map(|job| (job.text("id"), job.text("externalId"))),
    }
}

fn token(token: &Facts) -> Token {
    Token {
        id: token.text("id"),
        description: token.text("description"),
        scope: word(token, "scope", Scope::read, Scope::Read),
        speaks_for: name_if(token, "source"),
        created_at: token.text("createdAt"),
        expires_at: token.text_if("expiresAt"),
        revoked_at: token.text_if("revokedAt"),
        last_used_at: token.text_if("lastUsedAt"),
    }
}
