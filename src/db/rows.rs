//! Statements over many rows or values at once: the text is made for their number, the values are bound.

/// `($1, $2), ($3, $4)` …
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |at: usize| {
        let values: Vec<_> = (1..=columns)
            .map(|column| format!("${}", at * columns + column))
            .collect();
        format!("({})", values.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// PostgreSQL cannot guess the type of `$1 IS NULL`; `types` are those of `$1`, `$2`, ….
pub(crate) fn typed_nulls(sql: &str, types: &[&str]) -> String {
    types.iter().enumerate().fold(sql.to_owned(), |sql, (at, kind)| {
        let n = at + 1;
        sql.replace(&format!("${n} IS NULL"), &format!("CAST(${n} AS {kind}) IS NULL"))
    })
}

/// `execute_rows!(tx, sql, rows, row => row.a, row.b)`: one statement with the values of many rows.
macro_rules! execute_rows {
    ($tx:expr, $sql:expr, $rows:expr, $row:ident => $($value:expr),+ $(,)?) => {
        match $tx.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                let mut query = sqlx::query(sqlx::AssertSqlSafe($sql));
                for $row in $rows { query = query$(.bind($value))+; }
                query.execute(connection).await.map(|done| done.rows_affected()).map_err($crate::db::Error::from)
            }
            $crate::db::Connection::Postgres(connection) => {
                let mut query = sqlx::query(sqlx::AssertSqlSafe($sql));
                for $row in $rows { query = query$(.bind($value))+; }
                query.execute(connection).await.map(|done| done.rows_affected()).map_err($crate::db::Error::from)
            }
        }
    };
}

/// `fetch_listed!(tx, Row, sql, values)`: the rows of a query over a list of values.
macro_rules! fetch_listed {
    ($tx:expr, $row:ty, $sql:expr, $values:expr) => {
        match $tx.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                let mut query = sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe($sql));
                for value in $values {
                    query = query.bind(value);
                }
                query.fetch_all(connection).await.map_err($crate::db::Error::from)
            }
            $crate::db::Connection::Postgres(connection) => {
                let mut query = sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe($sql));
                for value in $values {
                    query = query.bind(value);
                }
                query.fetch_all(connection).await.map_err($crate::db::Error::from)
            }
        }
    };
}

pub(crate) use {execute_rows, fetch_listed};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_through_the_rows() {
        assert_eq!(placeholders(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }

    #[test]
    fn only_null_checks_are_typed() {
        assert_eq!(
            typed_nulls("$1 IS NULL OR a = $1", &["TEXT"]),
            "CAST($1 AS TEXT) IS NULL OR a = $1"
        );
    }
}
