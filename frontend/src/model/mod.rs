//! What the pages know and decide, without a browser: values in, values out.
//!
//! Must not know Yew, the DOM, the network or the clock; a test on the host
//! covers all of it.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod backoff;
pub(crate) mod blame;
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
pub(crate) mod moves;
pub(crate) mod names;
pub(crate) mod question;
pub(crate) mod summary;
pub(crate) mod time;
pub(crate) mod timeline;
pub(crate) mod token;
pub(crate) mod verdict;
pub(crate) mod view;
pub(crate) mod viewer;

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

    #[test]
    fn every_word_of_the_contract_is_known() {
        knows::<super::verdict::CellVerdict>("CellVerdict");
        knows::<super::verdict::Verdict>("Verdict");
        knows::<super::change::ChangeClass>("ChangeClass");
        knows::<super::cell::HoleReason>("HoleReason");
        knows::<super::grid::FeatureAction>("FeatureAction");
        knows::<super::grid::VersionKind>("VersionKind");
        knows::<super::job::JobType>("JobType");
        knows::<super::job::JobState>("JobState");
        knows::<super::job::JobHealth>("JobHealth");
        knows::<super::job::ReceiptFormat>("ReceiptFormat");
        knows::<super::job::ReceiptState>("ReceiptState");
        let read = |name: &str, is_read: fn(&str) -> bool| {
            let unread = words(name).into_iter().find(|word| !is_read(word));
            assert_eq!(unread, None, "{name}");
        };
        read("JobType", |word| super::job::JobType::read(word).is_some());
        read("JobState", |word| {
            super::job::JobState::read(word).is_some()
        });
        read("JobHealth", |word| {
            super::job::JobHealth::read(word).is_some()
        });
        read("ReceiptState", |word| {
            super::job::ReceiptState::read(word).is_some()
        });
        read("ReceiptFormat", |word| {
            super::job::ReceiptFormat::read(word).is_some()
        });
        read("Scope", |word| super::token::Scope::read(word).is_some());
        for word in words("LeaseState") {
            let read = super::lending::LeaseState::read(&word);
            assert!(read.is_some(), "LeaseState has no {word}");
        }
    }
}
