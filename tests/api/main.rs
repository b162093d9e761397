//! Stories through the public face of lavafed, each on SQLite and on PostgreSQL.
#![expect(
    clippy::indexing_slicing,
    reason = "answers are JSON, whose members are null when they are missing"
)]

mod admin;
mod alerts;
mod as_of;
mod bad_input;
mod badges;
mod blame;
mod borrowing;
mod callback;
mod compare;
mod export;
mod feed;
mod grid;
mod holes;
mod hostile;
mod labs;
mod lease_told;
mod leases;
mod live;
mod migrations;
mod owners;
mod plain;
mod plan;
mod query;
mod receipts;
mod relay;
mod release;
mod schema;
mod secrets;
mod shuffle;
mod sides;
mod signing_in;
mod tokens;
mod without_script;
mod world;
