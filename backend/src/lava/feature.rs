//! The features a job says it exercises: `deploy.tftp test.shell=0_smoke/uname`.
//! Must not know which features are declared in the database.

use std::collections::BTreeMap;

use entity::feature::FeatureAction;

/// A feature of a job, and the test case or suite that tells of it, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredFeature {
    pub name: String,
    /// None: a generic feature.
    pub action: Option<FeatureAction>,
    pub mapped_to: Option<CasePath>,
}

/// `SUITE` or `SUITE/CASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePath {
    pub suite: String,
    pub case: Option<String>,
}

impl std::fmt::Display for CasePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.case {
            Some(case) => write!(f, "{}/{case}", self.suite),
            None => f.write_str(&self.suite),
        }
    }
}

const MOST_FEATURES: usize = 200;
const LONGEST_NAME: usize = 100;
const LONGEST_PATH: usize = 400;

/// What a feature's name says it belongs to: an action, or (None) nothing of
/// a device. The error is a sentence on what is wrong with the name.
pub fn action_of(name: &str) -> Result<Option<FeatureAction>, String> {
    let bad = |what: &str| Err(format!("feature \"{}\" {what}", short(name)));
    if name.len() > LONGEST_NAME {
        return bad(&format!("is longer than {LONGEST_NAME} characters"));
    }
    let Some((prefix, rest)) = name.split_once('.') else {
        return bad("has no prefix: a name begins with deploy., boot., test. or generic.");
    };
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if rest.is_empty() || !rest.chars().all(known) {
        return bad("needs letters, digits, - _ . or + after its prefix, and nothing else");
    }
    match prefix {
        "deploy" => Ok(Some(FeatureAction::Deploy)),
        "boot" => Ok(Some(FeatureAction::Boot)),
        "test" => Ok(Some(FeatureAction::Test)),
        "generic" => Ok(None),
        _ => bad("begins with none of deploy., boot., test. and generic."),
    }
}

/// Reads the text of `lavafed.features`. A feature said twice in the same
/// words counts once; twice with different mappings is a contradiction.
pub fn parse_list(text: &str) -> Result<Vec<DeclaredFeature>, String> {
    let mut features: Vec<DeclaredFeature> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for word in text.split_whitespace() {
        let feature = parse_one(word)?;
        let known = seen
            .get(&feature.name)
            .and_then(|index| features.get(*index));
        match known {
            Some(known) if *known == feature => {}
            Some(_) => {
                return Err(format!(
                    "feature \"{}\" is mapped twice, to different results",
                    feature.name
                ));
            }
            None => {
                if features.len() == MOST_FEATURES {
                    return Err(format!("more than {MOST_FEATURES} features in one job"));
                }
                seen.insert(feature.name.clone(), features.len());
                features.push(feature);
            }
        }
    }
    Ok(features)
}

fn parse_one(word: &str) -> Result<DeclaredFeature, String> {
    let (name, path) = match word.split_once('=') {
        Some((name, path)) => (name, Some(path)),
        None => (word, None),
    };
    if name.is_empty() {
        return Err(format!("\"{}\" names no feature before =", short(word)));
    }
    Ok(DeclaredFeature {
        action: action_of(name)?,
        mapped_to: path.map(|path| case_path(name, path)).transpose()?,
        name: name.to_owned(),
    })
}

fn case_path(name: &str, path: &str) -> Result<CasePath, String> {
    if path.len() > LONGEST_PATH {
        return Err(format!(
            "feature \"{name}\" is mapped to more than {LONGEST_PATH} characters"
        ));
    }
    let (suite, case) = match path.split_once('/') {
        Some((suite, case)) => (suite, Some(case)),
        None => (path, None),
    };
    if suite.is_empty() || case == Some("") {
        return Err(format!(
            "feature \"{name}\" is mapped to \"{path}\": after = comes SUITE or SUITE/CASE"
        ));
    }
    Ok(CasePath {
        suite: suite.to_owned(),
        case: case.map(str::to_owned),
    })
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_mappings() {
        let features = parse_list(
            "deploy.tftp  boot.u-boot\n test.shell=0_smoke/uname test.lxc=1_a/b/c test.all=2_x generic.notifications",
        )
        .expect("well formed");
        let told: Vec<_> = features
            .iter()
            .map(|f| {
                let path = f.mapped_to.as_ref().map(ToString::to_string);
                (f.name.as_str(), f.action, path.unwrap_or_default())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("deploy.tftp", Some(FeatureAction::Deploy), String::new()),
                ("boot.u-boot", Some(FeatureAction::Boot), String::new()),
                (
                    "test.shell",
                    Some(FeatureAction::Test),
                    "0_smoke/uname".to_owned()
                ),
                ("test.lxc", Some(FeatureAction::Test), "1_a/b/c".to_owned()),
                ("test.all", Some(FeatureAction::Test), "2_x".to_owned()),
                ("generic.notifications", None, String::new()),
            ]
        );
        assert_eq!(
            features[3].mapped_to.as_ref().and_then(|p| p.case.clone()),
            Some("b/c".to_owned())
        );
    }

    #[test]
    fn says_a_repetition_once() {
        let features = parse_list("boot.qemu boot.qemu test.a=0_x test.a=0_x").expect("the same");
        assert_eq!(features.len(), 2);
        assert_eq!(parse_list(" \n").expect("nothing declared"), []);
    }

    #[test]
    fn refuses_with_the_bad_thing() {
        for (text, named) in [
            ("tftp", "tftp"),
            ("lab.power", "lab.power"),
            ("boot.", "boot."),
            ("boot.a,boot.b", "boot.a,boot.b"),
            ("=0_smoke", "=0_smoke"),
            ("test.a=", "test.a"),
            ("test.a=0_x/", "0_x/"),
            ("test.a=/x", "/x"),
            ("test.a=0_x test.a=0_y", "test.a"),
            ("test.a test.a=0_y", "test.a"),
            ("test.ä", "test.ä"),
        ] {
            let told = parse_list(text).expect_err(text);
            assert!(told.contains(named), "{text}: {told}");
        }
        let many = (0..201).map(|n| format!("test.f{n} ")).collect::<String>();
        assert!(parse_list(&many).expect_err("too many").contains("200"));
        let most = (0..200).map(|n| format!("test.f{n} ")).collect::<String>();
        assert_eq!(parse_list(&most).expect("just enough").len(), 200);
        assert!(parse_list(&format!("test.{}", "x".repeat(101))).is_err());
    }
}
