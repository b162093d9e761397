//! The plan: what is expected to be tested on what.

use chrono::{DateTime, Utc};
use entity::{
    device_type::DeviceTypeId,
    feature::{self, FeatureId},
    plan,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, Select,
};

use crate::{
    app::App,
    auth::Actor,
    error::{Error, Result},
    service::{
        device_type, feature as features, name,
        page::{self, Page, Window},
    },
    template::library::PlanRow,
};

/// What exercises a feature on a device-type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exercise {
    /// As the entry in force says; for a new one, others.
    AsItIs,
    /// Others report it.
    ByOthers,
    /// Jobs of this template, submitted by lavafed.
    By(String),
}

/// Which entries to list; what is None does not matter.
#[derive(Clone, Debug, Default)]
pub struct PlanFilter {
    pub feature: Option<FeatureId>,
    pub device_type: Option<DeviceTypeId>,
    /// Also entries that are no longer in force.
    pub past: bool,
}

impl PlanFilter {
    fn select(&self) -> Select<plan::Entity> {
        plan::Entity::find().filter(
            Condition::all()
                .add_option(self.feature.map(|id| plan::Column::FeatureId.eq(id)))
                .add_option(self.device_type.map(|id| plan::Column::DeviceTypeId.eq(id)))
                .add_option((!self.past).then(|| plan::Column::UntilEvent.is_null())),
        )
    }
}

/// # Errors
/// `BAD_USER_INPUT` for a window that is none.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &PlanFilter,
    window: &Window,
) -> Result<Page<plan::Model>> {
    page::by_id(db, filter.select(), plan::Column::Id, false, window).await
}

/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &PlanFilter) -> Result<u64> {
    page::count(db, filter.select()).await
}

/// Expects a feature on device-types, or a generic one by itself, from now on.
/// What is expected already stays as it is, but for another job template: then
/// its entry ends and a new one begins. Gives the entries in force.
///
/// # Errors
/// `NOT_FOUND` for a name that is not known; `BAD_USER_INPUT` when a generic
/// feature comes with device-types or one of a device without, or when a
/// template is not there, or not for that.
pub async fn expect(
    app: &App,
    actor: &Actor,
    feature: &str,
    device_types: &[String],
    template: &Exercise,
    now: DateTime<Utc>,
) -> Result<Vec<plan::Model>> {
    actor.may_administer()?;
    if let Exercise::By(name) = template {
        name::lava_name("template", "name of a job template", name)?;
        can_exercise(app, name, feature, device_types)?;
    }
    app.change_catalog(now, async |txn, no| {
        let mut entries = Vec::new();
        for (feature, device_type) in targets(txn, feature, device_types).await? {
            if device_type.is_none() && matches!(template, Exercise::By(_)) {
                return Err(Error::input(
                    "template",
                    "A job template runs on devices; a generic feature is reported by others.",
                ));
            }
            entries.push(expect_in(txn, feature, device_type, template, no, now).await?);
        }
        Ok(entries)
    })
    .await
}

/// Refuses a template that no round could run for the feature.
fn can_exercise(app: &App, template: &str, feature: &str, device_types: &[String]) -> Result<()> {
    let rows: Vec<_> = device_types
        .iter()
        .map(|device_type| PlanRow {
            template,
            feature,
            device_type: Some(device_type),
        })
        .collect();
    match app.templates.check_plan(&rows).first() {
        Some(problem) => Err(Error::input("template", problem.to_string())),
        None => Ok(()),
    }
}

/// Expects one cell within a transaction whose event is `no`.
///
/// # Errors
/// When the database fails.
pub async fn expect_in(
    txn: &impl ConnectionTrait,
    feature: FeatureId,
    device_type: Option<DeviceTypeId>,
    exercise: &Exercise,
    no: i64,
    now: DateTime<Utc>,
) -> Result<plan::Model> {
    let known = in_force(txn, feature, device_type).await?;
    let template = match (exercise, &known) {
        (Exercise::AsItIs, Some(known)) => known.template.clone(),
        (Exercise::AsItIs | Exercise::ByOthers, _) => None,
        (Exercise::By(name), _) => Some(name.clone()),
    };
    if let Some(known) = known {
        if known.template == template {
            return Ok(known);
        }
        end(txn, known, no, now).await?;
    }
    let row = plan::ActiveModel {
        id: NotSet,
        feature_id: Set(feature),
        device_type_id: Set(device_type),
        from_event: Set(no),
        from_at: Set(now),
        until_event: Set(None),
        until_at: Set(None),
        template: Set(template),
    };
    Ok(plan::Entity::insert(row).exec_with_returning(txn).await?)
}

/// Ends the expectation of a feature on device-types. Gives the ended entries.
///
/// # Errors
/// As `expect`, and `NOT_FOUND` when it is not expected.
pub async fn unexpect(
    app: &App,
    actor: &Actor,
    feature: &str,
    device_types: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<plan::Model>> {
    actor.may_administer()?;
    app.change_catalog(now, async |txn, no| {
        let mut entries = Vec::new();
        for (id, device_type) in targets(txn, feature, device_types).await? {
            let known = in_force(txn, id, device_type).await?;
            let known = known
                .ok_or_else(|| Error::not_found("entry in the plan for", feature).at("feature"))?;
            entries.push(end(txn, known, no, now).await?);
        }
        Ok(entries)
    })
    .await
}

async fn end(
    txn: &impl ConnectionTrait,
    known: plan::Model,
    no: i64,
    now: DateTime<Utc>,
) -> Result<plan::Model> {
    let mut row = known.into_active_model();
    row.until_event = Set(Some(no));
    row.until_at = Set(Some(now));
    Ok(row.update(txn).await?)
}

async fn in_force(
    txn: &impl ConnectionTrait,
    feature: FeatureId,
    device_type: Option<DeviceTypeId>,
) -> Result<Option<plan::Model>> {
    let on = match device_type {
        Some(id) => plan::Column::DeviceTypeId.eq(id),
        None => plan::Column::DeviceTypeId.is_null(),
    };
    Ok(plan::Entity::find()
        .filter(plan::Column::FeatureId.eq(feature))
        .filter(on)
        .filter(plan::Column::UntilEvent.is_null())
        .one(txn)
        .await?)
}

async fn targets(
    txn: &impl ConnectionTrait,
    feature: &str,
    device_types: &[String],
) -> Result<Vec<(FeatureId, Option<DeviceTypeId>)>> {
    let feature: feature::Model = features::get(txn, feature)
        .await
        .map_err(|error| error.at("feature"))?;
    if feature.is_generic() != device_types.is_empty() {
        let sentence = if feature.is_generic() {
            format!(
                "{} is generic: it is expected without device-types.",
                feature.name
            )
        } else {
            format!(
                "{} is a feature of devices: name the device-types it is expected on.",
                feature.name
            )
        };
        return Err(Error::input("deviceTypes", sentence));
    }
    if feature.is_generic() {
        return Ok(vec![(feature.id, None)]);
    }
    let mut targets = Vec::with_capacity(device_types.len());
    for name in device_types {
        let row = device_type::get(txn, name)
            .await
            .map_err(|error| error.at("deviceTypes"))?;
        targets.push((feature.id, Some(row.id)));
    }
    Ok(targets)
}

/// What keeps the plan's templates from being run, each in a sentence.
///
/// # Errors
/// When the database fails.
pub async fn check_templates(app: &App) -> Result<Vec<String>> {
    let db = app.db.read();
    let rows = plan::Entity::find()
        .filter(plan::Column::UntilEvent.is_null())
        .filter(plan::Column::Template.is_not_null())
        .all(db)
        .await?;
    let names = feature::Entity::find().all(db).await?;
    let kinds = entity::device_type::Entity::find().all(db).await?;
    let rows: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let feature = names.iter().find(|feature| feature.id == row.feature_id)?;
            let kind = kinds
                .iter()
                .find(|kind| Some(kind.id) == row.device_type_id);
            Some(PlanRow {
                template: row.template.as_deref()?,
                feature: &feature.name,
                device_type: kind.map(|kind| kind.name.as_str()),
            })
        })
        .collect();
    let problems = app.templates.check_plan(&rows);
    Ok(problems.iter().map(ToString::to_string).collect())
}
