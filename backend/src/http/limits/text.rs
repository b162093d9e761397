//! Counts the tokens of a document and how deep its brackets nest, by the
//! lexical grammar of GraphQL alone. What is no token is left for the parser to
//! complain about.

use async_graphql::ServerError;

use super::{NESTING, TOKENS, beyond};

pub(super) fn check(text: &str) -> Result<(), ServerError> {
    let mut rest = text;
    let mut tokens = 0;
    let mut open: usize = 0;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '#' => rest
                .split_once(['\n', '\r'])
                .map_or("", |(_, behind)| behind),
            ' ' | '\t' | '\n' | '\r' | ',' | '\u{feff}' => behind(rest, first.len_utf8()),
            _ => {
                tokens += 1;
                open = match first {
                    '(' | '[' | '{' => open + 1,
                    ')' | ']' | '}' => open.saturating_sub(1),
                    _ => open,
                };
                behind(rest, token_length(rest, first))
            }
        };
        if tokens > TOKENS {
            return Err(beyond("tokens", TOKENS));
        }
        if open > NESTING {
            return Err(beyond("brackets within each other", NESTING));
        }
    }
    Ok(())
}

fn behind(text: &str, length: usize) -> &str {
    text.get(length..).unwrap_or_default()
}

fn token_length(rest: &str, first: char) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match first {
        '"' if rest.starts_with("\"\"\"") => block_string_length(rest),
        '"' => string_length(rest),
        '.' if rest.starts_with("...") => 3,
        '-' => 1 + run_length(behind(rest, 1), |c| word(c) || c == '.'),
        c if c.is_ascii_digit() => run_length(rest, |c| word(c) || c == '.'),
        c if word(c) => run_length(rest, word),
        c => c.len_utf8(),
    }
}

fn run_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' | '\r' => return at,
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    rest.len()
}

fn block_string_length(rest: &str) -> usize {
    let mut from = 3;
    while let Some(found) = behind(rest, from).find("\"\"\"") {
        let at = from + found;
        if !behind(rest, at - 1).starts_with('\\') {
            return at + 3;
        }
        from = at + 3;
    }
    rest.len()
}
