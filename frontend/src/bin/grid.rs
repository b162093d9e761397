//! The bundle of the grid: versions, features and device-types.

fn main() {
    lavafed_frontend::grid();
}
