//! What a person has to know lasts until it is cleared.

use anyhow::Result;
use chrono::Utc;
use entity::alert::AlertKind;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::texts;
use lavafed_tests::on_both_databases;
use serde_json::json;

use crate::borrowing::{self, lease, row};

on_both_databases!(an_alert_lasts_until_it_is_cleared,);

async fn an_alert_lasts_until_it_is_cleared(app: TestApp) -> Result<()> {
    use lavafed::service::alert;
    borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    let id = lease(&app, &app.admin, "paris", "bbb-01").await?;
    let lab = row(&app, id).await?.lab_id;
    let raise = async |key: &str, kind, lease, sentence: &str| -> Result<()> {
        let txn = app.app.db.begin().await?;
        alert::raise(&txn, key, kind, Some(lab), lease, sentence, Utc::now()).await?;
        Ok(txn.commit().await?)
    };
    let clear = async |key: &str| -> Result<()> {
        let txn = app.app.db.begin().await?;
        alert::clear(&txn, key, Utc::now()).await?;
        Ok(txn.commit().await?)
    };
    let shown = "{ alerts { kind sentence lab { name } lease { number } } }";
    clear("lab").await?;
    assert_eq!(app.ask(shown).await?["alerts"], json!([]));
    let unreachable = AlertKind::LabUnreachable;
    raise("lab", unreachable, None, "It does not answer.").await?;
    raise("lease", AlertKind::Overdue, Some(id), "It is late.").await?;
    // raised again it is still the same one
    raise("lab", unreachable, None, "It is refused.").await?;
    assert_eq!(
        app.ask(shown).await?["alerts"],
        json!([
            { "kind": "LAB_UNREACHABLE", "sentence": "It is refused.", "lab": { "name": "paris" }, "lease": null },
            { "kind": "OVERDUE", "sentence": "It is late.", "lab": { "name": "paris" }, "lease": { "number": id.0 } },
        ])
    );
    clear("lab").await?;
    clear("lab").await?;
    assert_eq!(
        texts(&app.ask(shown).await?, "/alerts", "/kind"),
        ["OVERDUE"]
    );
    raise("lab", unreachable, None, "Again.").await?;
    assert_eq!(
        texts(&app.ask(shown).await?, "/alerts", "/sentence"),
        ["It is late.", "Again."]
    );
    Ok(())
}
