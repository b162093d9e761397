//! A name with places left open. Capitals make no difference.

/// What must stand between the open places; one piece is no open place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// As it stands, whatever signs it has.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        Self {
            pieces: vec![text.to_owned()],
        }
    }

    /// With `*` for any signs, none as well.
    #[must_use]
    pub fn open(text: &str) -> Self {
        let mut pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
        // Several `*` beside each other say no more than one.
        let mut at = 0;
        let last = pieces.len().saturating_sub(1);
        pieces.retain(|piece| {
            let kept = at == 0 || at == last || !piece.is_empty();
            at += 1;
            kept
        });
        Self { pieces }
    }

    pub(crate) fn pieces(&self) -> &[String] {
        &self.pieces
    }

    pub(crate) fn is_open(&self) -> bool {
        self.pieces.len() > 1
    }

    #[must_use]
    pub fn is_whole(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let Some((first, rest)) = self.pieces.split_first() else {
            return true;
        };
        let Some(after) = name.strip_prefix(&first.to_lowercase()) else {
            return false;
        };
        match rest.split_last() {
            None => after.is_empty(),
            Some((last, between)) => in_order(after, between)
                .is_some_and(|remaining| remaining.ends_with(&last.to_lowercase())),
        }
    }

    #[must_use]
    pub fn is_part_of(&self, name: &str) -> bool {
        in_order(&name.to_lowercase(), &self.pieces).is_some()
    }
}

/// What remains behind the pieces, each found as early as possible.
fn in_order<'n>(name: &'n str, pieces: &[String]) -> Option<&'n str> {
    pieces.iter().try_fold(name, |rest, piece| {
        let piece = piece.to_lowercase();
        let at = rest.find(&piece)?;
        rest.get(at + piece.len()..)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_is_matched_from_end_to_end() {
        for (pattern, name, fits) in [
            ("boot.u-boot", "boot.u-boot", true),
            ("BOOT.u-boot", "boot.U-Boot", true),
            ("boot", "boot.u-boot", false),
            ("boot.*", "boot.u-boot", true),
            ("*boot", "boot.u-boot", true),
            ("b*t", "boot.u-boot", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("a**a", "aa", true),
            ("a*b*c", "a-c-b", false),
            ("a*b*c", "abbc", true),
            ("2026.*", "2026.10.dev0042", true),
            ("2026.*", "2025.12", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(
                Pattern::open(pattern).is_whole(name),
                fits,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn a_part_may_stand_anywhere() {
        assert!(Pattern::open("u-b").is_part_of("boot.u-boot"));
        assert!(Pattern::open("boot*boot").is_part_of("x.boot.u-boot"));
        assert!(!Pattern::open("boot*tftp").is_part_of("boot.u-boot"));
        assert!(!Pattern::exact("*").is_part_of("boot.u-boot"));
        assert!(Pattern::exact("*").is_part_of("boot.*"));
    }
}
