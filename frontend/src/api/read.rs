//! The questions the pages ask.
//!
//! Must not know how often or when they are asked.

use super::http::{self, About, Failure};
use super::json::{self, Facts};
use super::operations::{
    JobDetail, cell_detail, device_type_names, grid_page, job_detail, server_facts, version_facts,
    version_names,
};
use super::{cells, convert};
use wasm_bindgen::JsValue;

use crate::model::cell::{self, CellKey};
use crate::model::grid::{self, Grid, VersionKind};
use crate::model::job;
use crate::model::names;
use crate::model::question::{Of, Question};
use crate::model::summary::Summary;
use crate::model::viewer::Viewer;

/// What a version's page says above its grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VersionHead {
    pub name: String,
    pub summary: Summary,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Server {
    pub version: String,
    pub demo: bool,
    pub event: i64,
    /// Who signed in, if somebody did.
    pub viewer: Option<Viewer>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedVersion {
    pub name: String,
    pub kind: VersionKind,
}

/// Versions to choose from: the newest, and the releases among all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Versions {
    pub newest: Vec<NamedVersion>,
    pub releases: Vec<NamedVersion>,
}

const PAGE: i64 = 100;

// The axes, as the contract calls them.
const VERSION: &str = "VERSION";
const FEATURE: &str = "FEATURE";
const DEVICE_TYPE: &str = "DEVICE_TYPE";

/// One page of a grid.
async fn grid_page(question: &Question, after: Option<String>) -> Result<Grid, Failure> {
    let asked = About::default()
        .number_if("first", Some(PAGE))
        .text_if("after", after)
        .text_if("query", question.query.clone())
        .number_if("asOf", question.at);
    let axes = |asked: About, rows, columns| asked.text("rows", rows).text("columns", columns);
    let asked = match question.of.clone() {
        Of::Versions { device_type } => {
            let asked = axes(asked, VERSION, FEATURE);
            match device_type {
                Some(one) => asked.list("deviceTypes", vec![one]),
                None => asked,
            }
        }
        Of::Feature { name } => {
            let columns = if names::is_generic(&name) {
                FEATURE
            } else {
                DEVICE_TYPE
            };
            axes(asked, VERSION, columns).list("features", vec![name])
        }
        Of::Version { name, baseline } => axes(asked, FEATURE, DEVICE_TYPE)
            .list("versions", vec![name])
            .text_if("baseline", baseline),
    };
    let (query, name) = (grid_page::QUERY, grid_page::OPERATION_NAME);
    ask(query, name, asked, |facts| cells::grid(&facts.of("grid"))).await
}

/// Asks, and reads the answer.
async fn ask<T>(
    query: &'static str,
    name: &'static str,
    about: About,
    read: impl FnOnce(&Facts) -> T,
) -> Result<T, Failure> {
    let data = http::ask_facts(query, name, about).await?;
    Facts::read(data, read).map_err(|misfit| http::misunderstood(misfit.0))
}

/// The first rows of a grid: at least as many as asked for, if there are.
pub(crate) async fn grid(question: &Question, at_least: usize) -> Result<Grid, Failure> {
    let mut read = grid_page(question, None).await?;
    while read.has_next && read.rows.len() < at_least {
        read = more(question, &read).await?;
    }
    Ok(read)
}

/// The rows read so far and the next of them. A page of what a query finds may
/// have none, and others behind it.
pub(crate) async fn more(question: &Question, read: &Grid) -> Result<Grid, Failure> {
    let next = grid_page(question, read.end_cursor.clone()).await?;
    let mut longer = grid::append(read, next);
    while longer.has_next && longer.rows.len() <= read.rows.len() {
        let next = grid_page(question, longer.end_cursor.clone()).await?;
        longer = grid::append(&longer, next);
    }
    Ok(longer)
}

/// `None`: no such cell.
pub(crate) async fn cell(key: &CellKey) -> Result<Option<cell::CellDetail>, Failure> {
    let about = About::default()
        .text("version", key.version.clone())
        .text("feature", key.feature.clone())
        .text_if("deviceType", key.device_type.clone())
        .text_if("baseline", key.baseline.clone())
        .number_if("asOf", key.at);
    let (query, name) = (cell_detail::QUERY, cell_detail::OPERATION_NAME);
    ask(query, name, about, |facts| {
        facts.of_if("cell").map(|cell| cells::cell(&cell))
    })
    .await
}

/// `None`: no such job.
pub(crate) async fn job(id: String) -> Result<Option<job::JobDetail>, Failure> {
    let data = match http::ask_unread::<JobDetail>(job_detail::Variables { id }).await {
        Ok(data) => data,
        // An address that was typed or cut: there is no such job, and asking again would not help.
        Err(failure) if failure.code.as_deref() == Some("BAD_USER_INPUT") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    // A node may be of another kind; reading it as what it says it is costs
    // less than the generated union of all kinds.
    let node = json::member(&data, "node");
    let is_job = |node: &JsValue| {
        json::member(node, "__typename")
            .and_then(|name| name.as_string())
            .as_deref()
            == Some("Job")
    };
    match node.filter(is_job) {
        Some(node) => Ok(Some(convert::job(http::read(node)?))),
        None => Ok(None),
    }
}

/// `None`: no such version.
pub(crate) async fn version(
    name: &str,
    baseline: Option<&str>,
    at: Option<i64>,
) -> Result<Option<VersionHead>, Failure> {
    let about = About::default()
        .text("name", name)
        .text_if("baseline", baseline.map(str::to_owned))
        .number_if("asOf", at);
    let (query, name) = (version_facts::QUERY, version_facts::OPERATION_NAME);
    ask(query, name, about, |facts| {
        facts
            .of_if("version")
            .map(|version| cells::version(&version))
    })
    .await
}

pub(crate) async fn versions() -> Result<Versions, Failure> {
    let about = About::default().number_if("first", Some(PAGE));
    let (query, name) = (version_names::QUERY, version_names::OPERATION_NAME);
    ask(query, name, about, cells::versions).await
}

pub(crate) async fn device_types() -> Result<Vec<String>, Failure> {
    let (query, name) = (device_type_names::QUERY, device_type_names::OPERATION_NAME);
    ask(query, name, About::default(), |facts| {
        let nodes = facts.of("deviceTypes").list("nodes");
        nodes.iter().map(|node| node.text("name")).collect()
    })
    .await
}

pub(crate) async fn server() -> Result<Server, Failure> {
    let (query, name) = (server_facts::QUERY, server_facts::OPERATION_NAME);
    ask(query, name, About::default(), |facts| {
        let (server, viewer) = (facts.of("server"), facts.of("viewer"));
        Server {
            version: server.text("version"),
            demo: server.is("demo"),
            event: server.number("event"),
            viewer: viewer.of_if("token").map(|token| Viewer {
                name: token.text("description"),
                is_admin: viewer.text_if("scope").as_deref() == Some("ADMIN"),
                lends_of: token
                    .of_if("source")
                    .and_then(|source| Some(source.of_if("lab")?.text("name")))
                    .filter(|_| viewer.text_if("scope").as_deref() == Some("LEND")),
            }),
        }
    })
    .await
}
