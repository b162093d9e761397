//! Owners lend by a token of their lab's own: what they may, what they may not,
//! and that the lab's secrets are told to nobody.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use entity::lab_driver;
use entity::lease::{self, LeaseState};
use lavafed::lease::reason::Code;
use lavafed::seal;
use lavafed_tests::app::TestApp;
use lavafed_tests::client::{at, text};
use lavafed_tests::database::rows;
use lavafed_tests::on_both_databases;
use lavafed_tests::result::PlainResult;
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use serde_json::{Value, json};

use crate::borrowing::{self, change, drive, lease, lease_id, trail};

on_both_databases!(
    an_owner_speaks_for_one_lab,
    a_lab_is_paused_and_takes_days_off,
    an_api_token_is_sealed_and_told_to_nobody,
    what_an_owner_is_shown_is_kept_for_nobody,
    how_a_lab_answers,
    what_is_lent_stays_where_it_is,
    bad_settings_are_refused_with_a_sentence,
);

/// What an owner may do of the lab paris.
const OWNERS: &[&str] = &[
    "acquireDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })",
    "releaseDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })",
    "pauseLab(input: { lab: \"paris\" })",
    "resumeLab(input: { lab: \"paris\" })",
    "vetoDay(input: { lab: \"paris\", day: \"DAY\" })",
    "unvetoDay(input: { lab: \"paris\", day: \"DAY\" })",
    "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", lendable: true })",
    "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", dockerDevice: \"docker-02\" })",
    "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", dictionary: \"{}\", shareDictionary: false })",
];

async fn an_owner_speaks_for_one_lab(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    let reporter = app.reporter("lab:paris").await?;
    let tomorrow = (Utc::now() + TimeDelta::days(1)).date_naive().to_string();
    let before = app.event().await?;
    let mutation = |mutation: &str| {
        format!(
            "{} {{ errors {{ code }} }}",
            mutation.replace("DAY", &tomorrow)
        )
    };
    for owned in OWNERS {
        for (token, code) in [
            ("", "UNAUTHENTICATED"),
            (reporter.as_str(), "FORBIDDEN"),
            (owners.rennes.as_str(), "FORBIDDEN"),
        ] {
            let answer = change(&app, token, &mutation(owned)).await?;
            // a lease that was never is not there for anybody
            let found = match answer.code() {
                "" => text(&answer.body, "/data/m/errors/0/code").unwrap_or_default(),
                code => code,
            };
            if owned.starts_with("releaseDevice") && token == owners.rennes {
                assert_eq!(found, "NOT_FOUND");
            } else {
                assert_eq!(found, code, "{owned}: {answer:?}");
            }
        }
    }
    assert_eq!(app.event().await?, before, "nothing changed");
    let secrets = [
        "lab(name: \"paris\") { lavaUser }",
        "device(lab: \"paris\", hostname: \"bbb-01\") { dictionary }",
    ];
    for owned in OWNERS.iter().filter(|m| !m.contains("docker")) {
        let answer = change(&app, &owners.paris, &mutation(owned))
            .await?
            .data()?;
        assert_eq!(at(&answer, "/m/errors"), &json!([]), "{owned}");
    }
    // with the lease it has now, other owners still may not
    let theirs = mutation(OWNERS[1]);
    assert_eq!(
        change(&app, &owners.rennes, &theirs).await?.code(),
        "FORBIDDEN"
    );
    for secret in secrets {
        let query = format!("{{ {secret} }}");
        for (token, code) in [
            ("", "UNAUTHENTICATED"),
            (reporter.as_str(), "FORBIDDEN"),
            (owners.rennes.as_str(), "FORBIDDEN"),
            (owners.paris.as_str(), ""),
            (app.admin.as_str(), ""),
        ] {
            let answer = app.graphql(token, &query, json!({})).await?;
            assert_eq!(answer.code(), code, "{secret}");
        }
    }
    // what is the administrator's stays so
    for admins in [
        "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", deviceType: \"bbb\" })",
        "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", federatedName: \"other\" })",
        "updateLab(input: { name: \"paris\", url: \"https://other.example.org\" })",
        "removeDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })",
        "addDevice(input: { lab: \"paris\", hostname: \"x\", deviceType: \"bbb\" })",
    ] {
        let answer = change(&app, &owners.paris, &mutation(admins)).await?;
        assert_eq!(answer.code(), "FORBIDDEN", "{admins}");
    }
    Ok(())
}

async fn a_lab_is_paused_and_takes_days_off(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    let round = borrowing::round(&app, "paris", 120).await?;
    let said = "{ errors { code path } lab { paused vetoDays } }";
    let say = async |mutation: &str| -> Result<Value> {
        let answer = change(&app, &owners.paris, &format!("{mutation} {said}")).await?;
        Ok(at(&answer.data()?, "/m").clone())
    };
    let lab = |paused: bool, days: Value| json!({ "errors": [], "lab": { "paused": paused, "vetoDays": days } });
    let pause = "pauseLab(input: { lab: \"paris\" })";
    assert_eq!(say(pause).await?, lab(true, json!([])));
    let event = app.event().await?;
    assert_eq!(say(pause).await?, lab(true, json!([])));
    assert_eq!(app.event().await?, event, "a paused lab stays so");
    let query = format!(
        "{{ node(id: \"{}\") {{ ... on Round {{ trail {{ nodes {{ actor action code }} }} }} }} }}",
        lavafed_tests::app::global_id("Round", round.id.0)
    );
    assert_eq!(
        at(&app.admin(&query).await?, "/node/trail/nodes"),
        &json!([{ "actor": "token:a token of scope Lend", "action": "pause", "code": "LAB_PAUSED" }])
    );
    let resume = "resumeLab(input: { lab: \"paris\" })";
    assert_eq!(say(resume).await?, lab(false, json!([])));

    // the window that would open next does not
    let opens = async || -> Result<String> {
        let answer = app
            .ask("{ lab(name: \"paris\") { window { openUntil opensAt } } }")
            .await?;
        let window = at(&answer, "/lab/window").clone();
        assert!(window["openUntil"].is_null() != window["opensAt"].is_null());
        Ok(window.to_string())
    };
    let zone = today_in_paris(&app).await?;
    let days = [zone, zone + TimeDelta::days(1), zone - TimeDelta::days(1)];
    let before = opens().await?;
    for day in days {
        say(&format!(
            "vetoDay(input: {{ lab: \"paris\", day: \"{day}\" }})"
        ))
        .await?;
    }
    let again = format!("vetoDay(input: {{ lab: \"paris\", day: \"{zone}\" }})");
    let mut sorted = days;
    sorted.sort();
    assert_eq!(say(&again).await?, lab(false, json!(sorted)));
    let vetoed = opens().await?;
    assert_ne!(vetoed, before);
    let then = (zone + TimeDelta::days(2)).to_string();
    assert!(vetoed.contains(&then), "{vetoed} {then}");
    for day in days {
        say(&format!(
            "unvetoDay(input: {{ lab: \"paris\", day: \"{day}\" }})"
        ))
        .await?;
    }
    assert_eq!(opens().await?, before);
    let far = "vetoDay(input: { lab: \"paris\", day: \"2199-01-01\" })";
    assert_eq!(
        say(far).await?,
        json!({ "errors": [{ "code": "BAD_USER_INPUT", "path": ["day"] }], "lab": null })
    );
    let none = "vetoDay(input: { lab: \"none\", day: \"2199-01-01\" })";
    let answer = change(&app, &app.admin, &format!("{none} {said}")).await?;
    assert_eq!(
        at(&answer.data()?, "/m/errors"),
        &json!([{ "code": "NOT_FOUND", "path": ["lab"] }])
    );
    Ok(())
}

/// The day in the lab's time zone, as lavafed tells it: the window opens at 20:00.
async fn today_in_paris(app: &TestApp) -> Result<chrono::NaiveDate> {
    let lab = lavafed::service::lab::get(app.app.db.read(), "paris").await?;
    let window = lavafed::service::lab::window(app.app.db.read(), &lab).await?;
    Ok(Utc::now().with_timezone(&window.zone).date_naive())
}

async fn an_api_token_is_sealed_and_told_to_nobody(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    app.admin("mutation { addLab(input: { name: \"lyon\" }) { errors { message } } }")
        .await?;
    let shown = "{ labs { nodes { name hasApiToken } } }";
    assert_eq!(
        at(&app.ask(shown).await?, "/labs/nodes"),
        &json!([{ "name": "lyon", "hasApiToken": false }, { "name": "paris", "hasApiToken": true }, { "name": "rennes", "hasApiToken": true }])
    );
    let (db, key) = (app.app.db.read(), &app.app.key);
    let sealed = async |name: &str| -> Result<(entity::lab::LabId, Vec<u8>)> {
        let lab = lavafed::service::lab::get(db, name).await?;
        Ok((lab.id, lab.api_token.unwrap_or_default()))
    };
    let (paris, paris_token) = sealed("paris").await?;
    let (rennes, rennes_token) = sealed("rennes").await?;
    assert_eq!(
        seal::open(key, paris, &paris_token)?.reveal(),
        "secret-of-paris"
    );
    assert_eq!(
        seal::open(key, rennes, &rennes_token)?.reveal(),
        "secret-of-rennes"
    );
    assert!(
        seal::open(key, rennes, &paris_token).is_err(),
        "it is bound to its lab"
    );
    // nothing that lavafed keeps holds it in the clear
    let connection = app.home.connect().await?;
    for table in ["lab", "event", "trail"] {
        let all = rows(&connection, &format!("SELECT * FROM {table}")).await?;
        assert!(!format!("{all:?}").contains("secret-of"), "{table}");
    }
    // a new one takes its place, without what was pasted around it
    let update = "mutation { updateLab(input: { name: \"paris\", apiToken: \" another\\n\" }) { errors { code } } }";
    app.admin(update).await?;
    let (_, token) = sealed("paris").await?;
    assert_eq!(seal::open(key, paris, &token)?.reveal(), "another");
    for wrong in ["", "two words", "caf\u{e9}", &"x".repeat(501)] {
        let query = "mutation ($token: String) { updateLab(input: { name: \"paris\", apiToken: $token }) { errors { code path message } } }";
        let answer = app
            .graphql(&app.admin, query, json!({ "token": wrong }))
            .await?
            .data()?;
        let error = at(&answer, "/updateLab/errors/0");
        assert_eq!(text(error, "/code"), Some("BAD_USER_INPUT"), "{wrong}");
        assert_eq!(at(error, "/path"), &json!(["apiToken"]));
        let said = text(error, "/message").unwrap_or_default();
        assert!(wrong.is_empty() || !said.contains(wrong), "{said}");
    }
    Ok(())
}

/// Answers to readers are kept and given to the next who asks the same.
async fn what_an_owner_is_shown_is_kept_for_nobody(app: TestApp) -> Result<()> {
    let owners = borrowing::labs(&app).await?;
    app.declare("boot.u-boot").await?;
    app.admin("mutation { updateDevice(input: { lab: \"paris\", hostname: \"bbb-02\", dictionary: \"of the owner\" }) { errors { code } } }")
        .await?;
    app.admin("mutation { removeDevice(input: { lab: \"rennes\", hostname: \"bbb-01\" }) { errors { code } } }")
        .await?;
    let ci = app.reporter("ci").await?;
    for (id, version, verdict) in [(1, "2026.09", "PASS"), (2, "2026.10", "FAIL")] {
        let result = PlainResult::of(id, version)
            .on("bbb")
            .says(&format!("boot.u-boot={verdict}"));
        app.report_all(&ci, &[result]).await?;
    }
    let query = "{ compare(base: \"2026.09\", head: \"2026.10\") { changes(first: 5) { nodes { deviceType { devices(first: 5) { nodes { dictionary } } } } } } }";
    for _ in 0..2 {
        let shown = app.graphql(&owners.paris, query, json!({})).await?;
        assert!(shown.data()?.to_string().contains("of the owner"));
        let refused = app.graphql("", query, json!({})).await?;
        assert_eq!(refused.code(), "UNAUTHENTICATED");
        assert!(!refused.body.to_string().contains("of the owner"));
    }
    Ok(())
}

async fn how_a_lab_answers(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    let shown = "{ lab(name: \"paris\") { door contact { reachable contactedAt failingSince failureCode failure } driver { holder fence } } }";
    let nothing = json!({ "door": "REST", "driver": null,
        "contact": { "reachable": null, "contactedAt": null, "failingSince": null, "failureCode": null, "failure": null } });
    assert_eq!(app.ask(shown).await?["lab"], nothing);
    let lab = lavafed::service::lab::get(app.app.db.read(), "paris").await?;
    let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap_or_default();
    let row = |failing| lab_driver::ActiveModel {
        lab_id: Set(lab.id),
        holder: Set(Some("one".to_owned())),
        fence: Set(3),
        heartbeat_at: Set(now),
        contacted_at: Set(Some(now)),
        failing_since: Set(failing),
        failure_code: Set(failing.map(|_| "REFUSED".to_owned())),
        failure: Set(failing.map(|_| "It refuses the API token.".to_owned())),
    };
    let txn = app.app.db.begin().await?;
    lab_driver::Entity::insert(row(None))
        .exec_without_returning(&txn)
        .await?;
    txn.commit().await?;
    let well = app.ask(shown).await?;
    assert_eq!(at(&well, "/lab/contact/reachable"), true);
    assert_eq!(
        at(&well, "/lab/driver"),
        &json!({ "holder": "one", "fence": 3 })
    );
    let txn = app.app.db.begin().await?;
    lab_driver::Entity::update(row(Some(now)))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    let failing = app.ask(shown).await?;
    assert_eq!(
        at(&failing, "/lab/contact"),
        &json!({ "reachable": false, "contactedAt": "2026-09-21T14:13:20+00:00", "failingSince": "2026-09-21T14:13:20+00:00",
            "failureCode": "REFUSED", "failure": "It refuses the API token." })
    );
    Ok(())
}

async fn what_is_lent_stays_where_it_is(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    borrowing::round(&app, "paris", 120).await?;
    let named = "device(lab: \"paris\", hostname: \"bbb-01\") { federatedName dockerDevice shareDictionary }";
    let device = json!({ "federatedName": "paris-bbb-01", "dockerDevice": "docker-01", "shareDictionary": true });
    assert_eq!(app.ask(&format!("{{ {named} }}")).await?["device"], device);
    let id = lease(&app, &app.admin, "paris", "bbb-01").await?;
    let refused = async |mutation: &str| -> Result<String> {
        let query = format!("{mutation} {{ errors {{ code message }} }}");
        let answer = change(&app, &app.admin, &query).await?.data()?;
        let said = text(&answer, "/m/errors/0/message").unwrap_or_default();
        Ok(match text(&answer, "/m/errors/0/code") {
            Some(code) => format!("{code} {}", said.contains(&format!("lease {}", id.0))),
            None => String::new(),
        })
    };
    for mutation in [
        "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", dockerDevice: \"docker-02\" })",
        "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", federatedName: \"other\" })",
        "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", deviceType: \"bbb\" })",
        "removeDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })",
        "removeLab(input: { name: \"paris\" })",
    ] {
        assert_eq!(refused(mutation).await?, "CONFLICT true", "{mutation}");
    }
    let stop = "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", lendable: false, dictionary: \"{}\", dockerDevice: \"docker-01\" })";
    assert_eq!(refused(stop).await?, "", "for the next time");
    // over, it is history, and kept
    let none = lease::ActiveModel::default();
    let why = Code::OwnerAsked;
    drive(&app, id, LeaseState::Skipped, why, none, Utc::now()).await?;
    for mutation in [
        "removeDevice(input: { lab: \"paris\", hostname: \"bbb-01\" })",
        "removeLab(input: { name: \"paris\" })",
        "removeVersion(input: { name: \"2026.10\" })",
    ] {
        assert_eq!(refused(mutation).await?, "CONFLICT false", "{mutation}");
    }
    let moved = "updateDevice(input: { lab: \"paris\", hostname: \"bbb-01\", dockerDevice: \"docker-02\" })";
    assert_eq!(refused(moved).await?, "");
    assert_eq!(trail(&app, id).await?.len(), 2);
    // a lab that was never asked for anything goes, with its days off
    let device = "removeDevice(input: { lab: \"rennes\", hostname: \"bbb-01\" })";
    assert_eq!(refused(device).await?, "");
    let lab = "removeLab(input: { name: \"rennes\" })";
    assert_eq!(refused(lab).await?, "CONFLICT false", "it has a token");
    app.admin("mutation { addLab(input: { name: \"lyon\" }) { errors { code } } }")
        .await?;
    let today = Utc::now().date_naive();
    assert_eq!(
        refused(&format!(
            "vetoDay(input: {{ lab: \"lyon\", day: \"{today}\" }})"
        ))
        .await?,
        ""
    );
    assert_eq!(refused("removeLab(input: { name: \"lyon\" })").await?, "");
    assert!(
        app.ask(&format!(
            "{{ lease(id: \"{}\") {{ state }} }}",
            lease_id(id)
        ))
        .await?["lease"]
            .is_object()
    );
    Ok(())
}

async fn bad_settings_are_refused_with_a_sentence(app: TestApp) -> Result<()> {
    borrowing::labs(&app).await?;
    for (input, path) in [
        ("windowMinutes: 0", "windowMinutes"),
        ("windowMinutes: 1441", "windowMinutes"),
        ("timeZone: \"Europe/Atlantis\"", "timeZone"),
        ("windowOpens: \"24:00\"", "windowOpens"),
        ("url: \"http://localhost:8000\"", "url"),
        ("url: \"http://127.0.0.1/\"", "url"),
        ("url: \"http://[::1]/\"", "url"),
        ("url: \"http://10.1.2.3/\"", "url"),
        ("url: \"http://192.168.1.1/\"", "url"),
        ("url: \"http://169.254.1.1/\"", "url"),
        ("url: \"ssh://lava.example.org\"", "url"),
        ("url: \"https://who:secret@lava.example.org\"", "url"),
        ("door: XML_RPC", "lavaUser"),
        ("lavaUser: \"a b\"", "lavaUser"),
    ] {
        let query = format!(
            "mutation {{ m: updateLab(input: {{ name: \"paris\", {input} }}) {{ errors {{ code path message }} }} }}"
        );
        let answer = app.admin(&query).await?;
        assert_eq!(
            at(&answer, "/m/errors/0/code"),
            "BAD_USER_INPUT",
            "{input}: {answer}"
        );
        assert_eq!(at(&answer, "/m/errors/0/path"), &json!([path]), "{input}");
        let said = text(&answer, "/m/errors/0/message").unwrap_or_default();
        assert!(said.ends_with('.') && said.contains(' '), "{said}");
        assert!(
            said.starts_with(|c: char| c.is_uppercase() || !c.is_alphabetic()),
            "{said}"
        );
        assert!(!said.contains("secret"), "{said}");
    }
    let well = "mutation { updateLab(input: { name: \"paris\", door: XML_RPC, lavaUser: \"lavafed\", url: \"https://lava.example.org/lava/\" }) {
        errors { message } lab { door url lavaUser } } }";
    assert_eq!(
        app.admin(well).await?["updateLab"],
        json!({ "errors": [], "lab": { "door": "XML_RPC", "url": "https://lava.example.org/lava", "lavaUser": "lavafed" } })
    );
    for (input, path) in [
        ("dockerDevice: \"a b\"", "dockerDevice"),
        ("federatedName: \"\"", "federatedName"),
    ] {
        let query = format!(
            "mutation {{ m: updateDevice(input: {{ lab: \"paris\", hostname: \"bbb-01\", {input} }}) {{ errors {{ code path }} }} }}"
        );
        assert_eq!(
            at(&app.admin(&query).await?, "/m/errors"),
            &json!([{ "code": "BAD_USER_INPUT", "path": [path] }])
        );
    }
    Ok(())
}
