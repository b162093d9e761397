//! Leases in virtual time: whole days of small worlds, with what goes wrong in labs, and the invariants of the lease
//! checked after each over the database, its trail and the journals of the servers.

mod catalogue;
mod day;
mod invariants;
mod simulation;
mod world;
