//! The tag that one device alone has: its name, as far as LAVA lets a tag be
//! called so. Pure; must not know which names are in use.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// LAVA 2023.01 takes no longer ones; later releases take 100.
const LONGEST: usize = 50;
/// Characters of the hash, which tells names apart that look the same when cut.
const HASH: usize = 10;

/// The tag of a device of that name. LAVA's tags are of letters, digits, `-` and
/// `_`; a name that is no such word is made one, and ends in a part of its hash.
#[must_use]
pub fn of_device(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.len() <= LONGEST && name.chars().all(plain) {
        return name.to_owned();
    }
    let cut = name
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .take(LONGEST - HASH - 1);
    let mut tag: String = cut.collect();
    tag.push('-');
    for byte in Sha256::digest(name).iter().take(HASH / 2) {
        // writing to a text does not fail
        let _ = write!(tag, "{byte:02x}");
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, of_device};

    #[test]
    fn a_name_that_lava_takes_stays() {
        for name in ["north-bbb_01", "a", &"x".repeat(LONGEST)] {
            assert_eq!(of_device(name), name);
        }
    }

    #[test]
    fn others_are_made_words_of_their_own() {
        assert_eq!(
            of_device("north-bbb.example.org"),
            "north-bbb-example-org-818f01efd9"
        );
        let long = |end| format!("{}{end}", "north-very-long-hostname-of-a-board-in-a-rack-");
        let names = [
            "north-bbb.01".to_owned(),
            "north-bbb-01".to_owned(),
            "north-bbb@01".to_owned(),
            "ö".repeat(100),
            long("first-shelf"),
            long("second-shelf"),
        ];
        let mut tags: Vec<_> = names.iter().map(|name| of_device(name)).collect();
        for tag in &tags {
            assert!(tag.len() <= LONGEST, "{tag}");
            assert!(
                tag.chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')),
                "{tag}"
            );
        }
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), names.len());
    }
}
