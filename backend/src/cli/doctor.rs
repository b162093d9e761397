//! `lavafed doctor`: whether every server can be worked with.

use clap::Args;
use lavafed::{
    config::Config,
    drive::{
        doctor::{self, Level},
        servers::Reach,
    },
};

use super::{place, print, sentence};

#[derive(Args)]
pub(crate) struct Command {
    /// Only this lab, beside the federated server
    #[arg(long, value_name = "NAME")]
    lab: Option<String>,
}

pub(crate) async fn run(config: Config, command: Command) -> Result<(), String> {
    let app = place::open(config).await?;
    let reach = Reach::network(&app.config)?;
    let findings = doctor::look(&app, &reach, command.lab.as_deref())
        .await
        .map_err(sentence)?;
    let mut place = "";
    for finding in &findings {
        if finding.place != place {
            print(&finding.place)?;
            place = &finding.place;
        }
        let mark = match finding.level {
            Level::Fine => "fine   ",
            Level::Warning => "warning",
            Level::Wrong => "WRONG  ",
        };
        print(format!("  {mark}  {}", finding.sentence))?;
    }
    let wrong = findings
        .iter()
        .filter(|finding| finding.level == Level::Wrong)
        .count();
    if wrong == 0 {
        return Ok(());
    }
    Err(format!(
        "{wrong} of {} findings must be mended.",
        findings.len()
    ))
}
