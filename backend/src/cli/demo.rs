//! The server over invented data.

use std::sync::Arc;

use lavafed::{
    app::App,
    config::{CommonArgs, Config, ServeArgs},
    demo::{self, Filled},
    worker,
};

use super::{
    place,
    serve::{Place, until_stopped},
};

pub(crate) async fn serve(mut common: CommonArgs, args: &ServeArgs) -> Result<(), String> {
    if common.data_dir.is_none() && std::env::var_os("LAVAFED_DATA_DIR").is_none() {
        common.data_dir = Some(demo::default_dir());
    }
    let mut config = Config::load(&common, args)?;
    place::make(&config)?;
    // Who holds the lock instead is told of below.
    if let Some(_lock) = place::lock(&config)? {
        demo::clear(&config)?;
    }
    demo::lend::settle(&mut config)?;
    let place = Place::take(config).await?;
    let app = App::open(place.config, place.db, true).await?;
    let begin = std::time::Instant::now();
    match demo::fill(&app).await? {
        Filled::New(written) => tracing::info!(
            versions = written.versions,
            jobs = written.jobs,
            verdicts = written.verdicts,
            "made the demo data in {:.1} s",
            begin.elapsed().as_secs_f64()
        ),
        Filled::Kept => tracing::info!("the demo data are those of an earlier start"),
    }
    let mut duties = worker::start(&app);
    duties.spawn(demo::go_on(Arc::clone(&app)));
    let reach = demo::lend::open(&app, &mut duties).await?;
    let driving = worker::drive_by(&app, reach);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        "the demo listens on http://{}, its data are in {}",
        app.config.listen,
        app.config.data_dir.display()
    );
    until_stopped(app, place.listener, duties, Some(driving)).await
}
