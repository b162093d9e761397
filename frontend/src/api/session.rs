//! Signing in and out. The token goes to the server and comes back as a cookie
//! that no script can read; nothing of it is kept here.

use gloo_net::http::Method;
use serde::Serialize;

use super::http::{self, Failure};
use super::json;

const DOOR: &str = "/api/session";

#[derive(Serialize)]
struct SignIn<'t> {
    token: &'t str,
}

pub(crate) async fn sign_in(token: &str) -> Result<(), Failure> {
    let (status, text) = http::send(Method::POST, DOOR, json::write(&SignIn { token })).await?;
    if status == 200 {
        return Ok(());
    }
    let said = json::parse(&text).and_then(|answer| json::member(&answer, "message")?.as_string());
    Err(Failure::new(&said.unwrap_or_else(|| {
        format!("The server answered {status}.")
    })))
}

pub(crate) async fn sign_out() -> Result<(), Failure> {
    http::send(Method::DELETE, DOOR, None).await.map(|_| ())
}

/// Leaves the page for another that is loaded anew.
pub(crate) fn go(path: &str) {
    if let Some(window) = web_sys::window() {
        // Only a page that is no longer shown may not do so.
        let _refused = window.location().assign(path);
    }
}
