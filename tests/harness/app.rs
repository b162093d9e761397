//! One lavafed in this process: its duties run, and it is spoken to over HTTP as LAVA, labs, scripts and readers do.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::Utc;
use entity::token::Scope;
use futures_util::Stream;
use lavafed::app::App;
use lavafed::auth::Actor;
use lavafed::db::Db;
use lavafed::service::token;
use lavafed::{http, worker};
use reqwest::{Client, RequestBuilder, Response, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::client::{self, Answer, at, list, text};
use crate::database::Home;
use crate::lava::wait::eventually;
use crate::notification::Notification;
use crate::result::PlainResult;

/// How long lavafed may take for what it does by itself.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct TestApp {
    pub app: Arc<App>,
    pub home: Home,
    /// Where it is reached.
    pub url: String,
    /// A token of scope admin.
    pub admin: String,
    pub http: Client,
    stop: oneshot::Sender<()>,
    duties: JoinSet<()>,
}

impl TestApp {
    /// # Errors
    /// When lavafed does not start.
    pub async fn start(home: Home) -> Result<Self> {
        let app = open(&home).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let mut duties = worker::start(&app);
        let served = Arc::clone(&app);
        duties.spawn(http::serve(served, listener, async move {
            let _dropped = stopped.await;
        }));
        let mut started = Self {
            app,
            home,
            url,
            admin: String::new(),
            http: client::new()?,
            stop,
            duties,
        };
        started.admin = started.token(Scope::Admin, None).await?;
        Ok(started)
    }

    /// Ends it and starts another in the same home.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn restart(self) -> Result<Self> {
        let Self {
            home,
            stop,
            mut duties,
            ..
        } = self;
        drop(stop);
        duties.shutdown().await;
        Self::start(home).await
    }

    /// A new token, made as the command line makes it.
    ///
    /// # Errors
    /// When lavafed refuses.
    pub async fn token(&self, scope: Scope, speaks_for: Option<&str>) -> Result<String> {
        let new = token::NewToken {
            description: format!("a token of scope {scope:?}"),
            scope,
            speaks_for: speaks_for.map(str::to_owned),
            expires_at: None,
        };
        Ok(token::create(&self.app, &Actor::Operator, &new, Utc::now())
            .await?
            .jwt)
    }

    /// A token that reports for the federated server, a lab or CI.
    ///
    /// # Errors
    /// When lavafed refuses.
    pub async fn reporter(&self, speaks_for: &str) -> Result<String> {
        self.token(Scope::Report, Some(speaks_for)).await
    }

    /// Posts a GraphQL request; without a token when that is empty.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn graphql(&self, token: &str, query: &str, variables: Value) -> Result<Answer> {
        let request = self.http.post(format!("{}/graphql", self.url));
        let body = json!({ "query": query, "variables": variables });
        client::send(authorized(request, token).json(&body)).await
    }

    /// Asks for a path with parameters, as somebody without a token.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Response> {
        let parameters = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let url = format!("{}{path}?{parameters}", self.url);
        Ok(self.http.get(url).send().await?)
    }

    /// Asks as somebody without a token.
    ///
    /// # Errors
    /// When the answer has errors.
    pub async fn ask(&self, query: &str) -> Result<Value> {
        let answer = self.graphql("", query, json!({})).await?;
        answer.data().with_context(|| query.to_owned())
    }

    /// Asks with the token of an administrator.
    ///
    /// # Errors
    /// When the answer has errors.
    pub async fn admin(&self, query: &str) -> Result<Value> {
        let answer = self.graphql(&self.admin, query, json!({})).await?;
        answer.data().with_context(|| query.to_owned())
    }

    /// Subscribes; what comes are whole GraphQL answers.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn subscribe(
        &self,
        token: &str,
        query: &str,
    ) -> Result<impl Stream<Item = Result<Value>> + Unpin + Send + use<>> {
        let request = self.http.post(format!("{}/graphql", self.url));
        client::subscribe(authorized(request, token), query).await
    }

    /// Posts a notification as LAVA does.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn callback(&self, token: &str, told: &Notification) -> Result<Answer> {
        self.post(token, &told.content_type, told.body(token)).await
    }

    /// Posts any body to LAVA's door.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, token: &str, content_type: &str, body: String) -> Result<Answer> {
        let request = self
            .http
            .post(format!("{}/api/lava/callback", self.url))
            .header(header::CONTENT_TYPE, content_type)
            .body(body);
        client::send(authorized(request, token)).await
    }

    /// Posts a notification and waits until it has met its fate: its receipt.
    ///
    /// # Errors
    /// When it is refused at the door.
    pub async fn tell(&self, token: &str, told: &Notification) -> Result<Value> {
        let answer = self.callback(token, told).await?;
        if answer.status != 200 {
            bail!("the door refused: {answer:?}");
        }
        self.settled().await?;
        let id = at(&answer.body, "/receipt").as_i64().context("an id")?;
        self.receipt(id).await
    }

    /// A receipt by the number that the door told.
    ///
    /// # Errors
    /// When there is no such receipt.
    pub async fn receipt(&self, number: i64) -> Result<Value> {
        let id = global_id("Receipt", number);
        let query = format!(
            "{{ node(id: \"{id}\") {{ ... on Receipt {{ id state code message deliveries
                format source {{ name }} job {{ externalId }} }} }} }}"
        );
        let mut answer = self.ask(&query).await?;
        Ok(client::take(&mut answer, "/node"))
    }

    /// Reports a plain result: the payload of the mutation.
    ///
    /// # Errors
    /// When the answer has errors.
    pub async fn report(&self, token: &str, result: &PlainResult) -> Result<Value> {
        let query = "mutation ($result: PlainResultInput!) {
            reportJob(input: { result: $result }) {
                receipt { id state code message deliveries } job { externalId state health }
                errors { code message path } } }";
        let variables = json!({ "result": result.0 });
        let mut answer = self.graphql(token, query, variables).await?.data()?;
        Ok(client::take(&mut answer, "/reportJob"))
    }

    /// Reports plain results that count in full.
    ///
    /// # Errors
    /// When one does not.
    pub async fn report_all(&self, token: &str, results: &[PlainResult]) -> Result<()> {
        for result in results {
            let told = self.report(token, result).await?;
            if text(&told, "/receipt/state") != Some("ACCEPTED") {
                bail!("{result:?} became {told}");
            }
        }
        Ok(())
    }

    /// Waits until every stored notification has met its fate.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn settled(&self) -> Result<()> {
        let query = "{ receipts(state: PENDING, first: 1) { nodes { id } } }";
        eventually("all receipts are applied", PATIENCE, || async {
            let waiting = self.ask(query).await?;
            Ok(list(&waiting, "/receipts/nodes").is_empty().then_some(()))
        })
        .await
    }

    /// Declares features, separated by blanks.
    ///
    /// # Errors
    /// When lavafed refuses one.
    pub async fn declare(&self, features: &str) -> Result<()> {
        for name in features.split_whitespace() {
            let query = format!(
                "mutation {{ declareFeature(input: {{ name: \"{name}\" }}) {{ errors {{ message }} }} }}"
            );
            self.change(&query, "/declareFeature/errors").await?;
        }
        Ok(())
    }

    /// Makes device-types known, separated by blanks.
    ///
    /// # Errors
    /// When lavafed refuses one.
    pub async fn device_types(&self, names: &str) -> Result<()> {
        for name in names.split_whitespace() {
            let query = format!(
                "mutation {{ addDeviceType(input: {{ name: \"{name}\" }}) {{ errors {{ message }} }} }}"
            );
            self.change(&query, "/addDeviceType/errors").await?;
        }
        Ok(())
    }

    /// Adds a feature on device-types, separated by blanks, to the plan.
    ///
    /// # Errors
    /// When lavafed refuses.
    pub async fn expect(&self, feature: &str, device_types: &str) -> Result<()> {
        let input = plan_input(feature, device_types);
        let query = format!("mutation {{ expectFeature({input}) {{ errors {{ message }} }} }}");
        self.change(&query, "/expectFeature/errors").await
    }

    /// Takes a feature on device-types out of the plan.
    ///
    /// # Errors
    /// When lavafed refuses.
    pub async fn unexpect(&self, feature: &str, device_types: &str) -> Result<()> {
        let input = plan_input(feature, device_types);
        let query = format!("mutation {{ unexpectFeature({input}) {{ errors {{ message }} }} }}");
        self.change(&query, "/unexpectFeature/errors").await
    }

    async fn change(&self, mutation: &str, errors: &str) -> Result<()> {
        let answer = self.admin(mutation).await?;
        if *at(&answer, errors) != json!([]) {
            bail!("{mutation}: {answer}");
        }
        Ok(())
    }

    /// The newest event.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn event(&self) -> Result<i64> {
        let answer = self.ask("{ server { event } }").await?;
        at(&answer, "/server/event").as_i64().context("a number")
    }

    /// The grid of one version, features by device-types: a line for each row, `boot.u-boot PF- R..`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn grid(&self, version: &str) -> Result<Vec<String>> {
        let query = format!(
            "{{ grid(rows: FEATURE, columns: DEVICE_TYPE, versions: [\"{version}\"]) {{
                rows {{ header {{ name verdict }} verdicts changes }} }} }}"
        );
        let answer = self.ask(&query).await?;
        let rows = list(&answer, "/grid/rows").iter().map(|row| {
            let part = |pointer| text(row, pointer).unwrap_or_default();
            format!(
                "{} {} {} {}",
                part("/header/name"),
                part("/header/verdict"),
                part("/verdicts"),
                part("/changes")
            )
        });
        Ok(rows.collect())
    }
}

fn plan_input(feature: &str, device_types: &str) -> String {
    let names: Vec<String> = device_types
        .split_whitespace()
        .map(|name| format!("\"{name}\""))
        .collect();
    format!(
        "input: {{ feature: \"{feature}\", deviceTypes: [{}] }}",
        names.join(", ")
    )
}

/// Relay's id of a row.
#[must_use]
pub fn global_id(kind: &str, number: i64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{kind}:{number}"))
}

/// Opens a home as `serve` does.
///
/// # Errors
/// The sentence that the operator would read.
pub async fn open(home: &Home) -> Result<Arc<App>> {
    let config = home.config();
    let db = Db::open(&config).await.map_err(anyhow::Error::msg)?;
    db.migrate().await.map_err(anyhow::Error::msg)?;
    App::open(config, db, false)
        .await
        .map_err(anyhow::Error::msg)
}

/// The token as it is given: bare as LAVA sends it, or with a scheme.
fn authorized(request: RequestBuilder, token: &str) -> RequestBuilder {
    if token.is_empty() {
        request
    } else {
        request.header(header::AUTHORIZATION, token)
    }
}
