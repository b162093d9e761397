//! The client before servers that answer as recorded, or as no LAVA would.

mod device;
mod job;
mod server;
mod world;
mod wrong;
mod xml_rpc;
