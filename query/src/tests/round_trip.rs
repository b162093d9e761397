//! Any meaning that a query can have is written and read again.

use crate::{
    Action, Age, Change, Expression, Kind, Name, Order, Pattern, Query, Term, Unit, Verdict,
    VersionBound, Word,
};
use proptest::prelude::*;

fn words<W: Word + std::fmt::Debug>() -> impl Strategy<Value = Vec<W>> {
    prop::collection::vec(prop::sample::select(W::ALL), 1..4)
}

fn patterns() -> impl Strategy<Value = Vec<Pattern>> {
    let pattern = prop_oneof![
        ".{0,6}".prop_map(|text| Pattern::exact(&text)),
        "[a-z.é\\\\][a-z.\\-]{0,3}\\*[a-z.\\-*]{0,3}".prop_map(|text| Pattern::open(&text)),
        prop::sample::select(vec!["and", "OR", "not", "-", "*", "\"", "\\"])
            .prop_map(Pattern::exact),
    ];
    prop::collection::vec(pattern, 1..3)
}

fn order() -> impl Strategy<Value = Order> {
    prop::sample::select(vec![
        Order::Less,
        Order::LessOrEqual,
        Order::Greater,
        Order::GreaterOrEqual,
    ])
}

fn term() -> impl Strategy<Value = Term> {
    let names = vec![Name::Version, Name::Feature, Name::DeviceType, Name::Lab];
    let units = vec![Unit::Minute, Unit::Hour, Unit::Day, Unit::Week];
    prop_oneof![
        patterns().prop_map(Term::Part),
        (prop::sample::select(names), patterns()).prop_map(|(name, is)| Term::Name(name, is)),
        (order(), 2000i64..3000, 1i64..=12).prop_map(|(order, year, month)| {
            let name = format!("{year}.{month:02}");
            let ordinal = year * 100 + month;
            Term::Version(order, VersionBound { name, ordinal })
        }),
        (order(), any::<u32>(), prop::sample::select(units))
            .prop_map(|(order, count, unit)| Term::Age(order, Age { count, unit })),
        words::<Verdict>().prop_map(Term::Verdict),
        words::<Change>().prop_map(Term::Change),
        words::<Action>().prop_map(Term::Action),
        words::<Kind>().prop_map(Term::Kind),
    ]
}

/// Members of their own sort are taken in, as reading does.
fn expression() -> impl Strategy<Value = Expression> {
    term()
        .prop_map(Expression::Term)
        .prop_recursive(4, 20, 3, |inner| {
            prop_oneof![
                inner
                    .clone()
                    .prop_map(|inner| Expression::Not(Box::new(inner))),
                prop::collection::vec(inner.clone(), 2..4).prop_map(|members| {
                    let members = members.into_iter().flat_map(|member| match member {
                        Expression::All(inner) => inner,
                        other => vec![other],
                    });
                    Expression::All(members.collect())
                }),
                prop::collection::vec(inner, 2..4).prop_map(|members| {
                    let members = members.into_iter().flat_map(|member| match member {
                        Expression::Any(inner) => inner,
                        other => vec![other],
                    });
                    Expression::Any(members.collect())
                }),
            ]
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was_meant(expression in expression()) {
        let query = Query(Some(expression));
        let written = query.to_string();
        prop_assume!(written.chars().count() <= crate::MOST_CHARACTERS);
        prop_assert_eq!(Query::parse(&written, super::ordinal), Ok(query), "{}", written);
    }
}
