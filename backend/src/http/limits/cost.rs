//! What a parsed document costs, each fragment reckoned once however often it
//! is spread.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{
    Name, Positioned, ServerError, Value, Variables,
    parser::types::{
        Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
    },
};

use super::{ALIASES, COMPLEXITY, DEPTH, DIRECTIVES, NODES, PAST, beyond, refusal};
use crate::{error::Code, service::page};

/// What a document, or a part of it, costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct Cost {
    /// Fields, `__typename` included.
    pub(in crate::http) complexity: usize,
    /// Fields below each other.
    pub(in crate::http) depth: usize,
    /// Objects in connections and lists, at most.
    pub(in crate::http) nodes: usize,
    /// Fields that are read as of an event.
    pub(in crate::http) past: usize,
}

impl Cost {
    fn beside(self, other: Self) -> Self {
        Self {
            complexity: self.complexity.saturating_add(other.complexity),
            depth: self.depth.max(other.depth),
            nodes: self.nodes.saturating_add(other.nodes),
            past: self.past.saturating_add(other.past),
        }
    }
}

struct Reckoning<'a> {
    document: &'a ExecutableDocument,
    operation: Option<&'a OperationDefinition>,
    variables: &'a Variables,
    aliases: usize,
    /// None: being reckoned, so a spread of it is a cycle.
    fragments: HashMap<&'a Name, Option<Cost>>,
}

/// The cost of all operations of a document, as all of them are validated.
pub(super) fn of(
    document: &ExecutableDocument,
    variables: &Variables,
) -> Result<Cost, ServerError> {
    let mut total = Cost::default();
    let mut aliases = 0;
    for (_, operation) in document.operations.iter() {
        let mut reckoning = Reckoning {
            document,
            operation: Some(&operation.node),
            variables,
            aliases,
            fragments: HashMap::new(),
        };
        reckoning.directives(&operation.node.directives)?;
        for variable in &operation.node.variable_definitions {
            reckoning.directives(&variable.node.directives)?;
        }
        total = total.beside(reckoning.selections(&operation.node.selection_set)?);
        aliases = reckoning.aliases;
    }
    // Fragments nobody spreads are walked by the validation too.
    let mut idle = Reckoning {
        document,
        operation: None,
        variables,
        aliases: 0,
        fragments: HashMap::new(),
    };
    for name in document.fragments.keys() {
        idle.fragment(name)?;
    }
    for (what, cost, limit) in [
        ("fields within each other", total.depth, DEPTH),
        ("fields", total.complexity, COMPLEXITY),
        ("objects in its lists", total.nodes, NODES),
        ("fields as of an event", total.past, PAST),
    ] {
        if cost > limit {
            return Err(beyond(what, limit));
        }
    }
    Ok(total)
}

impl<'a> Reckoning<'a> {
    fn selections(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Cost, ServerError> {
        let mut total = Cost::default();
        for selection in &set.node.items {
            self.directives(selection.node.directives())?;
            let cost = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => self.selections(&inline.node.selection_set)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node)?
                }
            };
            total = total.beside(cost);
        }
        Ok(total)
    }

    fn field(&mut self, field: &'a Field) -> Result<Cost, ServerError> {
        self.aliases += usize::from(field.alias.is_some());
        if self.aliases > ALIASES {
            return Err(beyond("aliases", ALIASES));
        }
        let below = self.selections(&field.selection_set)?;
        let as_of = self.argument(field, "asOf");
        let is_past = as_of.is_some_and(|event| event != Value::Null);
        let (own, times) = match self.length(field) {
            Some(length) => (length, length),
            None => (0, 1),
        };
        Ok(Cost {
            complexity: below.complexity.saturating_add(1),
            depth: below.depth.saturating_add(1),
            nodes: below.nodes.saturating_mul(times).saturating_add(own),
            past: below.past.saturating_add(usize::from(is_past)),
        })
    }

    fn fragment(&mut self, name: &Name) -> Result<Cost, ServerError> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            // The validation says so.
            return Ok(Cost::default());
        };
        match self.fragments.get(name) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => {
                let message = format!("The fragment {name} spreads itself.");
                return Err(refusal(Code::BadUserInput, message));
            }
            None => self.fragments.insert(name, None),
        };
        self.directives(&fragment.node.directives)?;
        let cost = self.selections(&fragment.node.selection_set)?;
        self.fragments.insert(name, Some(cost));
        Ok(cost)
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<(), ServerError> {
        if directives.len() > DIRECTIVES {
            return Err(beyond("directives at one place", DIRECTIVES));
        }
        Ok(())
    }

    /// How many objects a field returns, if it is a list.
    fn length(&self, field: &'a Field) -> Option<usize> {
        let number = |name| match self.argument(field, name)? {
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            _ => None,
        };
        if let Some(said) = number("first").max(number("last")) {
            return Some(said);
        }
        if let Some(Value::List(ids)) = self.argument(field, "ids") {
            return Some(ids.len());
        }
        self.is_connection(&field.selection_set.node, &mut BTreeSet::new())
            .then_some(page::MOST)
    }

    /// Whether the fields are those of a connection, spelled out or in fragments;
    /// each fragment is looked at once.
    fn is_connection(&self, set: &'a SelectionSet, seen: &mut BTreeSet<&'a Name>) -> bool {
        set.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => {
                matches!(field.node.name.node.as_str(), "nodes" | "edges")
            }
            Selection::InlineFragment(inline) => {
                self.is_connection(&inline.node.selection_set.node, seen)
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let fragment = self.document.fragments.get(name);
                seen.insert(name)
                    && fragment.is_some_and(|fragment| {
                        self.is_connection(&fragment.node.selection_set.node, seen)
                    })
            }
        })
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let value = field.get_argument(name)?.node.clone();
        value
            .into_const_with(|name| self.variable(&name).ok_or(()))
            .ok()
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        if let Some(given) = self.variables.get(name) {
            return Some(given.clone());
        }
        let mut variables = self.operation?.variable_definitions.iter();
        let variable = variables.find(|variable| variable.node.name.node == *name)?;
        Some(variable.node.default_value.as_ref()?.node.clone())
    }
}
