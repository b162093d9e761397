//! What is read, what is refused and that both end soon.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Node {
    parse(text, &Limits::DEFINITION).expect(text)
}

fn refused(text: &str) -> String {
    parse(text, &Limits::DEFINITION)
        .expect_err("refused")
        .to_string()
}

#[test]
fn tells_texts_from_numbers() {
    use ScalarKind::{Bool, Null, Number, Text};
    for (text, kind) in [
        ("2026.10", Number),
        ("'2026.10'", Text),
        ("\"2026.10\"", Text),
        ("!!str 2026.10", Text),
        ("2026.05.1", Text),
        ("2026.10.dev0042", Text),
        ("2026.10.0042.gabc1234", Text),
        ("1_000", Number),
        ("0x1F", Number),
        ("-.inf", Number),
        ("1e3", Number),
        ("FED", Text),
        ("inf", Text),
        ("yes", Bool),
        ("'yes'", Text),
        ("null", Null),
        ("~", Null),
        ("", Null),
        ("|\n  2026.10", Text),
    ] {
        let Node::Scalar(scalar) = read(text) else {
            panic!("{text} is a scalar");
        };
        assert_eq!(scalar.kind, kind, "{text}");
    }
}

#[test]
fn looks_up_as_lavas_reader() {
    let node = read(
        "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\n\
         map: {<<: [*base, *other], a: 5, d: 6, d: 7}\none: {<<: *base}\n",
    );
    let map = node.get("map").expect("map");
    let told: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|key| map.get(key).and_then(Node::text))
        .collect();
    assert_eq!(told, [Some("5"), Some("2"), Some("4"), Some("7")]);
    assert_eq!(
        node.get("one")
            .and_then(|one| one.get("b"))
            .and_then(Node::text),
        Some("2")
    );
    assert_eq!(map.get("<<").and_then(Node::text), None);
}

#[test]
fn says_where_and_why() {
    for (text, told) in [
        ("a: b: c", "line 1, column 5"),
        ("a: 1\nb: [", "line 3, column 1"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document"),
        (
            "a: &x [*x]",
            "line 1, column 8: an alias within what it names",
        ),
        ("*nothing", "line 1, column 1"),
        ("\0", "line 1, column 1"),
    ] {
        let error = refused(text);
        assert!(error.contains(told), "{text:?}: {error}");
    }
}

/// Texts that LAVA's reader takes for dates, times, numbers of other bases or merges.
#[test]
fn texts_that_look_like_something_else_are_quoted() {
    for text in [
        "2026-11-22",
        "2026-11-22T10:00:00Z",
        "2026-11-22 10:00:00.5 +01:00",
        "12:30:45",
        "1:30.5",
        "0b101",
        "017",
        "2026.10",
        "<<",
        "=",
        ".5",
        "-1:30",
    ] {
        let node = Node::Map(vec![(read("key"), read(&format!("'{text}'")))]);
        assert_eq!(node.to_string(), format!("key: \"{text}\"\n"));
    }
    for text in ["2026.10.0042.gabc1234", "10 minutes", "5s", "a1", "1/2"] {
        let node = Node::Map(vec![(read("key"), read(&format!("'{text}'")))]);
        assert_eq!(node.to_string(), format!("key: {text}\n"));
    }
    let merge = read("{a: &a {b: 1}, <<: *a}");
    assert_eq!(merge.to_string(), "a:\n  b: 1\n<<:\n  b: 1\n");
}

fn laughs(levels: usize) -> String {
    let mut text = "a0: &a0 [lol, lol]\n".to_owned();
    for level in 1..levels {
        let below = level - 1;
        let aliases = vec![format!("*a{below}"); 9].join(", ");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    text
}

/// Anchors each one deeper than the one before.
fn ladder(steps: usize) -> String {
    let mut text = "- &a0 [x]\n".to_owned();
    for step in 1..steps {
        text += &format!("- &a{step} [*a{}]\n", step - 1);
    }
    text
}

#[test]
fn hostile_documents_end_soon() {
    const MANY: usize = 1_000_000;
    let hostile: Vec<(&str, String)> = vec![
        ("[", "[".repeat(100_000)),
        ("{a: ", "{a: ".repeat(100_000)),
        ("- ", "- ".repeat(100_000)),
        ("? ", "? ".repeat(100_000)),
        ("block", (0..1000).map(|n| " ".repeat(n) + "a:\n").collect()),
        ("laughs", laughs(30)),
        ("ladder", ladder(500)),
        ("aliases", format!("a: &a x\nb: [{}]", "*a,".repeat(2000))),
        ("items", "-\n".repeat(MANY)),
        ("pairs", format!("{{{}}}", "a: 1,".repeat(100_000))),
        ("long", "x".repeat(3 * MANY)),
        ("open quote", format!("\"{}", "x".repeat(MANY))),
        ("documents", "---\n".repeat(MANY / 4)),
        (
            "big alias",
            format!("a: &a {}\nb: [{}]", "x".repeat(MANY), "*a,".repeat(900)),
        ),
    ];
    for (what, text) in hostile {
        let start = Instant::now();
        let error = refused(&text);
        let took = start.elapsed();
        // debug builds are some thirty times slower than released ones
        assert!(took < Duration::from_secs(5), "{what}: {took:?}");
        assert!(error.starts_with("line "), "{what}: {error}");
    }
    assert!(refused(&laughs(30)).contains("nodes"));
    assert!(refused(&ladder(500)).contains("deeper"));
    assert!(refused(&"- ".repeat(100_000)).contains("deeper"));
}

/// What is anchored is kept until the end, once for each anchor around it.
#[test]
fn anchors_within_anchors_are_paid_for() {
    let open: String = (0..60).map(|n| format!("&a{n} [")).collect();
    let text = format!("{open}{}{}", "x,".repeat(2000), "]".repeat(60));
    assert!(refused(&text).contains("nodes"));
}

#[test]
fn ordinary_aliases_are_within_limits() {
    let node = read(&format!("a: &a {{k: v}}\nb: [{}]", "*a,".repeat(900)));
    assert_eq!(node.get("b").map(|list| list.items().len()), Some(900));
    read(&ladder(40));
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 :#'\"\\\\{}\\[\\],&*!|>%@`?~<=.-]{0,12}",
        "([ \\t]{0,2}[a-z:#]{0,3}[ ]?\n){1,4}[a-z ]{0,3}",
        any::<String>(),
        Just("2026.10".to_owned()),
        Just("<<".to_owned()),
        Just("null".to_owned()),
        Just("x".repeat(300)),
    ]
}

fn document() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        4 => scalar().prop_map(|text| (text, ScalarKind::Text)),
        1 => Just(("2026.10".to_owned(), ScalarKind::Number)),
        1 => Just(("yes".to_owned(), ScalarKind::Bool)),
        1 => Just(("null".to_owned(), ScalarKind::Null)),
    ]
    .prop_map(|(text, kind)| Node::Scalar(Scalar { text, kind }));
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Node::List),
            prop::collection::vec((inner.clone(), inner), 0..5).prop_map(Node::Map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_reads_the_same(node in document()) {
        let text = node.to_string();
        let again = parse(&text, &Limits::DEFINITION);
        prop_assert_eq!(again.as_ref(), Ok(&node), "{}", text);
    }

    #[test]
    fn garbage_is_read_or_refused(text in "[-\\[\\]{}:,&*!|>'\"#%@? \\na0\\t\u{fffe}é]{0,200}") {
        if let Ok(node) = parse(&text, &Limits::DEFINITION) {
            let written = node.to_string();
            prop_assert_eq!(parse(&written, &Limits::DEFINITION).map(|node| node.to_string()), Ok(written));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = parse(&text, &Limits::DEFINITION);
    }
}
