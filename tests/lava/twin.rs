//! The fake lab beside a real one: both are asked the same by REST, one call after the other, and must answer the same.
//! What a real server numbers, dates or makes up may differ in its value, not in its kind. Must not know lavafed.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use fake_lab::{FakeLava, Release as FakeRelease, Rights};
use lavafed_tests::lava::job::Job;
use lavafed_tests::lava::server::May;
use lavafed_tests::lava::{Release, say};
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::site::Site;

crate::for_each_release!(the_fake_lab_answers_as_the_real_one);

/// Fields whose values are a server's own.
const OWN: &[&str] = &[
    "id",
    "definition",
    "original_definition",
    "job_ids",
    "last_ping",
    "next",
    "previous",
    "submit_time",
    "start_time",
    "end_time",
    "tags",
    "token",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Nobody,
    Wrong,
    /// May do nothing in particular.
    Plain,
    /// May add and change devices.
    Lender,
    Admin,
}

/// One server, its users' secrets, and what it calls the things that were made.
struct Twin {
    url: String,
    http: reqwest::Client,
    plain: String,
    lender: String,
    admin: String,
    tag: String,
    job: String,
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    kind: String,
    body: Value,
}

impl Twin {
    async fn ask(
        &mut self,
        user: User,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> Result<Answer> {
        let path = path.replace("{tag}", &self.tag).replace("{job}", &self.job);
        let text = body.to_string().replace("\"{tag}\"", &self.tag);
        let mut request = self
            .http
            .request(method.clone(), format!("{}/api/v0.2/{path}", self.url))
            .header(header::ACCEPT, "application/json");
        if *body != Value::Null {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(text);
        }
        let secret = match user {
            User::Nobody => None,
            User::Wrong => Some("wrong"),
            User::Plain => Some(self.plain.as_str()),
            User::Lender => Some(self.lender.as_str()),
            User::Admin => Some(self.admin.as_str()),
        };
        if let Some(secret) = secret {
            request = request.header(header::AUTHORIZATION, format!("Token {secret}"));
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().to_owned();
        let text = answer.text().await?;
        let body = match kind.as_str() {
            "application/json" => serde_json::from_str(&text).with_context(|| text.clone())?,
            // a page for people
            "text/html" => Value::Null,
            _ => text.trim().into(),
        };
        if status == 201 {
            if let Some(id) = body.get("id").filter(|_| path == "tags/") {
                self.tag = id.to_string();
            }
            if let Some(id) = body.pointer("/job_ids/0") {
                self.job = id.to_string();
            }
        }
        Ok(Answer { status, kind, body })
    }
}

async fn the_fake_lab_answers_as_the_real_one(site: &Site) -> Result<()> {
    let release = site.lava.release;
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let (mut real, mut fake) = (real(site, &http)?, fake(site, &http).await?);
    let (mut asked, mut different) = (0, Vec::new());
    for (user, method, path, body) in questions(site)? {
        let wanted = real.ask(user, &method, &path, &body).await?;
        let found = fake.ask(user, &method, &path, &body).await?;
        asked += 1;
        let mut says = Vec::new();
        if (wanted.status, &wanted.kind) != (found.status, &found.kind) {
            says.push(format!("{found:?} instead of {wanted:?}"));
        } else {
            compare(&wanted.body, &found.body, "", &mut says);
        }
        let name = format!("{user:?} {method} {path} {body}");
        different.extend(says.iter().map(|says| format!("{name}\n    {says}")));
    }
    say(
        release,
        &format!(
            "{asked} questions, {} answered otherwise by the fake",
            different.len()
        ),
    );
    ensure!(different.is_empty(), "\n{}", different.join("\n"));
    Ok(())
}

fn real(site: &Site, http: &reqwest::Client) -> Result<Twin> {
    Ok(Twin {
        url: site.lava.admin.url().to_owned(),
        http: http.clone(),
        plain: site.lava.add_user("twin-plain", &May::Devices(&[]))?,
        lender: site.lava.add_user("twin-lender", &May::AllDevices)?,
        admin: site.lava.add_user("twin-admin", &May::Everything)?,
        tag: String::new(),
        job: String::new(),
    })
}

/// A fake with the same users and templates, on a socket of its own.
async fn fake(site: &Site, http: &reqwest::Client) -> Result<Twin> {
    let release = match site.lava.release {
        Release::Bookworm => FakeRelease::V2023_01,
        Release::Trixie => FakeRelease::V2026_10,
    };
    let fake = FakeLava::new(release, chrono::Utc::now());
    let lender = Rights {
        add_device: true,
        change_device: true,
        ..Rights::plain()
    };
    fake.add_user("twin-plain", "plain-secret", Rights::plain());
    fake.add_user("twin-lender", "lender-secret", lender);
    fake.add_user("twin-admin", "admin-secret", Rights::superuser());
    fake.add_device_type("qemu");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(fake.serve(listener));
    Ok(Twin {
        url,
        http: http.clone(),
        plain: "plain-secret".into(),
        lender: "lender-secret".into(),
        admin: "admin-secret".into(),
        tag: String::new(),
        job: String::new(),
    })
}

type Question = (User, Method, String, Value);

/// All that lavafed asks and writes, and what it may get wrong.
fn questions(site: &Site) -> Result<Vec<Question>> {
    use User::{Admin, Nobody, Plain, Wrong};
    let mut all = Vec::new();
    let mut ask = |user, method: &str, path: &str, body: Value| -> Result<()> {
        all.push((user, method.parse()?, path.to_owned(), body));
        Ok(())
    };
    let none = || Value::Null;
    for user in [Nobody, Wrong, Plain, Admin] {
        ask(user, "GET", "system/version/", none())?;
        ask(user, "GET", "system/whoami/", none())?;
    }
    ask(Admin, "GET", "system/version", none())?;
    ask(Admin, "GET", "nowhere/", none())?;
    // what lavafed makes at the federated server, made by who may and by who may not
    for user in [Nobody, Plain, Admin, Admin] {
        ask(
            user,
            "POST",
            "tags/",
            json!({"name": "twin", "description": "one of two"}),
        )?;
    }
    for name in [
        "twin.dot",
        "twin blank",
        &"t".repeat(50),
        &"t".repeat(51),
        &"t".repeat(101),
        "",
    ] {
        ask(Plain, "POST", "tags/", json!({ "name": name }))?;
        ask(Admin, "POST", "tags/", json!({ "name": name }))?;
    }
    ask(Admin, "POST", "tags/", json!({}))?;
    ask(Admin, "POST", "tags/", json!({"name": "twin-last"}))?;
    ask(Admin, "GET", "tags/?name=twin-last", none())?;
    ask(Admin, "GET", "tags/{tag}/", none())?;
    for user in [Plain, Admin, Admin] {
        ask(
            user,
            "POST",
            "workers/",
            json!({"hostname": "twin-worker", "description": "twin"}),
        )?;
    }
    for user in [Nobody, Plain, Admin] {
        ask(user, "GET", "workers/twin-worker/", none())?;
        ask(user, "GET", "workers/none/", none())?;
    }
    for health in ["Maintenance", "Active", "ACTIVE"] {
        ask(
            Plain,
            "PATCH",
            "workers/twin-worker/",
            json!({ "health": health }),
        )?;
        ask(
            Admin,
            "PATCH",
            "workers/twin-worker/",
            json!({ "health": health }),
        )?;
    }
    ask(Admin, "GET", "devicetypes/qemu/", none())?;
    ask(Admin, "GET", "devicetypes/none/", none())?;
    ask(
        Admin,
        "POST",
        "devicetypes/",
        json!({"name": "qemu", "aliases": []}),
    )?;
    devices(&mut ask)?;
    jobs(site, &mut ask)?;
    Ok(all)
}

fn devices(ask: &mut impl FnMut(User, &str, &str, Value) -> Result<()>) -> Result<()> {
    use User::{Admin, Lender, Nobody, Plain};
    let none = || Value::Null;
    let device = json!({"hostname": "twin-board", "device_type": "qemu", "worker_host": "twin-worker",
        "health": "Maintenance", "description": "one of two", "tags": ["{tag}"]});
    for user in [Nobody, Plain, Lender, Admin, Admin] {
        ask(user, "POST", "devices/", device.clone())?;
    }
    ask(
        Admin,
        "POST",
        "devices/",
        json!({"hostname": "twin-other", "device_type": "none", "health": "Good"}),
    )?;
    ask(
        Admin,
        "POST",
        "devices/",
        json!({"hostname": "twin-other", "device_type": "qemu", "health": "GOOD"}),
    )?;
    ask(
        Admin,
        "POST",
        "devices/",
        json!({"hostname": "twin-other", "device_type": "qemu", "health": "Good", "worker_host": "none"}),
    )?;
    for user in [Nobody, Plain, Lender, Admin] {
        ask(user, "GET", "devices/twin-board/", none())?;
        ask(
            user,
            "GET",
            "devices/?hostname__in=twin-board,none&limit=10",
            none(),
        )?;
        ask(user, "GET", "devices/none/", none())?;
        ask(user, "GET", "devices/twin-board/dictionary/", none())?;
        ask(
            user,
            "POST",
            "devices/twin-board/set_health/",
            json!({"health": "GOOD", "reason": "twin"}),
        )?;
        ask(Plain, "GET", "devices/twin-board/", none())?;
    }
    writes(ask)
}

/// What is written to a device, rightly and wrongly.
fn writes(ask: &mut impl FnMut(User, &str, &str, Value) -> Result<()>) -> Result<()> {
    use User::{Admin, Lender, Nobody, Plain};
    let none = || Value::Null;
    for health in [
        "Unknown",
        "Maintenance",
        "Bad",
        "Looping",
        "Maintenance",
        "good",
        "nonsense",
        "",
    ] {
        ask(
            Lender,
            "POST",
            "devices/twin-board/set_health/",
            json!({ "health": health }),
        )?;
        ask(Lender, "GET", "devices/twin-board/", none())?;
    }
    ask(Lender, "POST", "devices/twin-board/set_health/", json!({}))?;
    ask(
        Lender,
        "POST",
        "devices/none/set_health/",
        json!({"health": "GOOD"}),
    )?;
    ask(
        Admin,
        "GET",
        "devices/?health=Good&hostname=twin-board",
        none(),
    )?;
    ask(Admin, "GET", "devices/?health=NONE", none())?;
    let text = "{% extends 'qemu.jinja2' %}\n{% set arch = 'amd64' %}\n";
    for user in [Nobody, Plain, Lender] {
        ask(
            user,
            "POST",
            "devices/twin-board/dictionary/",
            json!({ "dictionary": text }),
        )?;
    }
    ask(Lender, "POST", "devices/twin-board/dictionary/", json!({}))?;
    ask(Lender, "GET", "devices/twin-board/dictionary/", none())?;
    for patch in [
        json!({"health": "Maintenance"}),
        json!({"health": "MAINTENANCE"}),
        json!({"tags": ["{tag}"], "worker_host": "twin-worker", "device_type": "qemu"}),
        json!({"worker_host": "none"}),
        json!({"description": "changed"}),
    ] {
        ask(Lender, "PATCH", "devices/twin-board/", patch.clone())?;
        ask(Admin, "PATCH", "devices/twin-board/", patch)?;
    }
    ask(Admin, "GET", "devices/twin-board/", none())?;
    // gone for all but who asks for all
    ask(
        Lender,
        "POST",
        "devices/twin-board/set_health/",
        json!({"health": "Retired"}),
    )?;
    ask(Lender, "GET", "devices/twin-board/", none())?;
    ask(Lender, "GET", "devices/twin-board/?all=true", none())?;
    ask(
        Lender,
        "POST",
        "devices/twin-board/set_health/",
        json!({"health": "Good"}),
    )?;
    ask(
        Lender,
        "POST",
        "devices/twin-board/set_health/?all=true",
        json!({"health": "Good"}),
    )
}

fn jobs(site: &Site, ask: &mut impl FnMut(User, &str, &str, Value) -> Result<()>) -> Result<()> {
    use User::{Admin, Lender, Nobody, Plain};
    let none = || Value::Null;
    let mut job = Job::new("twin", site.listener.url());
    job.metadata = vec![("lavafed.submission", "twin".into())];
    // the device's worker is offline: it waits for ever
    let waiting = job
        .definition()
        .replace("job_name:", "tags: [twin-last]\njob_name:");
    if !waiting.contains("tags: [twin-last]") {
        bail!("the job has no name: {waiting}");
    }
    ask(Nobody, "POST", "jobs/", json!({ "definition": waiting }))?;
    ask(Plain, "POST", "jobs/", json!({}))?;
    ask(
        Plain,
        "POST",
        "jobs/",
        json!({ "definition": waiting.replace("visibility: public\n", "") }),
    )?;
    ask(
        Plain,
        "POST",
        "jobs/",
        json!({ "definition": waiting.replace("device_type: qemu", "device_type: none") }),
    )?;
    ask(Plain, "POST", "jobs", json!({ "definition": waiting }))?;
    ask(Plain, "POST", "jobs/", json!({ "definition": waiting }))?;
    for user in [Nobody, Plain, Lender, Admin] {
        ask(user, "GET", "jobs/{job}/", none())?;
    }
    ask(
        Plain,
        "GET",
        "jobs/?description=twin&ordering=-id&limit=1",
        none(),
    )?;
    ask(
        Plain,
        "GET",
        "jobs/?state=Running&actual_device=twin-board",
        none(),
    )?;
    for part in ["suites/", "tests/", "metadata/", "logs/"] {
        ask(Plain, "GET", &format!("jobs/{{job}}/{part}"), none())?;
    }
    ask(Plain, "GET", "jobs/99999999/", none())?;
    for user in [Nobody, Plain, Plain] {
        ask(user, "POST", "jobs/{job}/cancel/", none())?;
        ask(user, "GET", "jobs/{job}/cancel/", none())?;
        ask(Plain, "GET", "jobs/{job}/", none())?;
    }
    Ok(())
}

/// What the fake says otherwise; a field of a server's own has the same kind of value.
fn compare(wanted: &Value, found: &Value, place: &str, says: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let names: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
            for name in names {
                let place = format!("{place}.{name}");
                match (wanted.get(name), found.get(name)) {
                    (Some(wanted), Some(found)) if OWN.contains(&name.as_str()) => {
                        if kind(wanted) != kind(found) {
                            says.push(format!("{place}: {found} instead of {wanted}"));
                        }
                    }
                    (Some(wanted), Some(found)) => compare(wanted, found, &place, says),
                    (wanted, found) => {
                        says.push(format!("{place}: {found:?} instead of {wanted:?}"))
                    }
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (nth, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                compare(wanted, found, &format!("{place}[{nth}]"), says);
            }
        }
        (wanted, found) if wanted == found => {}
        (wanted, found) => says.push(format!("{place}: {found} instead of {wanted}")),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    }
}
