//! The committed contract is what the server has.

use anyhow::Result;

#[test]
fn the_committed_schema_is_the_servers() -> Result<()> {
    let committed =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql"))?;
    let served = lavafed::graphql::sdl();
    assert!(
        committed.trim_end() == served.trim_end(),
        "schema.graphql is not what the server has; type: cargo xtask schema"
    );
    Ok(())
}
