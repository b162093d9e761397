//! Every operation of the page, checked against the contract when it compiles.
//!
//! Must not know how an operation is sent. The enums are those of `model`; a
//! test there compares them with the contract.

use graphql_client::GraphQLQuery;

use crate::model::job::{JobHealth, JobState, JobType, ReceiptFormat, ReceiptState};
use crate::model::verdict::Verdict;

type DateTime = String;
type EventNumber = i64;
type NaiveDate = String;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/grid.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct GridPage;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/version.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct VersionFacts;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/version.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct VersionNames;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/cell.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct CellDetail;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/job.graphql",
    extern_enums(
        "JobType",
        "JobState",
        "JobHealth",
        "Verdict",
        "ReceiptFormat",
        "ReceiptState"
    )
)]
pub(crate) struct JobDetail;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/server.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct ServerFacts;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/server.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct DeviceTypeNames;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/live.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct GridChanges;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/live.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct LeaseChanges;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/lending.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct Lending;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/lending.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct LeaseTrail;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/lending.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct Leases;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/lending.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct Alerts;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct GiveBack;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/list.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct JobList;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/list.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct JobNames;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/list.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct ReceiptList;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/list.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct TokenList;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/list.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct MakeToken;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct RevokeToken;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/lab.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct LabList;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/lab.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct LabDetail;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/lab.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct DeviceDetail;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/release.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct ReleaseFacts;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../schema.graphql",
    query_path = "graphql/release.graphql"
)]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct CompareFacts;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct Waivers;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct WaiveCell;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct UnwaiveCell;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct PauseLab;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct ResumeLab;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct VetoDay;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct UnvetoDay;

#[derive(GraphQLQuery)]
#[graphql(schema_path = "../schema.graphql", query_path = "graphql/deed.graphql")]
#[expect(dead_code, reason = "its text is sent, its answer read by member")]
pub(crate) struct ReplayReceipts;
