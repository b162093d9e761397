//! One way to write each query, and the place of each fault.

use crate::{MOST_CHARACTERS, MOST_DEPTH, MOST_TERMS, Query};
use proptest::prelude::*;

#[test]
fn a_query_is_written_in_one_way() {
    for (text, written) in [
        ("  verdict = FAIL   AND not  x15 ", "verdict:fail -x15"),
        ("a and (b and (c))", "a b c"),
        ("a or (b or c) or d and e", "a or b or c or d e"),
        ("(a or b) c", "(a or b) c"),
        ("not (a or b)", "-(a or b)"),
        ("not (a b)", "-(a b)"),
        ("not not a", "--a"),
        ("((((a))))", "a"),
        ("change:NEW_FAILURE , gone", "change:new-failure,gone"),
        ("feature:\"boot.u-boot\"", "feature:boot.u-boot"),
        ("\"and\"", "\"and\""),
        ("\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""),
        ("\"*\" a**b", "\"*\" a*b"),
        ("age > 007d", "age>7d"),
        ("lab!=a,b", "-lab:a,b"),
    ] {
        let query = Query::parse(text, super::ordinal).expect(text);
        assert_eq!(query.to_string(), written, "{text}");
    }
}

/// The marked place and the sentence of a query that cannot be read.
fn fault(text: &str) -> Option<(String, String)> {
    let fault = Query::parse(text, super::ordinal).err()?;
    let (before, rest) = text.split_at(fault.at);
    let (marked, after) = rest.split_at(fault.length);
    Some((format!("{before}[{marked}]{after}"), fault.message))
}

#[test]
fn a_fault_has_its_place_and_says_what_was_expected() {
    let begin = "Expected a word, a field with a value, or a term in parentheses";
    for (text, place, message) in [
        (
            "verdct:fail",
            "[verdct]:fail",
            "There is no field \"verdct\", perhaps verdict; fields are version, feature, device-type, lab, verdict, change, age, action, kind.",
        ),
        (
            "x verdict:fial",
            "x verdict:[fial]",
            "There is no verdict \"fial\", perhaps fail; verdicts are pass, fail, flaky, infra, running, planned, not-reached, not-applicable.",
        ),
        (
            "action:\"reboot\"",
            "action:[\"reboot\"]",
            "There is no action \"reboot\", perhaps boot; actions are deploy, boot, test.",
        ),
        (
            "kind:zebra",
            "kind:[zebra]",
            "There is no kind \"zebra\"; kinds are generic, device, release, development.",
        ),
        ("(a or b", "[(]a or b", "This ( is not closed."),
        ("a)", "a[)]", "This ) closes nothing."),
        ("é \"ab", "é [\"]ab", "This \" is not closed."),
        ("a or", "a or[]", &format!("{begin} here, at the end.")),
        ("a or ()", "a or ([)]", &format!("{begin}, not )")),
        (
            "feature:",
            "feature:[]",
            &format!("{begin} here, at the end."),
        ),
        ("lab :b : c", "lab :b [:] c", &format!("{begin}, not :")),
        ("lab:b:c", "lab:b[:]c", "Expected a space before this."),
        (
            "or a",
            "[or] a",
            "Expected a value or a term, not \"or\"; in quotes it is a value.",
        ),
        (
            "a and or b",
            "a and [or] b",
            "Expected a value or a term, not \"or\"; in quotes it is a value.",
        ),
        (
            "a - b",
            "a [-] b",
            "A - stands right before what it denies; in quotes it is part of a word.",
        ),
        (
            "lab:-x",
            "lab:[-x]",
            "A value that begins with - stands in quotes.",
        ),
        (
            "\"a\"\"b\"",
            "\"a\"[\"]b\"",
            "Expected a space before this.",
        ),
        ("(a)(b)", "(a)[(]b)", "Expected a space before this."),
        (
            "age:30d",
            "age[:]30d",
            "An age is compared: age<12h, age>30d.",
        ),
        (
            "age>30",
            "age>[30]",
            "Expected a number and m, h, d or w, such as 30d, not \"30\".",
        ),
        (
            "age>99999999999d",
            "age>[99999999999d]",
            "Expected a number and m, h, d or w, such as 30d, not \"99999999999d\".",
        ),
        (
            "lab>a",
            "lab[>]a",
            "Only version and age are compared; expected : behind lab.",
        ),
        (
            "version>2026.*",
            "version>[2026.*]",
            "Expected a version such as 2026.10, not \"2026.*\"; with : a * stands for any characters.",
        ),
        (
            "version>2026.10,2026.11",
            "version>2026.10,[2026.11]",
            "version is compared with one value.",
        ),
        ("!a", "[!]a", &format!("{begin}, not !")),
    ] {
        assert_eq!(
            fault(text),
            Some((place.to_owned(), message.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn a_query_has_bounds() {
    let signs = "é".repeat(MOST_CHARACTERS);
    assert!(Query::parse(&signs, super::ordinal).is_ok());
    let told = Query::parse(&format!("{signs}é!"), super::ordinal).expect_err("too long");
    assert_eq!((told.at, told.length), (2 * MOST_CHARACTERS, 3));

    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&nested(MOST_DEPTH), super::ordinal).is_ok());
    let told = Query::parse(&nested(MOST_DEPTH + 1), super::ordinal).expect_err("too deep");
    assert_eq!((told.at, told.length), (MOST_DEPTH + 1, 1));
    assert!(
        Query::parse(
            &format!("{}a", "-".repeat(MOST_CHARACTERS - 1)),
            super::ordinal
        )
        .is_err()
    );

    let terms = vec!["a"; MOST_TERMS].join(",");
    assert!(Query::parse(&terms, super::ordinal).is_ok());
    let told = Query::parse(&format!("{terms} b"), super::ordinal).expect_err("too many");
    assert_eq!((told.at, told.length), (terms.len() + 1, 1));
}

proptest! {
    #[test]
    fn any_text_is_read_or_its_place_told(text in ".{0,200}") {
        check(&text)?;
    }

    #[test]
    fn what_looks_like_a_query_is_read_or_its_place_told(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "é", "-", "(", ")", "\"", "\\", " ", ",", ":", "=", "!", "<", ">", "*", "or",
                "and", "not", "version", "age", "lab", "verdict", "fail", "30d", "2026.10",
            ]),
            0..60,
        )
    ) {
        check(&parts.concat())?;
    }
}

/// What is read is written shorter or as long, and means the same; a fault lies
/// within the text, between signs.
fn check(text: &str) -> Result<(), TestCaseError> {
    match Query::parse(text, super::ordinal) {
        Ok(query) => {
            let written = query.to_string();
            prop_assert!(written.len() <= text.len(), "{text:?} became {written:?}");
            prop_assert_eq!(Query::parse(&written, super::ordinal), Ok(query));
        }
        Err(fault) => {
            prop_assert!(text.get(fault.at..fault.at + fault.length).is_some());
            prop_assert!(!fault.message.is_empty());
        }
    }
    Ok(())
}
