//! What the tests of the fake share: a small lab, calls, and JSON whose order
//! of fields matters.
#![expect(dead_code, reason = "each test binary uses a part of it")]

use std::sync::LazyLock;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use fake_lab::{DeviceHealth, FakeLava, Release, Rights};
use http::Request;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

pub(crate) fn at(hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, hour, minute, 0).unwrap()
}

pub(crate) fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

pub(crate) fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

/// The job of the recordings.
pub(crate) const SMOKE: &str = include_str!("smoke.yaml");

/// A lab with one board and one docker device, whose worker is at work.
pub(crate) fn lab(release: Release) -> FakeLava {
    let lava = FakeLava::new(release, at(9, 0));
    lava.add_user("admin", "admin-token", Rights::superuser());
    lava.add_user("plain", "plain-token", Rights::plain());
    lava.add_device_type("qemu");
    lava.add_device_type("docker");
    lava.add_online_worker("worker1");
    lava.add_device("board-1", "qemu", "worker1", DeviceHealth::Good);
    lava.add_device("docker-1", "docker", "worker1", DeviceHealth::Good);
    lava
}

/// As admin.
pub(crate) fn call(lava: &FakeLava, method: &str, path: &str, body: &Value) -> (u16, Value) {
    call_as(lava, "admin-token", method, path, body)
}

pub(crate) fn call_as(
    lava: &FakeLava,
    token: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let answer = lava
        .service()
        .send(request(token, method, path, body))
        .unwrap();
    let json = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
    (answer.status().as_u16(), json)
}

pub(crate) fn request(token: &str, method: &str, path: &str, body: &Value) -> Request<Bytes> {
    let bytes = match body {
        Value::Null => Bytes::new(),
        body => serde_json::to_vec(body).unwrap().into(),
    };
    Request::builder()
        .method(method)
        .uri(path)
        .header("Host", "lab.example")
        .header("Accept", "application/json")
        .header("Authorization", format!("Token {token}"))
        .header("Content-Type", "application/json")
        .body(bytes)
        .unwrap()
}

pub(crate) fn get(lava: &FakeLava, path: &str) -> (u16, Value) {
    call(lava, "GET", path, &Value::Null)
}

pub(crate) fn find<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let mut items = list.as_array().unwrap().iter();
    items
        .find(|item| item[key] == value)
        .unwrap_or_else(|| panic!("no {key} {value} in {list}"))
}

/// JSON that remembers the order of its fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Null,
    Bool,
    Number,
    Text,
    List(Vec<Shape>),
    Map(Vec<(String, Shape)>),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Shape;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape::Null)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
                Ok(Shape::Bool)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
                Ok(Shape::Number)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
                Ok(Shape::Number)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
                Ok(Shape::Number)
            }
            fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
                Ok(Shape::Text)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Shape::List(items))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Shape::Map(pairs))
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Shape {
    pub(crate) fn get(&self, key: &str) -> &Shape {
        match self {
            Shape::Map(pairs) => &pairs.iter().find(|(name, _)| name == key).unwrap().1,
            other => panic!("{other:?} is no map"),
        }
    }
}

/// The recorded body, in its order.
pub(crate) fn recorded_order(name: &str, release: Release) -> Shape {
    static FILES: LazyLock<[Shape; 2]> = LazyLock::new(|| {
        [RECORDED_2023_01, RECORDED_2026_10].map(|file| serde_json::from_str(file).unwrap())
    });
    let file = match release {
        Release::V2023_01 => &FILES[0],
        Release::V2026_10 => &FILES[1],
    };
    file.get("records")
        .get(name)
        .get("response")
        .get("body")
        .clone()
}

pub(crate) const RECORDED_2023_01: &str =
    include_str!("../../../tests/fixtures/lava/2023.01/rest-2023.01.json");
pub(crate) const RECORDED_2026_10: &str =
    include_str!("../../../tests/fixtures/lava/2026.10/rest-2026.10.json");

/// Fields that may be null in one world and set in another.
const NULLABLE: &[&str] = &[
    "description",
    "end_log_line",
    "last_health_report_job",
    "measurement",
    "next",
    "previous",
    "start_log_line",
    "test_set",
    "version",
    "worker_host",
    "actual_device",
    "start_time",
    "end_time",
];

pub(crate) fn same_shape(own: &Shape, wanted: &Shape, place: &str) -> Result<(), String> {
    match (own, wanted) {
        (Shape::Map(own), Shape::Map(wanted)) => {
            let keys = |pairs: &[(String, Shape)]| -> Vec<String> {
                pairs.iter().map(|(key, _)| key.clone()).collect()
            };
            if keys(own) != keys(wanted) {
                return Err(format!(
                    "{place}: {:?} instead of {:?}",
                    keys(own),
                    keys(wanted)
                ));
            }
            for ((key, own), (_, wanted)) in own.iter().zip(wanted) {
                let open = NULLABLE.contains(&key.as_str());
                if !(open && (*own == Shape::Null || *wanted == Shape::Null)) {
                    same_shape(own, wanted, &format!("{place}.{key}"))?;
                }
            }
            Ok(())
        }
        (Shape::List(own), Shape::List(wanted)) => match (own.first(), wanted.first()) {
            (Some(own), Some(wanted)) => same_shape(own, wanted, &format!("{place}[0]")),
            _ => Ok(()),
        },
        (own, wanted) if own == wanted => Ok(()),
        (own, wanted) => Err(format!("{place}: {own:?} instead of {wanted:?}")),
    }
}

/// The keys of the first item of a YAML list, in order.
pub(crate) fn first_item_keys(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let first = lines
        .next()
        .and_then(|line| line.strip_prefix("- "))
        .unwrap_or_default();
    let rest = lines.take_while(|line| line.starts_with("  "));
    let own = rest.filter(|line| !line.starts_with("   ")).map(str::trim);
    let keys = std::iter::once(first).chain(own);
    keys.filter_map(|line| line.split(':').next())
        .map(str::to_owned)
        .collect()
}
