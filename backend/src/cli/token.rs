//! `lavafed token`: the token alone goes to standard output, so that it can be
//! put where it is needed; what to do with it goes to standard error.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand, ValueEnum};
use entity::{
    source,
    token::{self as row, Scope, TokenId},
};
use lavafed::{
    app::App,
    auth::Actor,
    config::Config,
    service::token::{self, NewToken},
};
use sea_orm::{EntityTrait as _, QueryOrder as _};

use super::{place, print, sentence, table};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print a new token; it is shown this once
    Create(Create),
    /// List all tokens
    List,
    /// Revoke a token from now on
    Revoke {
        /// As `token list` shows it
        id: i64,
    },
}

#[derive(Args)]
pub(crate) struct Create {
    /// What it is for, in your words
    #[arg(long)]
    description: String,
    /// What it allows
    #[arg(long)]
    scope: ScopeArg,
    /// Whom it speaks for: federated, ci or lab:NAME (scopes report and lend)
    #[arg(long = "for", value_name = "SOURCE")]
    speaks_for: Option<String>,
    /// How long it is good for, such as 90d or 12h [default: 365d]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    expires: Option<std::time::Duration>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScopeArg {
    Read,
    Report,
    Lend,
    Admin,
}

impl From<ScopeArg> for Scope {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Read => Self::Read,
            ScopeArg::Report => Self::Report,
            ScopeArg::Lend => Self::Lend,
            ScopeArg::Admin => Self::Admin,
        }
    }
}

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    match command {
        Command::Create(wanted) => create(&app, wanted, Utc::now()).await,
        Command::List => list(&app, Utc::now()).await,
        Command::Revoke { id } => {
            let revoked = token::revoke(&app, &Actor::Operator, TokenId(id), Utc::now())
                .await
                .map_err(sentence)?;
            eprintln!("Token {} ({}) is revoked.", revoked.id, revoked.description);
            Ok(())
        }
    }
}

async fn create(app: &App, wanted: Create, now: DateTime<Utc>) -> Result<(), String> {
    let expires_at = match wanted.expires {
        None => None,
        Some(life) => {
            let end = TimeDelta::from_std(life)
                .ok()
                .and_then(|life| now.checked_add_signed(life));
            Some(end.ok_or("A token is good for at most ten years. (expires)")?)
        }
    };
    let new = NewToken {
        description: wanted.description,
        scope: wanted.scope.into(),
        speaks_for: wanted.speaks_for,
        expires_at,
    };
    let created = token::create(app, &Actor::Operator, &new, now)
        .await
        .map_err(sentence)?;
    print(&created.jwt)?;
    eprintln!("{}", hint(app, &created.row, &created.jwt));
    Ok(())
}

/// What to do with a new token.
fn hint(app: &App, row: &row::Model, jwt: &str) -> String {
    let until = match row.expires_at {
        Some(end) => format!(", good until {}", end.format("%Y-%m-%d %H:%M UTC")),
        None => String::new(),
    };
    let url = place::served_at(&app.config).unwrap_or_else(|| app.config.public_url());
    let what = format!(
        "Token {}{until}. It is not shown again; revoke it by: lavafed token revoke {}",
        row.id, row.id
    );
    match row.scope {
        Scope::Report => format!(
            "{what}\n\nInto the LAVA job, so that its result is reported:\n\n\
             notify:\n  criteria:\n    status: finished\n  callbacks:\n  \
             - url: {url}/api/lava/callback\n    method: POST\n    dataset: all\n    \
             content-type: json\n    token: {jwt}\n"
        ),
        Scope::Read | Scope::Lend | Scope::Admin => {
            format!("{what}\nSend it to {url}/graphql in the header: Authorization: Bearer TOKEN")
        }
    }
}

async fn list(app: &App, now: DateTime<Utc>) -> Result<(), String> {
    let failed = |error: sea_orm::DbErr| sentence(error.into());
    let sources = source::Entity::find().all(app.db.read()).await;
    let sources: HashMap<_, _> = sources
        .map_err(failed)?
        .into_iter()
        .map(|source| (source.id, source.name))
        .collect();
    let tokens = row::Entity::find().order_by_asc(row::Column::Id);
    let tokens = tokens.all(app.db.read()).await.map_err(failed)?;
    let rows: Vec<_> = tokens
        .into_iter()
        .map(|token| {
            let source = token.source_id.and_then(|id| sources.get(&id));
            [
                token.id.to_string(),
                scope_name(token.scope).to_owned(),
                source.map_or("-", String::as_str).to_owned(),
                fate(&token, now),
                day(token.last_used_at),
                token.description,
            ]
        })
        .collect();
    print(table(
        ["ID", "SCOPE", "FOR", "STATE", "LAST USED", "DESCRIPTION"],
        &rows,
    ))
}

fn fate(token: &row::Model, now: DateTime<Utc>) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {}", day(Some(at))),
        (None, Some(end)) if end <= now => format!("expired {}", day(Some(end))),
        (None, end) => format!("until {}", day(end)),
    }
}

fn day(at: Option<DateTime<Utc>>) -> String {
    at.map_or("-".to_owned(), |at| at.format("%Y-%m-%d").to_string())
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Report => "report",
        Scope::Lend => "lend",
        Scope::Admin => "admin",
    }
}
