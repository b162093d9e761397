//! The questions the pages ask.
//!
//! Must not know how often or when they are asked.

use super::convert;
use super::http::{self, About, Failure, ask};
use super::json::{self, Facts};
use super::operations::{
    CellDetail, DeviceTypeNames, GridPage, JobDetail, VersionFacts, VersionNames, cell_detail,
    device_type_names, grid_page, job_detail, server_facts, version_facts, version_names,
};
use wasm_bindgen::JsValue;

use crate::model::cell::{self, CellKey};
use crate::model::grid::{self, Grid, VersionKind};
use crate::model::job;
use crate::model::question::Question;
use crate::model::summary::Summary;
use crate::model::viewer::Viewer;

/// What a version's page says above its grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VersionHead {
    pub name: String,
    pub kind: VersionKind,
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

/// One page of a grid.
async fn grid_page(question: &Question, after: Option<String>) -> Result<Grid, Failure> {
    use grid_page::GridAxis::{DEVICE_TYPE, FEATURE, VERSION};
    let (rows, columns, versions, device_types, baseline) = match question.clone() {
        Question::Versions { device_type } => (
            VERSION,
            FEATURE,
            None,
            device_type.map(|one| vec![one]),
            None,
        ),
        Question::Version { name, baseline } => {
            (FEATURE, DEVICE_TYPE, Some(vec![name]), None, baseline)
        }
    };
    let answer = ask::<GridPage>(grid_page::Variables {
        rows,
        columns,
        versions,
        device_types,
        baseline,
        first: PAGE,
        after,
    })
    .await?;
    convert::grid(answer.grid).map_err(|place| http::misunderstood(&place))
}

/// The first rows of a grid: at least as many as asked for, if there are.
pub(crate) async fn grid(question: &Question, at_least: usize) -> Result<Grid, Failure> {
    let mut read = grid_page(question, None).await?;
    while read.has_next && read.rows.len() < at_least {
        read = more(question, &read).await?;
    }
    Ok(read)
}

/// The rows read so far and the next page of them.
pub(crate) async fn more(question: &Question, read: &Grid) -> Result<Grid, Failure> {
    let next = grid_page(question, read.end_cursor.clone()).await?;
    Ok(grid::append(read, next))
}

/// `None`: no such cell.
pub(crate) async fn cell(key: &CellKey) -> Result<Option<cell::CellDetail>, Failure> {
    let answer = ask::<CellDetail>(cell_detail::Variables {
        version: key.version.clone(),
        feature: key.feature.clone(),
        device_type: key.device_type.clone(),
        baseline: key.baseline.clone(),
    })
    .await?;
    Ok(answer.cell.map(convert::cell))
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
) -> Result<Option<VersionHead>, Failure> {
    let answer = ask::<VersionFacts>(version_facts::Variables {
        name: name.to_owned(),
        baseline: baseline.map(str::to_owned),
    })
    .await?;
    Ok(answer.version.map(|version| VersionHead {
        name: version.name,
        kind: version.kind,
        summary: convert::version_summary(version.summary),
    }))
}

pub(crate) async fn versions() -> Result<Versions, Failure> {
    let answer = ask::<VersionNames>(version_names::Variables { first: PAGE }).await?;
    Ok(Versions {
        newest: answer
            .newest
            .nodes
            .into_iter()
            .map(|node| NamedVersion {
                name: node.name,
                kind: node.kind,
            })
            .collect(),
        releases: answer
            .releases
            .nodes
            .into_iter()
            .map(|node| NamedVersion {
                name: node.name,
                kind: node.kind,
            })
            .collect(),
    })
}

pub(crate) async fn device_types() -> Result<Vec<String>, Failure> {
    let answer = ask::<DeviceTypeNames>(device_type_names::Variables {}).await?;
    Ok(answer
        .device_types
        .nodes
        .into_iter()
        .map(|node| node.name)
        .collect())
}

pub(crate) async fn server() -> Result<Server, Failure> {
    let (query, name) = (server_facts::QUERY, server_facts::OPERATION_NAME);
    let data = http::ask_facts(query, name, About::default()).await?;
    let read = Facts::read(data, |facts| {
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
    });
    read.map_err(|misfit| http::misunderstood(misfit.0))
}
