//! The server of lavafed, as a library with one thin binary.
//!
//! Read it in this order; a module names only those below it (see
//! ARCHITECTURE.md, and the test that holds it to that):
//!
//! 1. edges: `http` turns bytes into values, `worker` keeps the duties going,
//!    `drive` drives labs: one of the duties
//! 2. API: `graphql`
//! 3. use cases: `service`; `demo` makes invented history through them
//! 4. pure decisions: `template`, `lease`, `window`, `verdict`, `rollup`,
//!    `release`, `blame`, `course`, `change`, `scrub`
//! 5. ground: `lava`, `auth`, `seal`, `event`, `db`, `app`, `config`, `error`

pub mod http;
pub mod worker;

pub mod drive;

pub mod graphql;

pub mod demo;
pub mod service;

pub mod blame;
pub mod change;
pub mod course;
pub mod lease;
pub mod release;
pub mod rollup;
pub mod scrub;
pub mod template;
pub mod verdict;
pub mod window;

pub mod app;
pub mod auth;
pub mod config;
pub mod db;
pub mod error;
pub mod event;
pub mod lava;
pub mod seal;
