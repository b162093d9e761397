//! What the pages know and decide, without a browser: values in, values out.
//!
//! Must not know Yew, the DOM, the network or the clock; a test on the host
//! covers all of it.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod backoff;
pub(crate) mod cell;
pub(crate) mod change;
pub(crate) mod contribution;
pub(crate) mod diff;
pub(crate) mod grid;
pub(crate) mod job;
pub(crate) mod lab;
pub(crate) mod label;
pub(crate) mod layout;
pub(crate) mod lending;
pub(crate) mod listing;
pub(crate) mod markdown;
pub(crate) mod moves;
pub(crate) mod names;
pub(crate) mod question;
pub(crate) mod release;
pub(crate) mod search;
pub(crate) mod summary;
pub(crate) mod time;
pub(crate) mod timeline;
pub(crate) mod token;
pub(crate) mod verdict;
pub(crate) mod view;
pub(crate) mod viewer;
pub(crate) mod waiver;

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    const CONTRACT: &str = include_str!("../../../schema.graphql");

    /// The words of an enum of the contract.
    fn words(name: &str) -> Vec<String> {
        let begin = format!("\nenum {name} {{\n");
        let (_, rest) = CONTRACT.split_once(&begin).unwrap();
        let (body, _) = rest.split_once("\n}").unwrap();
        body.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .filter(|line| line.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            .map(str::to_owned)
            .collect()
    }

    fn knows<T: DeserializeOwned>(name: &str) {
        let words = words(name);
        assert!(words.len() > 1, "{name} was not found");
        for word in words {
            let read = serde_json::from_value::<T>(word.clone().into());
            assert!(read.is_ok(), "{name} has no {word}");
        }
    }

    fn reads<T>(name: &str, read: fn(&str) -> Option<T>) {
        let words = words(name);
        assert!(words.len() > 1, "{name} was not found");
        for word in words {
            assert!(read(&word).is_some(), "{name} has no {word}");
        }
    }

    #[test]
    fn every_word_of_the_contract_is_known() {
        knows::<super::verdict::Verdict>("Verdict");
        knows::<super::job::JobType>("JobType");
        knows::<super::job::JobState>("JobState");
        knows::<super::job::JobHealth>("JobHealth");
        knows::<super::job::ReceiptFormat>("ReceiptFormat");
        knows::<super::job::ReceiptState>("ReceiptState");
        reads("JobType", super::job::JobType::read);
        reads("JobState", super::job::JobState::read);
        reads("JobHealth", super::job::JobHealth::read);
        reads("ReceiptState", super::job::ReceiptState::read);
        reads("ReceiptFormat", super::job::ReceiptFormat::read);
        reads("Scope", super::token::Scope::read);
        reads("ChangeClass", super::change::ChangeClass::read);
        reads("CellVerdict", super::verdict::CellVerdict::read);
        reads("Verdict", super::verdict::Verdict::read);
        reads("HoleReason", super::cell::HoleReason::read);
        reads("FeatureAction", super::grid::FeatureAction::read);
        reads("VersionKind", super::grid::VersionKind::read);
        for word in words("LeaseState") {
            let read = super::lending::LeaseState::read(&word);
            assert!(read.is_some(), "LeaseState has no {word}");
        }
    }
}
