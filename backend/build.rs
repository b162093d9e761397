//! Has a release binary built anew when the page it carries has changed.
//!
//! A debug build reads the page from the checkout at run time and need not be told.

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/dist");
    // Where there is no folder when it is compiled, a debug build never looks for the page again; and cargo takes a
    // missing path for changed, each time. Without the page the folder is there and empty.
    std::fs::create_dir_all(&page)?;
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../frontend/dist");
    }
    Ok(())
}
