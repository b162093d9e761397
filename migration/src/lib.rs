//! The database's schema, as dated and reversible steps that give the same
//! tables on SQLite and PostgreSQL. Knows nothing of the entities: a step
//! describes what was true on its day.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m20261122_100000_create_catalog;
mod m20261122_100100_create_tokens;
mod m20261122_100200_create_events;
mod m20261122_100300_create_jobs;
mod m20261122_100400_create_results;
mod m20261125_090000_create_leases;
mod m20261127_100000_create_waivers;
mod table;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_100000_create_catalog::Migration),
            Box::new(m20261122_100100_create_tokens::Migration),
            Box::new(m20261122_100200_create_events::Migration),
            Box::new(m20261122_100300_create_jobs::Migration),
            Box::new(m20261122_100400_create_results::Migration),
            Box::new(m20261125_090000_create_leases::Migration),
            Box::new(m20261127_100000_create_waivers::Migration),
        ]
    }
}
