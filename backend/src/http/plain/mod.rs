//! The page's addresses for who reads without JavaScript, for search engines and
//! for previews of links: a sentence and plain tables, put into the page itself.
//! Knows nothing of how the page looks.

mod cells;
mod farm;
mod lending;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use axum::http::{StatusCode, Uri};
use chrono::Utc;
use minijinja::{Environment, Value, context, value::Serde};
use query::{Change, Expression, Query, Term, Verdict, Word as _};
use serde::Serialize;

use super::Edge;
use crate::{
    error::{Code, Error, Result},
    service::grid,
};

/// What an address says.
#[derive(Debug, Default, Serialize)]
pub(super) struct Plain {
    heading: String,
    /// What stands on top from the first picture on, and where the application
    /// says the same.
    top: Option<String>,
    /// The first is what a preview shows.
    sentences: Vec<String>,
    tables: Vec<Table>,
    links: Vec<Named>,
}

#[derive(Debug, Serialize)]
struct Table {
    caption: String,
    /// What the rows are.
    corner: &'static str,
    columns: Vec<Named>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    head: Named,
    cells: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Named {
    name: String,
    href: Option<String>,
}

impl Named {
    fn only(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            href: None,
        }
    }

    /// A thing at `/kind/name`.
    fn at(kind: &str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            href: Some(format!("/{kind}/{}", urlencoding::encode(name))),
        }
    }
}

/// What is asked for beside the path, as the page writes it into its address.
#[derive(Clone, Debug, Default)]
struct Asked {
    /// `q`
    text: Option<String>,
    /// `show`: the counts that are pressed.
    show: Option<String>,
    /// `at`
    as_of: Option<i64>,
    /// `baseline`
    baseline: Option<String>,
    /// `on`
    device_type: Option<String>,
    /// By what jobs are narrowed.
    narrows: BTreeMap<&'static str, String>,
    /// `after`, for who turns pages without JavaScript.
    after: Option<String>,
}

impl Asked {
    /// What is of no matter here is left out.
    fn read(uri: &Uri) -> Self {
        let mut asked = Self::default();
        let parameters = uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
            let value = value.into_owned();
            match name.as_ref() {
                "q" => asked.text = Some(value),
                "show" => asked.show = Some(value),
                "at" => asked.as_of = value.parse().ok(),
                "baseline" => asked.baseline = Some(value),
                "on" => asked.device_type = Some(value),
                "after" => asked.after = Some(value),
                other => {
                    let known = farm::NARROWS.into_iter().find(|known| *known == other);
                    asked.narrows.extend(known.map(|known| (known, value)));
                }
            }
        }
        asked
    }

    /// # Errors
    /// `BAD_USER_INPUT` with the place of what cannot be read.
    fn query(&self) -> Result<Option<query::Query>> {
        let text = self.text.as_deref().map(grid::parse).transpose()?;
        let asked = text.and_then(|query| query.0);
        let shown = self.show.as_deref().and_then(shown);
        let all: Vec<_> = asked.into_iter().chain(shown).collect();
        Ok(match <[_; 1]>::try_from(all) {
            Ok([only]) => Some(Query(Some(only))),
            Err(none) if none.is_empty() => None,
            Err(both) => Some(Query(Some(Expression::All(both)))),
        })
    }

    /// The same in one spelling, so that it can be asked for again.
    fn write(&self) -> String {
        let mut written = form_urlencoded::Serializer::new(String::new());
        let as_of = self.as_of.map(|event| event.to_string());
        for (name, value) in [
            ("q", &self.text),
            ("show", &self.show),
            ("at", &as_of),
            ("baseline", &self.baseline),
            ("on", &self.device_type),
            ("after", &self.after),
        ] {
            if let Some(value) = value {
                written.append_pair(name, value);
            }
        }
        for (name, value) in &self.narrows {
            written.append_pair(name, value);
        }
        written.finish()
    }
}

/// The cells that a page shows when these counts are pressed; words that are
/// none are of no matter.
fn shown(words: &str) -> Option<Expression> {
    let (mut verdicts, mut changes) = (Vec::new(), Vec::new());
    for word in words.split(',') {
        let change = match word {
            "flaky" => None,
            "flaky-change" => Change::find("flaky"),
            other => Change::find(other),
        };
        match (change, Verdict::find(word)) {
            (Some(change), _) => changes.push(change),
            (None, Some(verdict)) => verdicts.push(verdict),
            (None, None) => {}
        }
    }
    let terms = [
        (!changes.is_empty()).then_some(Term::Change(changes)),
        (!verdicts.is_empty()).then_some(Term::Verdict(verdicts)),
    ];
    let mut terms: Vec<_> = terms.into_iter().flatten().map(Expression::Term).collect();
    match terms.len() {
        0 | 1 => terms.pop(),
        _ => Some(Expression::Any(terms)),
    }
}

/// What makes two addresses say the same here.
pub(super) fn same(uri: &Uri) -> String {
    format!("{}?{}", uri.path(), Asked::read(uri).write())
}

/// The page with what its address says. `index` is the page as it was built; one
/// that was not is served without its script. Any answer but 200 and 404 is of
/// this moment alone. The page's script goes on from `event`, of which all that is
/// said here was read, or after it.
pub(super) async fn page(
    edge: &Arc<Edge>,
    uri: &Uri,
    readable: Result<()>,
    index: Option<&str>,
    event: i64,
) -> (StatusCode, String) {
    let told = match readable {
        Ok(()) => told(edge, uri).await,
        Err(error) => Err(error),
    };
    let (status, plain, event) = match told {
        // what is as of an event says the same for ever
        Ok(plain) => {
            let event = Asked::read(uri).as_of.is_none().then_some(event);
            (StatusCode::OK, plain, event)
        }
        Err(error) => {
            let (status, plain) = refused(error);
            (status, plain, None)
        }
    };
    let home = edge.app.config.public_url.as_deref();
    let address = home.map(|home| format!("{}{}", home.trim_end_matches('/'), uri.path()));
    let html = plain.within(index.unwrap_or(BARE), address.as_deref(), event);
    // the page has its own face for what went wrong here
    let html = html.unwrap_or_else(|error| {
        tracing::error!("a plain page cannot be written: {error}");
        index.unwrap_or(BARE).to_owned()
    });
    (status, html)
}

async fn told(edge: &Arc<Edge>, uri: &Uri) -> Result<Plain> {
    let mut parts = Vec::new();
    for part in uri.path().split('/').filter(|part| !part.is_empty()) {
        let part = urlencoding::decode(part)
            .map_err(|_| Error::input("path", "The address is not UTF-8."))?;
        parts.push(part.into_owned());
    }
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    let (app, asked, now) = (&edge.app, Asked::read(uri), Utc::now());
    match parts.as_slice() {
        [] => cells::versions(app, asked, now).await,
        ["versions", name] => cells::version(app, name, asked, now).await,
        ["versions", name, "waivers"] => cells::waivers(app, name, now).await,
        ["features", name] => cells::feature(app, name, asked, now).await,
        ["device-types", name] => cells::device_type(app, name, asked, now).await,
        ["compare", base, head] => cells::compare(app, base, head, asked, now).await,
        ["leases"] => lending::leases(app).await,
        ["labs"] => lending::labs(app, now).await,
        ["labs", name] => lending::lab(app, name, now).await,
        ["jobs"] => farm::jobs(app, asked).await,
        ["jobs", id] => farm::job(app, id).await,
        ["leases", id] => farm::lease(app, id).await,
        ["devices", lab, hostname] => farm::device(app, lab, hostname).await,
        // they tell of no event, and some of nothing without a token
        ["receipts" | "tokens" | "sign-in"] => Ok(Plain {
            heading: "lavafed".to_owned(),
            sentences: vec!["This page is read with JavaScript only.".to_owned()],
            ..Plain::default()
        }),
        _ => Err(Error::not_found("page", uri.path())),
    }
}

fn refused(error: Error) -> (StatusCode, Plain) {
    let status = match error.code {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Unauthenticated | Code::Forbidden | Code::BadUserInput => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let plain = Plain {
        heading: "lavafed".to_owned(),
        sentences: vec![error.message],
        ..Plain::default()
    };
    (status, plain)
}

/// For who built lavafed without its page.
const BARE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>lavafed</title>\
    <p>This lavafed was built without its page. Type: cargo xtask build --release</p>\
    <noscript></noscript>";
const TITLE: &str = "<title>lavafed</title>";
const NOTE: (&str, &str) = ("<noscript>", "</noscript>");
/// Of what `first.html` begins.
const END: &str = "</div></main>";
/// The bar on top of the page before it is started.
const PAGES: [(&str, &str); 7] = [
    ("/", "Grid"),
    ("/leases", "Leases"),
    ("/jobs", "Jobs"),
    ("/labs", "Labs"),
    ("/receipts", "Receipts"),
    ("/tokens", "Tokens"),
    ("/graphql", "API"),
];

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    // what these names end in says how values are escaped
    for (name, text) in [
        ("head.html", include_str!("head.html")),
        ("first.html", include_str!("first.html")),
        ("body.html", include_str!("body.html")),
    ] {
        if let Err(error) = templates.add_template(name, text) {
            tracing::error!("{error}");
        }
    }
    templates
});

impl Plain {
    fn title(&self) -> String {
        match self.heading.as_str() {
            "lavafed" => self.heading.clone(),
            heading => format!("{heading} · lavafed"),
        }
    }

    fn within(
        &self,
        index: &str,
        address: Option<&str>,
        event: Option<i64>,
    ) -> Result<String, minijinja::Error> {
        let head = TEMPLATES.get_template("head.html")?.render(context! {
            title => self.title(),
            description => self.sentences.first().unwrap_or(&self.heading),
            address,
            event,
        })?;
        let first = TEMPLATES.get_template("first.html")?.render(context! {
            pages => PAGES,
            top => self.top.as_deref(),
            heading => self.heading.as_str(),
        })?;
        let body = TEMPLATES
            .get_template("body.html")?
            .render(Value::from(Serde(self)))?;
        let html = index.replacen(TITLE, &head, 1);
        let found = html
            .split_once(NOTE.0)
            .and_then(|(before, rest)| Some((before, rest.split_once(NOTE.1)?.1)));
        Ok(match found {
            Some((before, after)) => {
                format!("{before}{first}{}{body}{}{END}{after}", NOTE.0, NOTE.1)
            }
            None => html,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_is_it_stays_a_name() {
        let hostile = "</noscript><script>alert(1)</script>\"'&";
        let plain = Plain {
            heading: hostile.to_owned(),
            top: Some(hostile.to_owned()),
            sentences: vec![hostile.to_owned()],
            tables: vec![Table {
                caption: hostile.to_owned(),
                corner: "version",
                columns: vec![Named::at("features", hostile)],
                rows: vec![Row {
                    head: Named::only(hostile),
                    cells: vec![hostile.to_owned()],
                }],
            }],
            links: vec![Named::at("versions", hostile)],
        };
        let html = plain.within(BARE, Some(hostile), Some(7)).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("</noscript>").count(), 1, "{html}");
        assert_eq!(html.matches("<title>").count(), 1, "{html}");
        assert!(
            html.contains("<th scope=\"row\">&lt;&#x2f;noscript"),
            "{html}"
        );
    }
}
