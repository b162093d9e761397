//! Tokens: what they allow, for whom they speak, and whether they still do.
//!
//! Must not know how one is made.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Read,
    Report,
    Lend,
    Admin,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub id: String,
    pub description: String,
    pub scope: Scope,
    pub speaks_for: Option<String>,
    pub created_at: String,
    pub expires_at: Option<String>,
    pub revoked_at: Option<String>,
    pub last_used_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Valid,
    Expired,
    Revoked,
}

impl Scope {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Report, Self::Lend, Self::Admin];

    /// `None`: a word this page does not know.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// As the contract spells it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Report => "REPORT",
            Self::Lend => "LEND",
            Self::Admin => "ADMIN",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Read => "read, where reading needs a token",
            Self::Report => "report results for whom it speaks",
            Self::Lend => "lend and take back the devices of a lab",
            Self::Admin => "everything",
        }
    }

    /// It is given for somebody: the federated server, CI or a lab.
    pub(crate) fn speaks(self) -> bool {
        match self {
            Self::Report | Self::Lend => true,
            Self::Read | Self::Admin => false,
        }
    }
}

impl Token {
    /// Times of the server are texts that are ordered as the times are.
    pub(crate) fn standing(&self, now: &str) -> Standing {
        if self.revoked_at.is_some() {
            Standing::Revoked
        } else if self.expires_at.as_deref().is_some_and(|at| at <= now) {
            Standing::Expired
        } else {
            Standing::Valid
        }
    }
}

impl Standing {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_by_time_or_by_hand() {
        let mut token = Token {
            id: "1".into(),
            description: "ci".into(),
            scope: Scope::Report,
            speaks_for: Some("ci".into()),
            created_at: "2026-01-01T00:00:00Z".into(),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        let now = "2026-11-21T00:00:00.000Z";
        assert_eq!(token.standing(now), Standing::Valid);
        token.expires_at = Some("2026-11-22T00:00:00+00:00".into());
        assert_eq!(token.standing(now), Standing::Valid);
        token.expires_at = Some("2026-11-20T23:59:59+00:00".into());
        assert_eq!(token.standing(now), Standing::Expired);
        token.revoked_at = Some("2026-11-01T00:00:00+00:00".into());
        assert_eq!(token.standing(now), Standing::Revoked);
        assert!(Scope::Lend.speaks() && !Scope::Admin.speaks());
    }
}
