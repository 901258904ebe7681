//! A statement made piece by piece: what is asked for is in the text, what is compared is bound. Nothing from outside is ever text.

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Null,
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: vec![],
        }
    }

    /// Text of our own.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// Another statement, whose values are counted on from ours.
    pub(crate) fn append(&mut self, other: Sql) -> &mut Self {
        let mut parts = other.text.split('$');
        self.push(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let at: usize = part[..digits].parse().unwrap_or_default();
            self.push(&format!("${}{}", self.values.len() + at, &part[digits..]));
        }
        self.values.extend(other.values);
        self
    }

    /// `($1, $2)`; an empty list, which is not SQL, becomes one that nothing is in.
    pub(crate) fn bind_list(&mut self, values: &[String]) -> &mut Self {
        if values.is_empty() {
            return self.push("(NULL)");
        }
        for (at, value) in values.iter().enumerate() {
            self.push(if at == 0 { "(" } else { ", " }).bind(value.as_str());
        }
        self.push(")")
    }
}

/// Binds the values of a statement that was made piece by piece.
macro_rules! bind_made {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::db::sql::Value::Text(text) => query.bind(text),
                $crate::db::sql::Value::Int(number) => query.bind(number),
                // Only texts may be missing.
                $crate::db::sql::Value::Null => query.bind(None::<String>),
            };
        }
        query
    }};
}

/// `fetch_made!(tx, Row, sql)`: the rows of a statement that was made piece by piece.
macro_rules! fetch_made {
    ($tx:expr, $row:ty, $sql:expr) => {{
        let $crate::db::sql::Sql { text, values } = $sql;
        let text = sqlx::AssertSqlSafe(text);
        match $tx.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                let query = $crate::db::sql::bind_made!(sqlx::query_as::<_, $row>(text), values);
                query.fetch_all(connection).await.map_err($crate::db::Error::from)
            }
            $crate::db::Connection::Postgres(connection) => {
                let query = $crate::db::sql::bind_made!(sqlx::query_as::<_, $row>(text), values);
                query.fetch_all(connection).await.map_err($crate::db::Error::from)
            }
        }
    }};
}

/// `execute_made!(tx, sql)`: the same for one that gives no rows; says how many it changed.
macro_rules! execute_made {
    ($tx:expr, $sql:expr) => {{
        let $crate::db::sql::Sql { text, values } = $sql;
        let text = sqlx::AssertSqlSafe(text);
        match $tx.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                let query = $crate::db::sql::bind_made!(sqlx::query(text), values);
                query
                    .execute(connection)
                    .await
                    .map(|done| done.rows_affected())
                    .map_err($crate::db::Error::from)
            }
            $crate::db::Connection::Postgres(connection) => {
                let query = $crate::db::sql::bind_made!(sqlx::query(text), values);
                query
                    .execute(connection)
                    .await
                    .map(|done| done.rows_affected())
                    .map_err($crate::db::Error::from)
            }
        }
    }};
}

pub(crate) use {bind_made, execute_made, fetch_made};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_through_the_text() {
        let mut sql = Sql::new("a = ");
        sql.bind(7)
            .push(" AND b IN ")
            .bind_list(&["x".into(), "y".into()]);
        assert_eq!(sql.text, "a = $1 AND b IN ($2, $3)");
        assert_eq!(sql.values, [Value::Int(7), "x".into(), "y".into()]);
    }

    #[test]
    fn a_statement_goes_into_another() {
        let mut inner = Sql::new("a = ");
        inner.bind(1).push(" OR b = ").bind(2);
        let mut outer = Sql::new("c = ");
        outer.bind(0).push(" AND (").append(inner).push(")");
        assert_eq!(outer.text, "c = $1 AND (a = $2 OR b = $3)");
        assert_eq!(outer.values, [0.into(), 1.into(), Value::Int(2)]);
    }

    #[test]
    fn an_empty_list_is_sql_that_matches_nothing() {
        let mut sql = Sql::new("b IN ");
        sql.bind_list(&[]);
        assert_eq!(sql.text, "b IN (NULL)");
    }
}
