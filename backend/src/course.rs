//! How one feature or one device-type stands, and since when: the sentence above
//! its history. Pure: must not know where the cells come from.

/// What is looked at, in the newest version in which it was tested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    pub name: String,
    pub parts: Parts,
    pub version: String,
    pub works: u32,
    pub unsteady: u32,
    pub fails: Vec<Failing>,
    /// Expected, and without a verdict.
    pub untold: u32,
    /// The nearest version before in which nothing failed, and how much was tested.
    pub worked: Option<(String, u32)>,
    /// The nearest version before in which something failed.
    pub failed: Option<String>,
}

/// What it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parts {
    /// A feature.
    #[default]
    DeviceTypes,
    /// A device-type.
    Features,
    /// A generic feature: it is one cell.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub name: String,
    /// First version of the run of failing versions that ends here.
    pub since: String,
}

/// More names than these are a number.
const NAMES: usize = 3;

#[must_use]
pub fn sentence(course: &Course) -> String {
    let mut said = match course.parts {
        Parts::None => alone(course),
        Parts::DeviceTypes | Parts::Features => of_parts(course),
    };
    if course.untold > 0 && course.parts != Parts::None {
        said.push_str(&format!("; {} without a verdict", course.untold));
    }
    said.push_str(&before(course));
    format!("{} {said}.", course.name)
}

fn alone(course: &Course) -> String {
    let verb = match (course.fails.is_empty(), course.unsteady) {
        (false, _) => "fails",
        (true, 0) => "works",
        (true, _) => "is unsteady",
    };
    format!("{verb} in {}{}", course.version, since(course))
}

fn of_parts(course: &Course) -> String {
    let failing = u32::try_from(course.fails.len()).unwrap_or(u32::MAX);
    let tested = course.works + course.unsteady + failing;
    let of = |part: u32| share(course.parts, part, tested);
    let version = &course.version;
    if failing == 0 && course.unsteady == 0 {
        return format!("works {} in {version}", of(tested));
    }
    if failing == 0 {
        return format!("is unsteady {} in {version}", of(course.unsteady));
    }
    let names: Vec<&str> = course.fails.iter().map(|part| part.name.as_str()).collect();
    let names = if names.len() > NAMES {
        String::new()
    } else {
        format!(" ({})", names.join(", "))
    };
    let unsteady = match course.unsteady {
        0 => String::new(),
        some => format!(" and is unsteady on {some}"),
    };
    format!(
        "fails {}{names}{unsteady} in {version}{}",
        of(failing),
        since(course)
    )
}

/// "on 2 of 9 device-types", "with all 45 features".
fn share(parts: Parts, part: u32, whole: u32) -> String {
    let (word, noun) = match parts {
        Parts::Features => ("with", "feature"),
        Parts::DeviceTypes | Parts::None => ("on", "device-type"),
    };
    match (part, whole) {
        (1, 1) => format!("{word} the one {noun} tested"),
        (2, 2) => format!("{word} both {noun}s"),
        (part, whole) if part == whole => format!("{word} all {whole} {noun}s"),
        (part, whole) => format!("{word} {part} of {whole} {noun}s"),
    }
}

/// Since when, unless it began with the version itself.
fn since(course: &Course) -> String {
    let Some(first) = course.fails.first() else {
        return String::new();
    };
    let same = course.fails.iter().all(|part| part.since == first.since);
    let begun = course.fails.iter().all(|part| part.since == course.version);
    match (same, begun) {
        (_, true) => String::new(),
        (true, false) => format!(", since {}", first.since),
        (false, false) => {
            let new = course
                .fails
                .iter()
                .filter(|part| part.since == course.version)
                .count();
            let old = course.fails.len() - new;
            format!(", {old} of them since before")
        }
    }
}

fn before(course: &Course) -> String {
    if course.fails.is_empty() && course.unsteady == 0 {
        return match &course.failed {
            Some(version) => format!("; last failed in {version}"),
            None => String::new(),
        };
    }
    let failing = u32::try_from(course.fails.len()).unwrap_or(u32::MAX);
    let tested = course.works + course.unsteady + failing;
    match (&course.worked, course.parts) {
        (None, _) => String::new(),
        (Some((version, _)), Parts::None) => format!("; worked in {version}"),
        (Some((version, then)), Parts::DeviceTypes) if *then >= tested => {
            format!("; worked everywhere in {version}")
        }
        (Some((version, then)), Parts::Features) if *then >= tested => {
            format!("; everything worked in {version}")
        }
        (Some((version, then)), parts) => {
            format!("; worked {} in {version}", share(parts, *then, *then))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(parts: &[(&str, &str)]) -> Vec<Failing> {
        let parts = parts.iter().map(|(name, since)| Failing {
            name: (*name).to_owned(),
            since: (*since).to_owned(),
        });
        parts.collect()
    }

    fn course(parts: Parts, works: u32, failing: &[(&str, &str)]) -> Course {
        Course {
            name: "it".to_owned(),
            parts,
            version: "2026.10".to_owned(),
            works,
            fails: fails(failing),
            ..Course::default()
        }
    }

    #[test]
    fn where_it_works_and_since_when_it_fails() {
        let worked = |of: Course, then| Course {
            worked: Some(("2026.09".to_owned(), then)),
            ..of
        };
        let failed = |of: Course| Course {
            failed: Some("2026.08".to_owned()),
            ..of
        };
        let unsteady = |of: Course| Course { unsteady: 1, ..of };
        use Parts::{DeviceTypes, Features, None};
        let new = ("x15", "2026.10");
        let old = ("juno", "2026.07");
        for (of, said) in [
            (
                worked(course(DeviceTypes, 7, &[new, ("bbb", "2026.10")]), 9),
                "it fails on 2 of 9 device-types (x15, bbb) in 2026.10; worked everywhere in 2026.09.",
            ),
            (
                worked(course(DeviceTypes, 7, &[new, ("bbb", "2026.10")]), 4),
                "it fails on 2 of 9 device-types (x15, bbb) in 2026.10; \
                 worked on all 4 device-types in 2026.09.",
            ),
            (
                course(DeviceTypes, 1, &[old]),
                "it fails on 1 of 2 device-types (juno) in 2026.10, since 2026.07.",
            ),
            (
                course(
                    DeviceTypes,
                    0,
                    &[old, new, ("a", "2026.08"), ("b", "2026.10")],
                ),
                "it fails on all 4 device-types in 2026.10, 2 of them since before.",
            ),
            (
                worked(unsteady(course(Features, 8, &[new])), 20),
                "it fails with 1 of 10 features (x15) and is unsteady on 1 in 2026.10; \
                 everything worked in 2026.09.",
            ),
            (
                unsteady(course(Features, 8, &[])),
                "it is unsteady with 1 of 9 features in 2026.10.",
            ),
            (
                failed(Course {
                    untold: 3,
                    ..course(DeviceTypes, 5, &[])
                }),
                "it works on all 5 device-types in 2026.10; 3 without a verdict; last failed in 2026.08.",
            ),
            (
                course(Features, 1, &[]),
                "it works with the one feature tested in 2026.10.",
            ),
            (
                worked(course(None, 0, &[("it", "2026.10.0004")]), 1),
                "it fails in 2026.10, since 2026.10.0004; worked in 2026.09.",
            ),
            (
                failed(course(None, 1, &[])),
                "it works in 2026.10; last failed in 2026.08.",
            ),
            (unsteady(course(None, 0, &[])), "it is unsteady in 2026.10."),
        ] {
            assert_eq!(sentence(&of), said);
        }
    }
}
