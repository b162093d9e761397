//! The members of an answer in the order in which they were asked for. Fields
//! are resolved at once and come as they are done; the specification orders them,
//! and who keeps an address gets the same bytes again.

use async_graphql::{
    Name, Request, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use super::operation;

/// The members of an object in order, each with those of its own.
#[derive(Debug, Default)]
pub(super) struct Order(Vec<(Name, Order)>);

/// A document that was asked, and which of its operations.
pub(super) struct Document {
    document: ExecutableDocument,
    operation: Option<String>,
}

impl Document {
    /// None: it cannot be read, which its execution says.
    pub(super) fn of(request: &mut Request) -> Option<Self> {
        let operation = request.operation_name.clone();
        let document = request.parsed_query().ok()?.clone();
        Some(Self {
            document,
            operation,
        })
    }

    /// The order it asks for. Only of one that was executed: until then its
    /// fragments may go round in a circle.
    pub(super) fn order(&self) -> Order {
        let mut order = Order::default();
        if let Some(chosen) = operation::chosen(&self.document, self.operation.as_deref()) {
            order.take(&self.document, &chosen.selection_set.node);
        }
        order
    }
}

impl Order {
    fn take(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    self.member(key)
                        .take(document, &field.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = document.fragments.get(name) {
                        self.take(document, &fragment.node.selection_set.node);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.take(document, &fragment.node.selection_set.node);
                }
            }
        }
    }

    fn member(&mut self, key: &Name) -> &mut Self {
        let at = self.place(key).unwrap_or_else(|| {
            self.0.push((key.clone(), Self::default()));
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was just looked up, or added")]
        &mut self.0[at].1
    }

    fn place(&self, key: &Name) -> Option<usize> {
        self.0.iter().position(|(known, _)| known == key)
    }

    /// Puts a value's members in order.
    pub(super) fn apply(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.sort_by(|a, _, b, _| self.place(a).cmp(&self.place(b)));
                for (key, value) in members.iter_mut() {
                    if let Some((_, order)) = self.0.iter().find(|(known, _)| known == key) {
                        order.apply(value);
                    }
                }
            }
            Value::List(values) => {
                for value in values {
                    self.apply(value);
                }
            }
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn ordered(document: &str, operation: Option<&str>, mut value: Value) -> String {
        let mut request = Request::new(document);
        request.operation_name = operation.map(str::to_owned);
        let document = Document::of(&mut request).unwrap();
        document.order().apply(&mut value);
        value.to_string()
    }

    #[test]
    fn members_come_as_they_are_asked_for() {
        let list = || value!([{ "b": 1, "a": 2 }, null, { "a": 3, "b": 4 }]);
        for (document, operation, given, expected) in [
            ("{ a b }", None, value!({ "b": 1, "a": 2 }), "{a: 2, b: 1}"),
            (
                "{ x: b list { a b } }",
                None,
                value!({ "list": list(), "x": 1 }),
                "{x: 1, list: [{a: 2, b: 1}, null, {a: 3, b: 4}]}",
            ),
            (
                "query A { b a } query B { a ...F ... on T { d } } fragment F on T { c a b }",
                Some("B"),
                value!({ "d": 1, "b": 2, "c": 3, "a": 4 }),
                "{a: 4, c: 3, b: 2, d: 1}",
            ),
            (
                "{ o { a } o { b a } }",
                None,
                value!({ "o": { "b": 1, "a": 2 } }),
                "{o: {a: 2, b: 1}}",
            ),
        ] {
            assert_eq!(ordered(document, operation, given), expected);
        }
    }
}
