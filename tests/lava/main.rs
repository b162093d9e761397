//! lavafed against real LAVA servers: Debian's 2023.01 and the current release, with real workers and real QEMU jobs.

mod room;
