//! lavafed against real LAVA servers: Debian's 2023.01 and the current release, with real workers and real QEMU jobs.
//!
//! Every story runs once per release. The two servers are started by the first story that needs them and serve all;
//! each story has a lavafed of its own. Without root or debootstrap the stories are skipped, loudly; under `CI` they fail.

mod app;
mod cancel;
mod complete;
mod day;
mod incomplete;
mod kills;
mod room;
mod site;
mod town;
mod twin;
mod witness;

/// Makes a story a test for each release.
macro_rules! for_each_release {
    ($($story:ident),+ $(,)?) => {
        $(mod $story {
            #[test]
            fn bookworm() -> anyhow::Result<()> {
                crate::site::tell(lavafed_tests::lava::Release::Bookworm, super::$story)
            }

            #[test]
            fn trixie() -> anyhow::Result<()> {
                crate::site::tell(lavafed_tests::lava::Release::Trixie, super::$story)
            }
        })+
    };
}
pub(crate) use for_each_release;
