//! Parses the expressions of a query by precedence: `or`, `and`, comparisons, sums, products, members.

use super::{
    expression::Expression,
    fault::QueryError,
    function::Function,
    operator::Binary,
    scalar::Scalar,
    token::{QueryPosition, QueryToken, TokenKind},
};

/// The maximum nesting of expressions.
const DEEPEST: usize = 48;
/// The maximum number of operators in a query: each may be nested in the previous one, and recursion walks
/// all of them.
const OPERATIONS: usize = 1000;

/// Operators that may begin a query without a table.
const OPERATORS: &[&str] = &[
    "where",
    "filter",
    "extend",
    "project",
    "order",
    "sort",
    "take",
    "limit",
    "top",
    "count",
    "distinct",
    "summarize",
    "join",
    "mv",
    "mvexpand",
    "parse",
    "union",
    "let",
    "render",
    "serialize",
];

/// Reads tokens one after another.
#[derive(Debug)]
pub(super) struct Grammar {
    tokens: Vec<QueryToken>,
    at: usize,
    depth: usize,
    operations: usize,
}

impl Grammar {
    pub(super) fn new(tokens: Vec<QueryToken>) -> Self {
        Self { tokens, at: 0, depth: 0, operations: 0 }
    }

    pub(super) fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn peek_after(&self) -> &TokenKind {
        self.tokens.get(self.at + 1).map_or(&TokenKind::End, |token| &token.kind)
    }

    pub(super) fn place(&self) -> QueryPosition {
        self.tokens.get(self.at).or(self.tokens.last()).map(|token| token.place).unwrap_or_default()
    }

    /// Consumes the sign if it is next.
    pub(super) fn sign(&mut self, wanted: &str) -> bool {
        let here = matches!(self.peek(), TokenKind::Sign(sign) if *sign == wanted);
        self.at += usize::from(here);
        here
    }

    /// Consumes the keyword if it is next.
    pub(super) fn word(&mut self, wanted: &str) -> bool {
        let here = matches!(self.peek(), TokenKind::Word(word) if word == wanted);
        self.at += usize::from(here);
        here
    }

    pub(super) fn need(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn keyword(&mut self, word: &str) -> Result<(), QueryError> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn end(&self) -> Result<(), QueryError> {
        if *self.peek() == TokenKind::End { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn name(&mut self) -> Result<(String, QueryPosition), QueryError> {
        let place = self.place();
        match self.peek().clone() {
            TokenKind::Word(name) if !name.starts_with('!') => {
                self.at += 1;
                Ok((name, place))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Whether an operator stands where a table could.
    pub(super) fn at_operator(&self) -> bool {
        matches!(self.peek(), TokenKind::Word(word) if OPERATORS.contains(&word.as_str()))
    }

    /// The name of an operator, which may contain a dash: `project-away`.
    pub(super) fn operator(&mut self) -> Result<(String, QueryPosition), QueryError> {
        let (mut name, place) = self.name()?;
        while (name == "project" || name == "mv") && self.sign("-") {
            name = format!("{name}-{}", self.name()?.0);
        }
        Ok((name, place))
    }

    /// `name =` before an expression.
    pub(super) fn assigned(&mut self) -> Option<String> {
        match (self.peek(), self.peek_after()) {
            (TokenKind::Word(name), TokenKind::Sign("=")) => {
                let name = name.clone();
                self.at += 2;
                Some(name)
            }
            _ => None,
        }
    }

    fn unexpected(&self) -> QueryError {
        let token = match self.peek() {
            TokenKind::Word(text) | TokenKind::Text(text) | TokenKind::DateTime(text) => text.clone(),
            TokenKind::Long(long) => long.to_string(),
            TokenKind::Real(real) => real.to_string(),
            TokenKind::Span(span) => span.to_string(),
            TokenKind::Sign(sign) => (*sign).to_owned(),
            TokenKind::End => "<EOF>".to_owned(),
        };
        QueryError::parser(self.place(), &token)
    }

    pub(super) fn expression(&mut self) -> Result<Expression, QueryError> {
        if self.depth == DEEPEST {
            return Err(QueryError::limit(format!("Expressions may lie {DEEPEST} deep in each other.")));
        }
        self.depth += 1;
        let mut one = self.conjunction()?;
        while self.word("or") {
            let other = self.conjunction()?;
            one = self.binary(Binary::Or, one, other)?;
        }
        self.depth -= 1;
        Ok(one)
    }

    fn conjunction(&mut self) -> Result<Expression, QueryError> {
        let first = self.comparison()?;
        if !self.word("and") {
            return Ok(first);
        }
        // Nested to the right, so that the first condition stands apart from the rest.
        let mut all = vec![first, self.comparison()?];
        while self.word("and") {
            all.push(self.comparison()?);
        }
        let last = all.pop().ok_or_else(|| self.unexpected())?;
        all.into_iter().rev().try_fold(last, |rest, one| self.binary(Binary::And, one, rest))
    }

    fn comparison(&mut self) -> Result<Expression, QueryError> {
        let one = self.sum()?;
        let (kind, place) = (self.peek().clone(), self.place());
        match kind {
            TokenKind::Sign(sign) => match Binary::comparison(sign) {
                Some(operator) => {
                    self.at += 1;
                    let other = self.sum()?;
                    self.binary(operator, one, other)
                }
                None => Ok(one),
            },
            TokenKind::Word(word) => {
                if let Some(operator) = Binary::text(&word) {
                    self.at += 1;
                    let other = self.sum()?;
                    return self.binary(operator, one, other);
                }
                match word.as_str() {
                    "in" | "in~" | "!in" => {
                        self.at += 1;
                        let any_case = word == "in~" || word == "!in" && self.sign("~");
                        self.any_of(one, any_case, word.starts_with('!'))
                    }
                    "between" | "!between" => {
                        self.at += 1;
                        self.need("(")?;
                        let from = self.sum()?;
                        self.need("..")?;
                        let to = self.sum()?;
                        self.need(")")?;
                        let negated = word.starts_with('!');
                        Ok(Expression::Between {
                            one: Box::new(one),
                            from: Box::new(from),
                            to: Box::new(to),
                            negated,
                        })
                    }
                    "matches" | "has_any" | "has_all" | "hasprefix" | "hassuffix" | "like" => {
                        Err(QueryError::unknown("operator", place, &word))
                    }
                    _ => Ok(one),
                }
            }
            _ => Ok(one),
        }
    }

    fn any_of(&mut self, one: Expression, any_case: bool, negated: bool) -> Result<Expression, QueryError> {
        self.need("(")?;
        let mut of = Vec::new();
        while !self.sign(")") {
            of.push(self.expression()?);
            if !self.sign(",") {
                self.need(")")?;
                break;
            }
        }
        Ok(Expression::In { one: Box::new(one), of, any_case, negated })
    }

    fn sum(&mut self) -> Result<Expression, QueryError> {
        let mut one = self.product()?;
        loop {
            let operator = match self.peek() {
                TokenKind::Sign("+") => Binary::Plus,
                TokenKind::Sign("-") => Binary::Minus,
                _ => return Ok(one),
            };
            self.at += 1;
            let other = self.product()?;
            one = self.binary(operator, one, other)?;
        }
    }

    fn product(&mut self) -> Result<Expression, QueryError> {
        let mut one = self.unary()?;
        loop {
            let operator = match self.peek() {
                TokenKind::Sign("*") => Binary::Times,
                TokenKind::Sign("/") => Binary::Over,
                TokenKind::Sign("%") => Binary::Modulo,
                _ => return Ok(one),
            };
            self.at += 1;
            let other = self.unary()?;
            one = self.binary(operator, one, other)?;
        }
    }

    fn unary(&mut self) -> Result<Expression, QueryError> {
        let mut negative = false;
        while self.sign("-") {
            negative = !negative;
        }
        let one = self.member()?;
        Ok(if negative { Expression::Negative(Box::new(one)) } else { one })
    }

    fn member(&mut self) -> Result<Expression, QueryError> {
        let mut one = self.primary()?;
        let mut steps = 0;
        loop {
            if self.sign(".") {
                let (name, _) = self.name()?;
                one = Expression::Member(Box::new(one), name);
            } else if self.sign("[") {
                one = self.item(one)?;
                self.need("]")?;
            } else {
                return Ok(one);
            }
            steps += 1;
            if steps > DEEPEST {
                return Err(QueryError::limit(format!("A path may have {DEEPEST} members.")));
            }
        }
    }

    fn item(&mut self, of: Expression) -> Result<Expression, QueryError> {
        let negative = self.sign("-");
        match self.peek().clone() {
            TokenKind::Text(name) if !negative => {
                self.at += 1;
                Ok(Expression::Member(Box::new(of), name))
            }
            TokenKind::Long(at) => {
                self.at += 1;
                Ok(Expression::Item(Box::new(of), if negative { -at } else { at }))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn primary(&mut self) -> Result<Expression, QueryError> {
        let place = self.place();
        let literal = match self.peek().clone() {
            TokenKind::Text(text) => Scalar::Text(text),
            TokenKind::Long(long) => Scalar::Long(long),
            TokenKind::Real(real) => Scalar::Real(real),
            TokenKind::Span(span) => Scalar::Span(span),
            TokenKind::DateTime(text) => match Scalar::text(text.clone()).time() {
                Some(time) => Scalar::Time(time),
                None => return Err(QueryError::parser(place, &text)),
            },
            TokenKind::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.need(")")?;
                return Ok(inner);
            }
            // `['a name']`
            TokenKind::Sign("[") => {
                self.at += 1;
                let TokenKind::Text(name) = self.peek().clone() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                self.need("]")?;
                return Ok(Expression::Name(name, place));
            }
            TokenKind::Word(word) if !word.starts_with('!') => return self.word_or_call(word, place),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(Expression::Literal(literal))
    }

    fn word_or_call(&mut self, word: String, place: QueryPosition) -> Result<Expression, QueryError> {
        self.at += 1;
        if !self.sign("(") {
            return Ok(match word.as_str() {
                "true" => Expression::Literal(Scalar::Bool(true)),
                "false" => Expression::Literal(Scalar::Bool(false)),
                "null" => Expression::Literal(Scalar::Null),
                _ => Expression::Name(word, place),
            });
        }
        let function = Function::named(&word).ok_or_else(|| QueryError::unknown("function", place, &word))?;
        let mut arguments = Vec::new();
        while !self.sign(")") {
            arguments.push(self.expression()?);
            if !self.sign(",") {
                self.need(")")?;
                break;
            }
        }
        Ok(Expression::Call(function, arguments))
    }

    fn binary(
        &mut self,
        operator: Binary,
        one: Expression,
        other: Expression,
    ) -> Result<Expression, QueryError> {
        self.operations += 1;
        if self.operations > OPERATIONS {
            return Err(QueryError::limit(format!("A query may have {OPERATIONS} operators.")));
        }
        Ok(Expression::Binary(operator, Box::new(one), Box::new(other)))
    }
}
