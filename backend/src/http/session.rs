//! Signing in from a page: a token becomes a cookie that no script can read.
//! Doors for readers take the cookie where no `Authorization` is presented; the
//! one for LAVA does not. Must not know what the bearer may do.
//!
//! Another site's page cannot use it: the cookie is `SameSite=Strict`, what the
//! browser itself says of where a request comes from is heeded, and `/graphql`
//! takes JSON only, which another site cannot send unasked.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use cookie::{Cookie, SameSite};
use serde::Deserialize;

use super::{
    Edge,
    error::{Refusal, hint},
    media, request,
};
use crate::{
    auth::{self, Actor, TokenActor},
    error::Code,
};

const NAME: &str = "lavafed_token";
/// Bytes of a request's body: a token, and some room.
const BODY: usize = 8 * 1024;
/// How long a browser stays signed in, if the token does not end before.
const LASTS: TimeDelta = TimeDelta::days(30);

#[derive(Deserialize)]
struct SignIn {
    token: String,
}

/// Answers with the cookie of a token that is valid.
pub(super) async fn sign_in(State(edge): State<Arc<Edge>>, asked: Request) -> Response {
    let (parts, body) = asked.into_parts();
    let answer = async {
        if !media::is_json(&parts.headers) {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::BadUserInput,
                "The body must be application/json in UTF-8.",
            ));
        }
        let body = request::read(body, BODY).await?;
        // Its reason could repeat the token.
        let said: SignIn = serde_json::from_slice(&body)
            .map_err(|_| Refusal::input("The body is no object with a token."))?;
        let now = Utc::now();
        let Actor::Token(actor) = edge.app.actor(Some(&said.token), now).await? else {
            return Err(Refusal::input("The token is missing."));
        };
        let secure = edge.app.config.public_url().starts_with("https:");
        let token = auth::presented(&said.token).to_owned();
        Ok(cookie(token, &actor, now, secure))
    };
    match answer.await {
        Ok(cookie) => with_cookie(&cookie),
        Err(refusal) => {
            metrics::counter!("lavafed_refusals_total", "door" => "session", "code" => refusal.code.as_str())
                .increment(1);
            hint(refusal.into_response())
        }
    }
}

/// Makes the browser forget the cookie. The token stays valid.
pub(super) async fn sign_out() -> Response {
    let mut gone = Cookie::build((NAME, "")).path("/").build();
    gone.make_removal();
    with_cookie(&gone)
}

/// The token of a signed-in page; none for a request of another site's page.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let from = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
    if !matches!(from, None | Some(b"same-origin" | b"none")) {
        return None;
    }
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == NAME && !cookie.value().is_empty())
        .map(|cookie| cookie.value().to_owned())
}

fn cookie(token: String, actor: &TokenActor, now: DateTime<Utc>, secure: bool) -> Cookie<'static> {
    let left = actor.expires_at.map_or(LASTS, |end| (end - now).min(LASTS));
    Cookie::build((NAME, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .max_age(cookie::time::Duration::seconds(left.num_seconds()))
        .build()
}

fn with_cookie(cookie: &Cookie<'_>) -> Response {
    let mut response = Json(serde_json::json!({})).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A token is of letters, digits and dots.
    if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
        headers.insert(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn a_cookie_is_taken_from_our_own_pages_only() {
        let sent = ("cookie", "theme=dark; lavafed_token=a.b.c");
        let found = |site: &'static str| token(&headers(&[sent, ("sec-fetch-site", site)]));
        assert_eq!(token(&headers(&[sent])).as_deref(), Some("a.b.c"));
        assert_eq!(found("same-origin").as_deref(), Some("a.b.c"));
        assert_eq!(found("none").as_deref(), Some("a.b.c"));
        assert_eq!(found("same-site"), None);
        assert_eq!(found("cross-site"), None);
        for without in [
            "",
            "lavafed_token",
            "lavafed_token=",
            "xlavafed_token=a",
            ";;=",
        ] {
            assert_eq!(token(&headers(&[("cookie", without)])), None, "{without}");
        }
    }
}
