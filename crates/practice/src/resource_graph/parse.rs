//! Parses text into a query: tables and the stages after `|`. `grammar` parses the expressions.

use super::{
    expression::Expression,
    fault::QueryError,
    grammar::Grammar,
    query::{Aggregate, Join, Measure, OrderByKey, Query, QueryStage},
    scalar::Scalar,
    table::{COLUMNS, QueryTable},
    token::{QueryPosition, TokenKind, tokens},
};

/// Parses a query, or refuses an unknown part by its name and position.
pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { read: Grammar::new(tokens(text)?) };
    let query = parser.query(0)?;
    parser.read.end()?;
    Ok(query)
}

/// No query is long enough to have more columns of one name.
const COLUMNS_AT_MOST: usize = 64 << 10;
/// The maximum nesting of joins.
const DEEPEST: usize = 3;

struct Parser {
    read: Grammar,
}

impl Parser {
    fn query(&mut self, depth: usize) -> Result<Query, QueryError> {
        let table = self.table()?;
        let mut query =
            Query { table, kinds: None, stages: Vec::new(), columns: COLUMNS.map(str::to_owned).to_vec() };
        // Without a table, the first operator begins the query.
        let mut more = self.read.at_operator() || self.read.sign("|");
        while more {
            self.stage(&mut query, depth)?;
            more = self.read.sign("|");
        }
        Ok(query.narrow())
    }

    fn table(&mut self) -> Result<QueryTable, QueryError> {
        if self.read.at_operator() {
            return Ok(QueryTable::Resources);
        }
        let (name, place) = self.read.name()?;
        QueryTable::named(&name).ok_or_else(|| QueryError::unknown("table", place, &name))
    }

    fn stage(&mut self, query: &mut Query, depth: usize) -> Result<(), QueryError> {
        let (operator, place) = self.read.operator()?;
        match operator.as_str() {
            "where" | "filter" => {
                let condition = self.expression(query, &operator)?;
                query.stages.push(QueryStage::Where(condition));
            }
            "extend" => self.extend(query)?,
            "project" => {
                let named = self.named(query, &operator)?;
                let (columns, all) = named.into_iter().unzip();
                put_columns(query, columns, all);
            }
            "project-away" => self.project_away(query)?,
            "project-rename" => self.project_rename(query)?,
            "mv-expand" | "mvexpand" => self.expand(query)?,
            "join" => self.join(query, place, depth)?,
            "order" | "sort" => {
                self.read.keyword("by")?;
                let keys = self.keys(query, &operator)?;
                query.stages.push(QueryStage::Order(keys));
            }
            "take" | "limit" => {
                let count = self.read.count()?;
                query.stages.push(QueryStage::Take(count));
            }
            "top" => {
                let count = self.read.count()?;
                self.read.keyword("by")?;
                let keys = self.keys(query, &operator)?;
                query.stages.extend([QueryStage::Order(keys), QueryStage::Take(count)]);
            }
            "count" => {
                let count = Aggregate { measure: Measure::Count, of: None };
                query.stages.push(QueryStage::Summarize { groups: Vec::new(), aggregates: vec![count] });
                query.columns = vec!["Count".to_owned()];
            }
            "distinct" => {
                let (columns, groups) = self.named(query, &operator)?.into_iter().unzip();
                query.stages.push(QueryStage::Summarize { groups, aggregates: Vec::new() });
                query.columns = columns;
            }
            "summarize" => self.summarize(query)?,
            _ => return Err(QueryError::unknown("operator", place, &operator)),
        }
        Ok(())
    }

    fn expression(&mut self, query: &Query, operator: &str) -> Result<Expression, QueryError> {
        let mut expression = self.read.expression()?;
        expression.resolve(&query.columns, operator)?;
        Ok(expression)
    }

    /// `name = expression`, or an expression that has a name of its own.
    fn named(&mut self, query: &Query, operator: &str) -> Result<Vec<(String, Expression)>, QueryError> {
        let mut all: Vec<(String, Expression)> = Vec::new();
        loop {
            let given = self.read.assigned();
            let mut expression = self.read.expression()?;
            let own = given.or_else(|| expression.own_name());
            expression.resolve(&query.columns, operator)?;
            let name = own.unwrap_or_else(|| format!("Column{}", all.len() + 1));
            all.push((free_name(name, |name| all.iter().any(|(taken, _)| taken == name)), expression));
            if !self.read.sign(",") {
                return Ok(all);
            }
        }
    }

    fn extend(&mut self, query: &mut Query) -> Result<(), QueryError> {
        let mut written = Vec::new();
        for (name, expression) in self.named(query, "extend")? {
            written.push((place_of(&mut query.columns, name), expression));
        }
        query.stages.push(QueryStage::Extend(written));
        Ok(())
    }

    fn project_away(&mut self, query: &mut Query) -> Result<(), QueryError> {
        let mut away = Vec::new();
        loop {
            let (name, _) = self.read.name()?;
            let many = self.read.sign("*");
            away.push((name, many));
            if !self.read.sign(",") {
                break;
            }
        }
        let goes = |column: &str| {
            away.iter().any(|(name, many)| if *many { column.starts_with(name) } else { column == name })
        };
        let stay: Vec<usize> = (0..query.columns.len()).filter(|at| !goes(&query.columns[*at])).collect();
        let columns = stay.iter().map(|at| query.columns[*at].clone()).collect();
        put_columns(query, columns, stay.into_iter().map(Expression::Column).collect());
        Ok(())
    }

    fn project_rename(&mut self, query: &mut Query) -> Result<(), QueryError> {
        for (name, from) in self.named(query, "project-rename")? {
            let Expression::Column(at) = from else {
                return Err(QueryError::parser(self.read.place(), &name));
            };
            query.columns[at] = name;
        }
        Ok(())
    }

    /// `mv-expand properties.hostNames`, `mv-expand host = properties.hostNames to typeof(string)`
    fn expand(&mut self, query: &mut Query) -> Result<(), QueryError> {
        let given = self.read.assigned();
        let mut of = self.read.expression()?;
        let name = given.or_else(|| of.own_name()).unwrap_or_else(|| "Column1".to_owned());
        of.resolve(&query.columns, "mv-expand")?;
        if self.read.word("to") {
            self.read.keyword("typeof")?;
            self.read.expression()?;
        }
        let to = place_of(&mut query.columns, name);
        query.stages.push(QueryStage::Expand { to, of });
        Ok(())
    }

    /// `join kind=leftouter (…) on subscriptionId`, also `on $left.a == $right.b`
    fn join(&mut self, query: &mut Query, place: QueryPosition, depth: usize) -> Result<(), QueryError> {
        if depth == DEEPEST {
            return Err(QueryError::limit(format!("Joins may lie {DEEPEST} deep in each other.")));
        }
        let mut kind = ("innerunique".to_owned(), place);
        if self.read.word("kind") {
            self.read.need("=")?;
            kind = self.read.name()?;
        }
        let outer = match kind.0.as_str() {
            "leftouter" => true,
            "inner" | "innerunique" => false,
            other => return Err(QueryError::unknown("kind of join", kind.1, other)),
        };
        self.read.need("(")?;
        let right = self.query(depth + 1)?;
        self.read.need(")")?;
        self.read.keyword("on")?;
        let mut on = Vec::new();
        loop {
            on.push(self.condition(query, &right)?);
            if !self.read.sign(",") && !self.read.word("and") {
                break;
            }
        }
        for column in &right.columns {
            let name = free_name(column.clone(), |name| query.columns.iter().any(|taken| taken == name));
            query.columns.push(name);
        }
        query.stages.push(QueryStage::Join(Box::new(Join { outer, right, on })));
        Ok(())
    }

    fn condition(&mut self, left: &Query, right: &Query) -> Result<(usize, usize), QueryError> {
        let column = |query: &Query, name: &str, place| {
            let found = query.columns.iter().position(|column| column == name);
            found.ok_or_else(|| QueryError::unresolved("join", name, place))
        };
        let (first, place) = self.read.name()?;
        if first != "$left" && first != "$right" {
            return Ok((column(left, &first, place)?, column(right, &first, place)?));
        }
        self.read.need(".")?;
        let one = self.read.name()?;
        self.read.need("==")?;
        self.read.name()?;
        self.read.need(".")?;
        let other = self.read.name()?;
        let (of_left, of_right) = if first == "$left" { (one, other) } else { (other, one) };
        Ok((column(left, &of_left.0, of_left.1)?, column(right, &of_right.0, of_right.1)?))
    }

    fn keys(&mut self, query: &Query, operator: &str) -> Result<Vec<OrderByKey>, QueryError> {
        let mut keys = Vec::new();
        loop {
            let of = self.expression(query, operator)?;
            let descending = !self.read.word("asc") || self.read.word("desc");
            if descending {
                self.read.word("desc");
            }
            if self.read.word("nulls") {
                // Accepts `nulls first` and `nulls last`: the default order is what the service's users want.
                self.read.name()?;
            }
            keys.push(OrderByKey { of, descending });
            if !self.read.sign(",") {
                return Ok(keys);
            }
        }
    }

    fn summarize(&mut self, query: &mut Query) -> Result<(), QueryError> {
        let (mut names, mut aggregates) = (Vec::new(), Vec::new());
        while !self.read.word("by") {
            if self.read.at_end_of_stage() {
                return self.summarized(query, (names, aggregates), (Vec::new(), Vec::new()));
            }
            let given = self.read.assigned();
            let (own, aggregate) = self.aggregate(query)?;
            let name = given.unwrap_or(own);
            names.push(free_name(name, |name| names.iter().any(|taken: &String| taken == name)));
            aggregates.push(aggregate);
            self.read.sign(",");
        }
        let by = self.named(query, "summarize")?.into_iter().unzip();
        self.summarized(query, (names, aggregates), by)
    }

    fn summarized(
        &mut self,
        query: &mut Query,
        (names, aggregates): (Vec<String>, Vec<Aggregate>),
        (mut columns, groups): (Vec<String>, Vec<Expression>),
    ) -> Result<(), QueryError> {
        if names.is_empty() && columns.is_empty() {
            return Err(QueryError::parser(self.read.place(), "summarize"));
        }
        columns.extend(names);
        query.columns = columns;
        query.stages.push(QueryStage::Summarize { groups, aggregates });
        Ok(())
    }

    /// `count()`, `dcount(type)`; its name is `count_`, `dcount_type`.
    fn aggregate(&mut self, query: &Query) -> Result<(String, Aggregate), QueryError> {
        let (name, place) = self.read.name()?;
        let measure = match name.as_str() {
            "count" => Measure::Count,
            "countif" => Measure::CountIf,
            "dcount" => Measure::Distinct,
            "min" => Measure::Min,
            "max" => Measure::Max,
            "sum" => Measure::Sum,
            "avg" => Measure::Average,
            "make_list" => Measure::List,
            "make_set" => Measure::Set,
            "any" | "take_any" => Measure::Any,
            _ => return Err(QueryError::unknown("aggregate function", place, &name)),
        };
        self.read.need("(")?;
        if self.read.sign(")") {
            return Ok((format!("{name}_"), Aggregate { measure, of: None }));
        }
        let mut of = self.read.expression()?;
        let own = of.own_name().unwrap_or_default();
        of.resolve(&query.columns, "summarize")?;
        // `make_set(x, 100)`: the maximum length is ignored, because sets here are never that long.
        if self.read.sign(",") {
            self.read.count()?;
        }
        self.read.need(")")?;
        Ok((format!("{name}_{own}"), Aggregate { measure, of: Some(of) }))
    }
}

fn put_columns(query: &mut Query, columns: Vec<String>, all: Vec<Expression>) {
    query.columns = columns;
    query.stages.push(QueryStage::Project(all));
}

/// The index of the column with that name, which is added if it does not exist.
fn place_of(columns: &mut Vec<String>, name: String) -> usize {
    columns.iter().position(|column| *column == name).unwrap_or_else(|| {
        columns.push(name);
        columns.len() - 1
    })
}

/// The name, or the name with the first number appended that makes it unique.
fn free_name(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    (1..=COLUMNS_AT_MOST).map(|number| format!("{name}{number}")).find(|name| !taken(name)).unwrap_or(name)
}

impl Grammar {
    /// Parses a number of rows.
    fn count(&mut self) -> Result<usize, QueryError> {
        let place = self.place();
        match self.expression()? {
            Expression::Literal(Scalar::Long(count)) => {
                usize::try_from(count).map_err(|_| QueryError::parser(place, &count.to_string()))
            }
            _ => Err(QueryError::parser(place, "a number")),
        }
    }

    fn at_end_of_stage(&self) -> bool {
        matches!(self.peek(), TokenKind::End | TokenKind::Sign("|" | ")"))
    }
}
