//! `lavafed feature`: what can be reported on.

use chrono::Utc;
use clap::Subcommand;
use lavafed::{app::App, auth::Actor, config::Config, service::feature};
use sea_orm::{EntityTrait as _, QueryOrder as _};

use super::{place, print, sentence, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Declare features, so that verdicts on them count
    Declare {
        /// Such as deploy.tftp, boot.u-boot, test.shell or generic.notifications
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// What it is, in your words
        #[arg(long)]
        description: Option<String>,
    },
    /// List the declared features
    List,
}

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    match command {
        Command::Declare { names, description } => {
            for name in &names {
                let description = description.as_deref();
                feature::declare(&app, &Actor::Operator, name, description, Utc::now())
                    .await
                    .map_err(sentence)?;
            }
            eprintln!("Declared. Results that came before count after: lavafed ingest replay");
            Ok(())
        }
        Command::List => list(&app).await,
    }
}

async fn list(app: &App) -> Result<(), String> {
    let features = entity::feature::Entity::find()
        .order_by_asc(entity::feature::Column::Name)
        .all(app.db.read())
        .await
        .map_err(|error| sentence(error.into()))?;
    let rows: Vec<_> = features
        .into_iter()
        .map(|feature| [feature.name, feature.description])
        .collect();
    print(table(["NAME", "DESCRIPTION"], &rows))
}
