//! The page: a Yew application over the GraphQL contract.
#![allow(dead_code)]
mod model;
fn main() {}
