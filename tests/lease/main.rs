//! Leases: whole days of small worlds in virtual time, and of a town with the real binary in real time, with what goes
//! wrong in labs; and the invariants of the lease checked after each over the database, its trail and the journals of
//! the servers.

mod alerts;
mod bad_days;
mod callbacks;
mod catalogue;
mod cuts;
mod day;
mod dispatch;
mod exercised;
mod given_back;
mod home;
mod invariants;
mod kills;
mod order;
mod replicas;
mod seats;
mod sent;
mod simulation;
mod town;
mod world;
