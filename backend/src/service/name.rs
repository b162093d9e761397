//! What a name may look like. The rules are LAVA's where LAVA has them.

use entity::feature::FeatureAction;

use crate::{
    error::{Code, Error, Result},
    lava,
};

/// LAVA's limit for device-types and hostnames.
const LONGEST: usize = 200;

/// A device-type or hostname: letters, digits and `.-_`, as LAVA accepts them.
///
/// # Errors
/// `BAD_USER_INPUT` with a sentence naming the name.
pub fn lava_name(field: &str, what: &str, name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    if !name.is_empty() && name.len() <= LONGEST && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::input(
        field,
        format!(
            "{name:?} is no {what}: it takes 1 to {LONGEST} letters, digits, dots, dashes, plus signs and underscores.",
            name = shortened(name)
        ),
    ))
}

/// A lab's name: as it stands in `lab:NAME`.
///
/// # Errors
/// `BAD_USER_INPUT` with a sentence naming the name.
pub fn lab_name(field: &str, name: &str) -> Result<()> {
    lava_name(field, "lab's name", name)?;
    if name.len() > 100 {
        return Err(Error::input(
            field,
            "A lab's name has at most 100 characters.",
        ));
    }
    Ok(())
}

/// What a feature's name says of it: None for a generic feature.
///
/// # Errors
/// `FEATURES_MALFORMED` when it begins with none of the four words.
pub fn feature_action(name: &str) -> Result<Option<FeatureAction>> {
    lava::feature::action_of(name).map_err(|sentence| Error::new(Code::FeaturesMalformed, sentence))
}

/// A text for a message, cut when somebody sends a novel.
#[must_use]
pub fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 {
        return text.to_owned();
    }
    let start: String = text.chars().take(77).collect();
    format!("{start}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_feature_says_what_it_belongs_to() {
        assert_eq!(
            feature_action("boot.u-boot").unwrap(),
            Some(FeatureAction::Boot)
        );
        assert_eq!(feature_action("generic.rest-api").unwrap(), None);
        for wrong in [
            "boot",
            "boot.",
            "flash.uuu",
            "",
            "boot.a b",
            &format!("boot.{}", "x".repeat(100)),
        ] {
            assert_eq!(
                feature_action(wrong).unwrap_err().code,
                Code::FeaturesMalformed,
                "{wrong}"
            );
        }
    }
}
