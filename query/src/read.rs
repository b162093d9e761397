//! Reads the grammar that the crate's text shows. What a field and its values
//! mean is `term`'s.

use winnow::{
    Parser as _,
    ascii::Caseless,
    combinator::{alt, eof, not, opt, peek},
    error::{ErrMode, ParserError},
    stream::{LocatingSlice, Location as _, Stateful, Stream as _},
    token::{any, one_of, take_while},
};

use crate::{
    Expression, Fault, MOST_CHARACTERS, MOST_DEPTH, MOST_TERMS, Ordinal, Query,
    fault::said,
    show::{is_bare_sign, is_keyword},
    term::{self, Operator, Value},
};

#[derive(Clone, Copy, Debug)]
struct Spent {
    depth: usize,
    terms: usize,
    ordinal: Ordinal,
}

type Input<'t> = Stateful<LocatingSlice<&'t str>, Spent>;
/// To go back is to try another way; what is cut is what the reader is told.
type Read<T> = Result<T, ErrMode<Fault>>;

impl ParserError<Input<'_>> for Fault {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        Self {
            at: input.current_token_start(),
            length: 0,
            message: "This is not understood.".to_owned(),
        }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

pub(crate) fn query(text: &str, ordinal: Ordinal) -> Result<Query, Fault> {
    if let Some((at, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        return Err(Fault {
            at,
            length: text.len() - at,
            message: format!("A query has at most {MOST_CHARACTERS} characters."),
        });
    }
    let mut input = Input {
        input: LocatingSlice::new(text),
        state: Spent {
            depth: 0,
            terms: 0,
            ordinal,
        },
    };
    whole(&mut input).map(Query).map_err(|error| {
        error
            .into_inner()
            .unwrap_or_else(|_| Fault::from_input(&input))
    })
}

fn whole(input: &mut Input<'_>) -> Read<Option<Expression>> {
    space(input)?;
    if is_end(input) {
        return Ok(None);
    }
    let expression = any_of(input)?;
    space(input)?;
    if !is_end(input) {
        return Err(here(input, "This ) closes nothing.".to_owned()));
    }
    Ok(Some(expression))
}

fn any_of(input: &mut Input<'_>) -> Read<Expression> {
    let mut members = vec![all_of(input)?];
    while opt(keyword("or")).parse_next(input)?.is_some() {
        members.push(all_of(input)?);
    }
    Ok(Expression::any(members))
}

fn all_of(input: &mut Input<'_>) -> Read<Expression> {
    let mut members = vec![unary(input)?];
    while opt(keyword("and")).parse_next(input)?.is_some() || another_follows(input)? {
        members.push(unary(input)?);
    }
    Ok(Expression::all(members))
}

/// Whether another member stands here without a word between.
fn another_follows(input: &mut Input<'_>) -> Read<bool> {
    let stop = alt((eof.void(), ')'.void(), keyword("or")));
    Ok(opt(peek((space, not(stop)))).parse_next(input)?.is_some())
}

fn unary(input: &mut Input<'_>) -> Read<Expression> {
    space(input)?;
    if opt(keyword("not")).parse_next(input)?.is_some() {
        return deeper(input, unary).map(negated);
    }
    let begin = input.checkpoint();
    match opt(one_of(['-', '('])).parse_next(input)? {
        Some('-') => {
            if opt(peek(one_of(is_bare_or_opening)))
                .parse_next(input)?
                .is_none()
            {
                input.reset(&begin);
                let message =
                    "A - stands right before what it denies; in quotes it is part of a word.";
                return Err(here(input, message.to_owned()));
            }
            deeper(input, unary).map(negated)
        }
        Some(_) => {
            let inner = deeper(input, any_of)?;
            space(input)?;
            if opt(')').parse_next(input)?.is_none() {
                input.reset(&begin);
                return Err(here(input, "This ( is not closed.".to_owned()));
            }
            apart(input, true)?;
            Ok(inner)
        }
        None => {
            let term = term(input)?;
            apart(input, false)?;
            Ok(term)
        }
    }
}

fn negated(expression: Expression) -> Expression {
    Expression::Not(Box::new(expression))
}

fn deeper<'t>(
    input: &mut Input<'t>,
    mut inner: impl FnMut(&mut Input<'t>) -> Read<Expression>,
) -> Read<Expression> {
    input.state.depth += 1;
    if input.state.depth > MOST_DEPTH {
        let message =
            format!("Parentheses and negations stand at most {MOST_DEPTH} within each other.");
        return Err(here(input, message));
    }
    let expression = inner(input)?;
    input.state.depth -= 1;
    Ok(expression)
}

/// What follows a member stands apart from it.
fn apart(input: &mut Input<'_>, parenthesis: bool) -> Read<()> {
    let next = input.peek_token();
    if next.is_none_or(|sign| sign.is_whitespace() || sign == ')') {
        return Ok(());
    }
    let word = alt((keyword("and"), keyword("or")));
    if parenthesis && opt(peek(word)).parse_next(input)?.is_some() {
        return Ok(());
    }
    Err(here(input, "Expected a space before this.".to_owned()))
}

fn term(input: &mut Input<'_>) -> Read<Expression> {
    let first = value(input)?;
    if !first.quoted {
        let begin = input.checkpoint();
        space(input)?;
        let at = input.current_token_start();
        if let Some(operator) = opt(operator).parse_next(input)? {
            let place = (at, input.current_token_start() - at);
            let values = values(input)?;
            return term::of_field(&first, operator, place, &values, input.state.ordinal)
                .map_err(ErrMode::Cut);
        }
        input.reset(&begin);
    }
    let mut parts = vec![usable(first)?];
    more_values(input, &mut parts)?;
    Ok(term::of_parts(&parts))
}

fn values(input: &mut Input<'_>) -> Read<Vec<Value>> {
    space(input)?;
    let mut values = vec![usable(value(input)?)?];
    more_values(input, &mut values)?;
    Ok(values)
}

fn more_values(input: &mut Input<'_>, values: &mut Vec<Value>) -> Read<()> {
    count_term(input, values)?;
    while opt((space, ',')).parse_next(input)?.is_some() {
        space(input)?;
        values.push(usable(value(input)?)?);
        count_term(input, values)?;
    }
    Ok(())
}

fn count_term(input: &mut Input<'_>, values: &[Value]) -> Read<()> {
    input.state.terms += 1;
    match values.last() {
        Some(last) if input.state.terms > MOST_TERMS => Err(cut(
            last.fault(format!("A query has at most {MOST_TERMS} values."))
        )),
        Some(_) | None => Ok(()),
    }
}

fn operator(input: &mut Input<'_>) -> Read<Operator> {
    alt((
        "!=".value(Operator::IsNot),
        "<=".value(Operator::LessOrEqual),
        ">=".value(Operator::GreaterOrEqual),
        one_of([':', '=']).value(Operator::Is),
        '<'.value(Operator::Less),
        '>'.value(Operator::Greater),
    ))
    .parse_next(input)
}

fn value(input: &mut Input<'_>) -> Read<Value> {
    let at = input.current_token_start();
    let begin = input.checkpoint();
    let quoted = opt('"').parse_next(input)?.is_some();
    let text = if quoted {
        let Some(text) = opt(quoted_rest).parse_next(input)? else {
            input.reset(&begin);
            return Err(here(input, "This \" is not closed.".to_owned()));
        };
        text
    } else {
        let bare = opt(take_while(1.., is_bare_sign)).parse_next(input)?;
        let Some(text) = bare else {
            return Err(unexpected(input));
        };
        let text: &str = text;
        text.to_owned()
    };
    Ok(Value {
        at,
        length: input.current_token_start() - at,
        text,
        quoted,
    })
}

fn quoted_rest(input: &mut Input<'_>) -> Read<String> {
    let mut text = String::new();
    loop {
        match any.parse_next(input)? {
            '"' => return Ok(text),
            '\\' => text.push(one_of(['"', '\\']).parse_next(input)?),
            sign => text.push(sign),
        }
    }
}

/// A value that needs no quotes, or has them.
fn usable(value: Value) -> Read<Value> {
    if value.quoted {
        return Ok(value);
    }
    if is_keyword(&value.text) {
        let message = format!(
            "Expected a value or a term, not {}; in quotes it is a value.",
            said(&value.text)
        );
        return Err(cut(value.fault(message)));
    }
    if value.text.starts_with('-') {
        let message = "A value that begins with - stands in quotes.";
        return Err(cut(value.fault(message.to_owned())));
    }
    Ok(value)
}

/// A keyword and the space before it, in capitals or not.
fn keyword<'t>(word: &'static str) -> impl FnMut(&mut Input<'t>) -> Read<()> {
    move |input| {
        let sign = |sign: char| !sign.is_whitespace() && sign != '(';
        (space, Caseless(word), not(one_of(sign)))
            .void()
            .parse_next(input)
    }
}

fn space(input: &mut Input<'_>) -> Read<()> {
    take_while(0.., char::is_whitespace)
        .void()
        .parse_next(input)
}

fn is_end(input: &Input<'_>) -> bool {
    input.peek_token().is_none()
}

fn is_bare_or_opening(sign: char) -> bool {
    is_bare_sign(sign) || matches!(sign, '(' | '"')
}

/// A fault at the sign that stands here, or at the end.
fn here(input: &Input<'_>, message: String) -> ErrMode<Fault> {
    cut(Fault {
        at: input.current_token_start(),
        length: input.peek_token().map_or(0, char::len_utf8),
        message,
    })
}

fn unexpected(input: &Input<'_>) -> ErrMode<Fault> {
    let expected = "a word, a field with a value, or a term in parentheses";
    let message = match input.peek_token() {
        Some(sign) => format!("Expected {expected}, not {sign}"),
        None => format!("Expected {expected} here, at the end."),
    };
    here(input, message)
}

fn cut(fault: Fault) -> ErrMode<Fault> {
    ErrMode::Cut(fault)
}
