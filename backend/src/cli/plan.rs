//! `lavafed plan`: what is expected to be tested, and by which job template.

use chrono::Utc;
use clap::Subcommand;
use lavafed::{
    app::App,
    auth::Actor,
    config::Config,
    service::{
        lookup,
        plan::{self, Exercise},
    },
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{place, print, sentence, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List what is expected
    List,
    /// Expect a feature on device-types; a generic feature by itself
    Expect {
        feature: String,
        #[arg(value_name = "DEVICE-TYPE")]
        device_types: Vec<String>,
        /// The job template that exercises it [default: as it is; for a new entry, others report it]
        #[arg(long, value_name = "NAME")]
        template: Option<String>,
    },
    /// Expect it there no more
    Unexpect {
        feature: String,
        #[arg(value_name = "DEVICE-TYPE")]
        device_types: Vec<String>,
    },
}

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    let (who, now) = (Actor::Operator, Utc::now());
    match command {
        Command::List => list(&app).await,
        Command::Expect {
            feature,
            device_types,
            template,
        } => {
            let exercise = template.map_or(Exercise::AsItIs, Exercise::By);
            let entries = plan::expect(&app, &who, &feature, &device_types, &exercise, now)
                .await
                .map_err(sentence)?;
            eprintln!("Expected: {} in force.", entries.len());
            Ok(())
        }
        Command::Unexpect {
            feature,
            device_types,
        } => {
            let entries = plan::unexpect(&app, &who, &feature, &device_types, now)
                .await
                .map_err(sentence)?;
            eprintln!("Expected no more: {} ended.", entries.len());
            Ok(())
        }
    }
}

async fn list(app: &App) -> Result<(), String> {
    let entries = entity::plan::Entity::find()
        .filter(entity::plan::Column::UntilEvent.is_null())
        .all(app.db.read())
        .await
        .map_err(|error| sentence(error.into()))?;
    let features: Vec<_> = entries.iter().map(|row| row.feature_id).collect();
    let features = lookup::features(app, &features).await.map_err(sentence)?;
    let types: Vec<_> = entries
        .iter()
        .filter_map(|row| row.device_type_id)
        .collect();
    let types = lookup::device_types(app, &types).await.map_err(sentence)?;
    let mut rows: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let feature = features.get(&entry.feature_id);
            let kind = entry.device_type_id.and_then(|id| types.get(&id));
            [
                feature.map_or_else(String::new, |row| row.name.clone()),
                kind.map_or_else(|| "-".to_owned(), |row| row.name.clone()),
                entry.template.unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    rows.sort();
    print(table(["FEATURE", "DEVICE-TYPE", "TEMPLATE"], &rows))
}
