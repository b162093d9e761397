//! Who reads, and what they may do.
//!
//! Must not know how they signed in.

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Viewer {
    /// What their token is for, in the words of who made it.
    pub name: String,
    pub is_admin: bool,
    /// The lab whose owner they are.
    pub lends_of: Option<String>,
}

impl Viewer {
    pub(crate) fn may_lend(&self, lab: &str) -> bool {
        self.is_admin || self.lends_of.as_deref() == Some(lab)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lends_of_one_lab_and_an_administrator_of_each() {
        let viewer = |is_admin, lab: Option<&str>| Viewer {
            name: "x".into(),
            is_admin,
            lends_of: lab.map(str::to_owned),
        };
        assert!(viewer(true, None).may_lend("paris"));
        assert!(viewer(false, Some("paris")).may_lend("paris"));
        assert!(!viewer(false, Some("rennes")).may_lend("paris"));
        assert!(!viewer(false, None).may_lend("paris"));
    }
}
