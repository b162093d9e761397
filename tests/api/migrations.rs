//! Every step of the schema can be taken back and made again, over data, on both databases.

use anyhow::Result;
use lavafed_tests::app::{TestApp, open};
use lavafed_tests::database::{rows, tables};
use lavafed_tests::on_both_databases;
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use serde_json::Value;

use crate::world;

on_both_databases!(
    each_step_back_and_forth_over_data,
    a_newer_database_is_refused,
    another_key_is_refused,
    the_database_itself_refuses_what_must_not_be,
);

/// Tables, columns and indexes, as the database tells them.
async fn shape(db: &DatabaseConnection) -> Result<Vec<Value>> {
    let query = match db.get_database_backend() {
        sea_orm::DatabaseBackend::Postgres => {
            "SELECT 'column ' || table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable AS line
                FROM information_schema.columns WHERE table_schema = 'public'
             UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
             ORDER BY 1"
        }
        _ => "SELECT sql AS line FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
    };
    rows(db, query).await
}

async fn counts(db: &DatabaseConnection) -> Result<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for table in tables(db).await? {
        let count = rows(db, &format!("SELECT COUNT(*) AS count FROM \"{table}\"")).await?;
        counts.push((table, count[0]["count"].as_i64().unwrap_or_default()));
    }
    Ok(counts)
}

async fn each_step_back_and_forth_over_data(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let TestApp { home, .. } = app;
    let db = home.connect().await?;
    let whole = shape(&db).await?;
    let steps = Migrator::migrations().len();
    assert!(steps >= 5 && !whole.is_empty());
    for back in 1..=u32::try_from(steps)? {
        let before = counts(&db).await?;
        Migrator::down(&db, Some(back)).await?;
        let left = counts(&db).await?;
        assert!(
            left.len() < before.len(),
            "{back} steps back take tables away"
        );
        for (table, count) in left.iter().filter(|(table, _)| table != "seaql_migrations") {
            assert!(
                before.contains(&(table.clone(), *count)),
                "{table} keeps its rows"
            );
        }
        Migrator::up(&db, None).await?;
        assert_eq!(shape(&db).await?, whole, "{back} steps back and forth");
    }
    Migrator::down(&db, None).await?;
    assert_eq!(
        tables(&db).await?,
        ["seaql_migrations"],
        "all the way down nothing is left"
    );
    Migrator::up(&db, None).await?;
    db.close().await?;

    // and lavafed starts in it as in a new one
    let app = TestApp::start(home).await?;
    world::build(&app).await?;
    assert_eq!(app.grid("2026.10").await?[1], "deploy.tftp F FYP RYF");
    Ok(())
}

async fn a_newer_database_is_refused(app: TestApp) -> Result<()> {
    let db = app.home.connect().await?;
    db.execute_unprepared(
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000000_from_the_future', 0)",
    )
    .await?;
    let refused = open(&app.home).await.err().map(|error| error.to_string());
    let sentence = refused.unwrap_or_default();
    assert!(
        sentence.contains("newer lavafed") && sentence.contains("m29990101_000000_from_the_future"),
        "{sentence}"
    );
    assert!(
        sentence.contains("Install") && sentence.ends_with('.'),
        "it says what to do: {sentence}"
    );
    Ok(())
}

async fn another_key_is_refused(app: TestApp) -> Result<()> {
    use base64::Engine as _;
    let file = app.home.folder.path().join("signing.key");
    let kept = std::fs::read(&file)?;
    std::fs::write(
        &file,
        base64::engine::general_purpose::STANDARD.encode([9; 32]),
    )?;
    let refused = open(&app.home).await.err().map(|error| error.to_string());
    assert!(
        refused.is_some_and(
            |sentence| sentence.contains("signing key") && sentence.contains("Restore")
        )
    );
    std::fs::write(&file, kept)?;
    open(&app.home).await.map(|_| ())
}

/// Keys and uniqueness are the database's, not only the code's.
async fn the_database_itself_refuses_what_must_not_be(app: TestApp) -> Result<()> {
    world::build(&app).await?;
    let db = app.home.connect().await?;
    let columns = "version_id, feature_id, device_type_id, latest, passes, fails, infras, not_reached, last_job_id, last_at, event_no";
    let doubled = format!("INSERT INTO cell ({columns}) SELECT {columns} FROM cell");
    for statement in [
        format!("{doubled} WHERE device_type_id IS NULL"),
        format!("{doubled} WHERE device_type_id IS NOT NULL"),
        "INSERT INTO plan (feature_id, device_type_id, from_event, from_at) SELECT feature_id, device_type_id, from_event, from_at FROM plan".to_owned(),
        "INSERT INTO job_feature (job_id, feature_id) SELECT job_id, feature_id FROM job_feature".to_owned(),
        "UPDATE job SET version_id = 999999".to_owned(),
        "UPDATE verdict SET feature_id = 999999".to_owned(),
        "DELETE FROM version".to_owned(),
        "DELETE FROM job".to_owned(),
        "DELETE FROM feature".to_owned(),
        "DELETE FROM source WHERE name = 'ci'".to_owned(),
        "UPDATE fold SET feature_id = NULL WHERE device_type_id IS NULL".to_owned(),
        "INSERT INTO event (no, kind, at) SELECT no, kind, at FROM event".to_owned(),
    ] {
        let foreign_keys = "PRAGMA foreign_keys = ON";
        if db.get_database_backend() == sea_orm::DatabaseBackend::Sqlite {
            db.execute_unprepared(foreign_keys).await?;
        }
        assert!(db.execute_unprepared(&statement).await.is_err(), "{statement}");
    }
    Ok(())
}
