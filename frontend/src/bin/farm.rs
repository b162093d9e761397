//! The bundle of the farm: labs with their devices, leases and jobs.

fn main() {
    lavafed_frontend::farm();
}
