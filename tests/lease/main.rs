//! Leases: whole days of small worlds in virtual time, and of a town with the real binary in real time, with what goes
//! wrong in labs; and the invariants of the lease checked after each over the database, its trail and the journals of
//! the servers.

mod bad_days;
mod catalogue;
mod day;
mod exercised;
mod home;
mod invariants;
mod kills;
mod replicas;
mod sent;
mod simulation;
mod town;
mod world;
