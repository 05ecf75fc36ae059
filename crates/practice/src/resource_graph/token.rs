//! Splits a query into words, names, strings, numbers and signs, each with its position.

use jiff::SignedDuration;

use super::fault::QueryError;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A keyword, a name or a function.
    Word(String),
    Text(String),
    Long(i64),
    Real(f64),
    /// `30d`, `90m`
    Span(SignedDuration),
    /// The text in `datetime(…)`, without quotes.
    DateTime(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// A token and its position; lines count from 1, characters from 0, as the service counts them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct QueryToken {
    pub kind: TokenKind,
    pub place: QueryPosition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct QueryPosition {
    pub line: usize,
    pub character: usize,
}

/// Longer signs come before their own prefixes.
const SIGNS: &[&str] = &[
    "!~", "!=", "==", "=~", "<=", ">=", "<>", "..", "|", "(", ")", "[", "]", ",", ".", "=", "<", ">", "+",
    "-", "*", "/", "%", ":", "!",
];

/// A query longer than this is refused.
const LONGEST: usize = 64 << 10;

pub(super) fn tokens(query: &str) -> Result<Vec<QueryToken>, QueryError> {
    if query.len() > LONGEST {
        return Err(QueryError::limit(format!(
            "The query has {} characters; at most {LONGEST} are taken.",
            query.len()
        )));
    }
    let mut reader =
        Lexer { text: query.chars().collect(), at: 0, place: QueryPosition { line: 1, character: 0 } };
    let mut all = Vec::new();
    loop {
        reader.skip();
        let place = reader.place;
        let kind = reader.next(place)?;
        let end = kind == TokenKind::End;
        all.push(QueryToken { kind, place });
        if end {
            return Ok(all);
        }
    }
}

struct Lexer {
    text: Vec<char>,
    at: usize,
    place: QueryPosition,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        if next == '\n' {
            self.place = QueryPosition { line: self.place.line + 1, character: 0 };
        } else {
            self.place.character += 1;
        }
        Some(next)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while self.peek(0).is_some_and(&fits) {
            taken.extend(self.take());
        }
        taken
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if !self.starts_with("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn starts_with(&self, word: &str) -> bool {
        word.chars().enumerate().all(|(ahead, wanted)| self.peek(ahead) == Some(wanted))
    }

    fn next(&mut self, place: QueryPosition) -> Result<TokenKind, QueryError> {
        let Some(first) = self.peek(0) else {
            return Ok(TokenKind::End);
        };
        if first.is_ascii_digit() {
            return self.number(place);
        }
        if first.is_alphabetic() || first == '_' || first == '$' {
            return self.word(place);
        }
        if first == '\'' || first == '"' || first == '@' && matches!(self.peek(1), Some('\'' | '"')) {
            return self.string(place);
        }
        let sign = SIGNS.iter().find(|sign| self.starts_with(sign));
        let sign = sign.ok_or_else(|| QueryError::parser(place, &first.to_string()))?;
        for _ in 0..sign.len() {
            self.take();
        }
        // `!contains`, `!in`: read as one word, so that the parser sees one operator.
        if *sign == "!" {
            let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
            return Ok(TokenKind::Word(format!("!{word}")));
        }
        Ok(TokenKind::Sign(sign))
    }

    fn word(&mut self, place: QueryPosition) -> Result<TokenKind, QueryError> {
        let mut word: String = self.take().into_iter().collect();
        word += &self.take_while(|c| c.is_alphanumeric() || c == '_');
        // `in~` is an operator, `has_any` a word.
        if word == "in" && self.peek(0) == Some('~') {
            self.take();
            word.push('~');
        }
        if !word.eq_ignore_ascii_case("datetime") || self.peek(0) != Some('(') {
            return Ok(TokenKind::Word(word));
        }
        self.take();
        let inner = self.take_while(|c| c != ')');
        match self.take() {
            Some(_) => Ok(TokenKind::DateTime(inner.trim().trim_matches(['\'', '"']).to_owned())),
            None => Err(QueryError::parser(place, "datetime(")),
        }
    }

    fn number(&mut self, place: QueryPosition) -> Result<TokenKind, QueryError> {
        let mut digits = self.take_while(|c| c.is_ascii_digit());
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.take();
            digits = format!("{digits}.{}", self.take_while(|c| c.is_ascii_digit()));
        }
        let unit = self.take_while(char::is_alphanumeric);
        let wrong = || QueryError::parser(place, &format!("{digits}{unit}"));
        if unit.is_empty() {
            return match digits.parse() {
                Ok(long) => Ok(TokenKind::Long(long)),
                Err(_) => digits.parse().map(TokenKind::Real).map_err(|_| wrong()),
            };
        }
        let seconds = match unit.as_str() {
            "d" => 86_400.0,
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return Err(wrong()),
        };
        let count: f64 = digits.parse().map_err(|_| wrong())?;
        SignedDuration::try_from_secs_f64(count * seconds).map(TokenKind::Span).map_err(|_| wrong())
    }

    fn string(&mut self, place: QueryPosition) -> Result<TokenKind, QueryError> {
        let verbatim = self.peek(0) == Some('@');
        if verbatim {
            self.take();
        }
        let quote = self.take();
        let mut text = String::new();
        loop {
            let next = self.take();
            match next {
                Some(c) if Some(c) == quote => return Ok(TokenKind::Text(text)),
                Some('\\') if !verbatim => text.push(match self.take() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some(other) => other,
                    None => return Err(QueryError::parser(place, "\\")),
                }),
                Some('\n') | None => {
                    return Err(QueryError::parser(
                        place,
                        quote.map_or("'", |q| if q == '"' { "\"" } else { "'" }),
                    ));
                }
                Some(other) => text.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kinds(query: &str) -> Vec<TokenKind> {
        tokens(query).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn strings_spans_and_negated_operators_are_one_token_each() {
        assert_eq!(
            kinds("a !contains 'it\\'s' // why\n< 30d"),
            [
                TokenKind::Word("a".into()),
                TokenKind::Word("!contains".into()),
                TokenKind::Text("it's".into()),
                TokenKind::Sign("<"),
                TokenKind::Span(SignedDuration::from_hours(720)),
                TokenKind::End
            ]
        );
        assert_eq!(kinds("in~ @'\\d' datetime(2026-01-01)")[2], TokenKind::DateTime("2026-01-01".into()));
    }

    #[test]
    fn what_does_not_end_is_refused_where_it_begins() {
        let refused = tokens("resources\n| where name == 'shop").unwrap_err();
        assert_eq!(refused.place, Some(QueryPosition { line: 2, character: 16 }));
        assert!(tokens("a # b").is_err());
    }
}
