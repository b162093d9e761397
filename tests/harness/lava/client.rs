//! LAVA's REST API as a test uses it: requests that must succeed, answers as JSON.
//!
//! Deliberately not lavafed's own client, so that one does not vouch for the other.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::wait::eventually;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    pub fn new(url: &str, token: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            url: url.trim_end_matches('/').into(),
            token: token.into(),
        })
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/api/v0.2/{path}", self.url))
            .header("Authorization", format!("Token {}", self.token))
            .header("Accept", "application/json")
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        Ok(checked(self.request(Method::GET, path).send().await?)
            .await?
            .json()
            .await?)
    }

    /// Like `get`, but nothing when there is no such thing.
    pub async fn find(&self, path: &str) -> Result<Option<Value>> {
        let answer = self.request(Method::GET, path).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(checked(answer).await?.json().await?))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(
            checked(self.request(Method::POST, path).json(body).send().await?)
                .await?
                .json()
                .await?,
        )
    }

    /// Submits a job and returns its id.
    pub async fn submit(&self, definition: &str) -> Result<u64> {
        let answer = self
            .post("jobs/", &json!({ "definition": definition }))
            .await?;
        answer
            .pointer("/job_ids/0")
            .and_then(Value::as_u64)
            .context("LAVA names no job")
    }

    /// Waits until the job is in a state, as LAVA spells it.
    pub async fn wait_for(&self, job: u64, state: &str, limit: Duration) -> Result<Value> {
        eventually(&format!("job {job} is {state}"), limit, || async {
            let found = self.get(&format!("jobs/{job}/")).await?;
            Ok((found.get("state").and_then(Value::as_str) == Some(state)).then_some(found))
        })
        .await
    }

    /// Waits until the job has a result of that name.
    pub async fn wait_for_result(&self, job: u64, name: &str, limit: Duration) -> Result<()> {
        eventually(&format!("job {job} reports {name}"), limit, || async {
            let tests = self.get(&format!("jobs/{job}/tests/?limit=100")).await?;
            let results = tests
                .get("results")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            Ok(results
                .iter()
                .any(|test| test.get("name").and_then(Value::as_str) == Some(name))
                .then_some(()))
        })
        .await
    }

    /// LAVA made it a POST in 2026.10; before it was a GET.
    pub async fn cancel(&self, job: u64) -> Result<()> {
        let path = format!("jobs/{job}/cancel/");
        let answer = self.request(Method::POST, &path).send().await?;
        if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
            checked(self.request(Method::GET, &path).send().await?).await?;
        } else {
            checked(answer).await?;
        }
        Ok(())
    }
}

async fn checked(answer: Response) -> Result<Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, url) = (answer.status(), answer.url().clone());
    bail!("{url}: {status}: {}", answer.text().await?)
}
