//! What can be said of a lab, and what of it is refused. Must know neither
//! actors nor events.

use chrono::{NaiveTime, Timelike as _};
use entity::lab::{self, Door};
use sea_orm::ActiveValue::Set;

use crate::{
    config::Config,
    error::{Error, Result},
    lava::client::{Secret, address},
};

/// None leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct LabSettings {
    pub url: Option<String>,
    pub time_zone: Option<String>,
    /// `HH:MM` in the lab's time zone.
    pub window_opens: Option<String>,
    pub window_minutes: Option<i32>,
    pub paused: Option<bool>,
    pub door: Option<Door>,
    /// Whose the API token is; empty: not said.
    pub lava_user: Option<String>,
    /// Kept sealed, and never told.
    pub api_token: Option<Secret>,
}

/// LAVA's limit for a user's name.
const LONGEST_USER: usize = 150;
/// More than any LAVA has given.
const LONGEST_TOKEN: usize = 500;

impl LabSettings {
    /// Sets what is given, but for the API token, which is sealed for a lab that
    /// has its key already.
    pub(super) fn apply(&self, config: &Config, row: &mut lab::ActiveModel) -> Result<()> {
        if let Some(url) = &self.url {
            row.url = Set(Some(lab_url(config, url)?));
        }
        if let Some(zone) = &self.time_zone {
            row.time_zone = Set(time_zone(zone)?);
        }
        if let Some(opens) = &self.window_opens {
            row.window_opens = Set(minute_of_day(opens)?);
        }
        if let Some(minutes) = self.window_minutes {
            row.window_minutes = Set(window_minutes(minutes)?);
        }
        if let Some(paused) = self.paused {
            row.paused = Set(paused);
        }
        if let Some(door) = self.door {
            row.door = Set(door);
        }
        if let Some(user) = &self.lava_user {
            row.lava_user = Set(lava_user(user)?);
        }
        if row.door.as_ref() == &Door::XmlRpc && row.lava_user.as_ref().is_none() {
            return Err(Error::input(
                "lavaUser",
                "Over XML-RPC LAVA asks for the user's name beside the API token: say whose the token is.",
            ));
        }
        Ok(())
    }
}

/// A lab's address as it is kept, without a slash at its end.
fn lab_url(config: &Config, url: &str) -> Result<String> {
    if url.len() > 500 {
        return Err(Error::input(
            "url",
            "A lab's URL has at most 500 characters.",
        ));
    }
    address::allowed(url, config.allow_private_labs)
        .map_err(|why| Error::input("url", as_sentence(&why.to_string())))?;
    Ok(url.trim().trim_end_matches('/').to_owned())
}

fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn time_zone(zone: &str) -> Result<String> {
    if zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(Error::input(
            "timeZone",
            format!("{zone:?} is no time zone. It is a name such as Europe/Paris."),
        ));
    }
    Ok(zone.to_owned())
}

fn minute_of_day(opens: &str) -> Result<i32> {
    let time = NaiveTime::parse_from_str(opens, "%H:%M").map_err(|_| {
        Error::input(
            "windowOpens",
            format!("{opens:?} is no time of day such as 20:00."),
        )
    })?;
    i32::try_from(time.num_seconds_from_midnight() / 60).map_err(Error::internal)
}

fn window_minutes(minutes: i32) -> Result<i32> {
    if (1..=24 * 60).contains(&minutes) {
        return Ok(minutes);
    }
    Err(Error::input(
        "windowMinutes",
        format!(
            "A daily window takes 1 to 1440 minutes, not {minutes}. A lab that is to lend nothing is paused."
        ),
    ))
}

fn lava_user(user: &str) -> Result<Option<String>> {
    if user.is_empty() {
        return Ok(None);
    }
    // Django's rule
    let allowed = |c: char| c.is_alphanumeric() || "@.+-_".contains(c);
    if user.chars().count() > LONGEST_USER || !user.chars().all(allowed) {
        return Err(Error::input(
            "lavaUser",
            format!(
                "A user of LAVA has 1 to {LONGEST_USER} letters, digits and signs of @.+-_ in the name."
            ),
        ));
    }
    Ok(Some(user.to_owned()))
}

/// The API token without what was pasted around it.
pub(super) fn api_token(token: &Secret) -> Result<Secret> {
    let text = token.reveal().trim();
    if (1..=LONGEST_TOKEN).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(Secret::new(text));
    }
    Err(Error::input(
        "apiToken",
        "This is no API token of LAVA: it is empty, too long, or holds characters that no token has. Copy it again from the lab's page of API tokens.",
    ))
}
