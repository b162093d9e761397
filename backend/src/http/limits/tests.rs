//! Documents at and beyond the limits.

use async_graphql::Variables;
use proptest::prelude::*;

use super::*;

fn code(document: &str) -> Option<String> {
    let error = check(&mut Request::new(document)).err()?;
    Some(code_of(&error).unwrap_or("none").to_owned())
}

fn cost(document: &str) -> Cost {
    check(&mut Request::new(document)).unwrap()
}

#[test]
fn what_a_document_costs() {
    let table = [
        ("{ a }", (1, 1, 0)),
        ("{ a { b __typename } }", (3, 2, 0)),
        ("{ jobs(first: 10) { nodes { id } } }", (3, 3, 10)),
        ("{ jobs { edges { node { id } } } }", (4, 4, 100)),
        (
            "{ labs(first: 5) { nodes { devices(last: 3) { nodes { id } } } } }",
            (5, 5, 20),
        ),
        (
            "query ($n: Int = 7) { jobs(first: $n) { nodes { id } } }",
            (3, 3, 7),
        ),
        ("{ nodes(ids: [1, 2, 3]) { id } }", (2, 2, 3)),
        ("{ a { ...f ...f } } fragment f on A { b { c } }", (5, 3, 0)),
        ("{ ... on Query { a } }", (1, 1, 0)),
        (
            "{ jobs { ...f } } fragment f on C { ... on C { nodes { id } } }",
            (3, 3, 100),
        ),
        (
            "{ labs { ...f } } fragment f on C { nodes { devices(first: 2) { ...g } } } \
             fragment g on D { totalCount edges { cursor } }",
            (6, 5, 300),
        ),
    ];
    for (document, (complexity, depth, nodes)) in table {
        assert_eq!(
            cost(document),
            Cost {
                complexity,
                depth,
                nodes,
                past: 0,
            },
            "{document}"
        );
    }
}

#[test]
fn a_variable_says_how_many() {
    let mut request = Request::new("query ($n: Int) { jobs(first: $n) { nodes { id } } }")
        .variables(Variables::from_json(
            serde_json::json!({ "n": 50, "other": [1] }),
        ));
    assert_eq!(check(&mut request).unwrap().nodes, 50);
    assert_eq!(
        request.variables.len(),
        1,
        "variables nobody declares are dropped"
    );
}

#[test]
fn what_is_beyond_a_limit() {
    let deep = |n: usize| format!("{}{}{}", "{ a ".repeat(n), "{ b }", "}".repeat(n));
    let aliases = |n: usize| {
        format!(
            "{{ {} }}",
            (0..n).map(|i| format!("a{i}: b ")).collect::<String>()
        )
    };
    let past = |n: usize, event: &str| {
        let one = |i| format!("a{i}: b(asOf: {event}) {{ c }} ");
        format!("{{ {} }}", (0..n).map(one).collect::<String>())
    };
    let fields = |n: usize| format!("{{ {} }}", "a ".repeat(n));
    let directives = |n: usize| format!("{{ a {} }}", "@skip(if: true) ".repeat(n));
    let fanout = {
        let links: String = (0..30)
            .map(|i| format!("fragment f{i} on A {{ ...f{} ...f{} }} ", i + 1, i + 1))
            .collect();
        format!("{{ ...f0 }} {links} fragment f30 on A {{ a }}")
    };
    let table = [
        (deep(14), None),
        (deep(15), Some("LIMIT_EXCEEDED")),
        (aliases(30), None),
        (aliases(31), Some("LIMIT_EXCEEDED")),
        (fields(998), None),
        (fields(999), Some("LIMIT_EXCEEDED")),
        (past(4, "7"), None),
        (past(5, "7"), Some("LIMIT_EXCEEDED")),
        (past(30, "null"), None),
        (directives(5), None),
        (directives(6), Some("LIMIT_EXCEEDED")),
        (fanout, Some("LIMIT_EXCEEDED")),
        (
            "{ a(b: ".to_owned() + &"[".repeat(900),
            Some("LIMIT_EXCEEDED"),
        ),
        (
            "{ jobs(first: 100) { nodes { a(first: 101) { nodes { id } } } } }".to_owned(),
            Some("LIMIT_EXCEEDED"),
        ),
        (
            "{ ...f } fragment f on A { ...g } fragment g on A { a ...f }".to_owned(),
            Some("BAD_USER_INPUT"),
        ),
        (
            "{ a } fragment f on A { ...f }".to_owned(),
            Some("BAD_USER_INPUT"),
        ),
        ("{ ...nobody }".to_owned(), None),
    ];
    for (document, expected) in table {
        assert_eq!(code(&document).as_deref(), expected, "{document}");
    }
}

#[test]
fn strings_and_comments_are_no_tokens() {
    let many = "a ".repeat(2000);
    for document in [
        format!("{{ a # {many}\n }}"),
        format!("{{ a(b: \"{many}\") }}"),
        format!("{{ a(b: \"\\\" {many}\") }}"),
        format!("{{ a(b: \"\"\" \\\"\"\" {many}\"\"\") }}"),
        format!("{{ a{} }}", ",".repeat(5000)),
    ] {
        assert_eq!(code(&document), None, "{document}");
    }
}

#[test]
fn an_answer_has_few_errors_and_each_a_code() {
    let errors = (0..50).map(|_| ServerError::new("é".repeat(5000), None));
    let mut response = Response::from_errors(errors.collect());
    settle(&mut response);
    assert_eq!(response.errors.len(), ERRORS);
    for error in &response.errors {
        assert_eq!(code_of(error), Some("BAD_USER_INPUT"));
        assert_eq!(error.message.chars().count(), MESSAGE + 1);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[\\PC\"#{}\\[\\]().\\\\ \n-]{0,200}") {
        let _fine_or_refused = check(&mut Request::new(text));
    }
}
