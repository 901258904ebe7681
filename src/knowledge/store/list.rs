//! The list of articles: filters and search.

use chrono::NaiveDate;
use sqlx::AssertSqlSafe;

use super::{Article, COLUMNS};
use crate::{
    db::{self, Tx, rows::typed_nulls},
    tickets::rules::search,
};

/// What a list may ask for.
#[derive(Debug, Clone)]
pub struct Filter {
    pub q: Option<String>,
    /// A class or the beginning of its code.
    pub class: Option<String>,
    pub unit: Option<String>,
    /// Only expired ones, or none of them.
    pub expired: Option<bool>,
    pub today: NaiveDate,
    /// Update and id of the last article of the page before.
    pub before: Option<(i64, i64)>,
    pub limit: i64,
}

/// Newest first.
pub async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Article>, db::Error> {
    let search = match filter.q.as_deref().map(Search::read) {
        Some(search) if search.terms.is_empty() => return Ok(vec![]),
        search => search,
    };
    let sql = page_sql(search.as_ref());
    let (at, id) = filter
        .before
        .map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let values = search.map(Search::values).unwrap_or_default();
    macro_rules! bound {
        ($connection:expr) => {{
            let mut query = sqlx::query_as::<_, Article>(AssertSqlSafe(sql.clone()))
                .bind(filter.class.as_ref().map(|class| format!("{class}%")))
                .bind(filter.unit.clone())
                .bind(filter.expired)
                .bind(at)
                .bind(filter.today.to_string())
                .bind(id)
                .bind(filter.limit);
            for value in values {
                query = query.bind(value);
            }
            query.fetch_all($connection).await.map_err(db::Error::from)
        }};
    }
    match tx.connection() {
        db::Connection::Sqlite(connection) => bound!(connection),
        db::Connection::Postgres(connection) => bound!(connection),
    }
}

fn page_sql(search: Option<&Search>) -> String {
    let search = search.map(|search| search.condition(8)).unwrap_or_default();
    let sql = format!(
        "SELECT {COLUMNS} FROM articles WHERE ($1 IS NULL OR class_code LIKE $1) AND ($2 IS NULL OR owner_unit = $2) \
         AND ($3 IS NULL OR $3 = (valid_until IS NOT NULL AND valid_until < $5)) \
         AND ($4 IS NULL OR updated_at < $4 OR (updated_at = $4 AND id < $6)){search} \
         ORDER BY updated_at DESC, id DESC LIMIT $7"
    );
    typed_nulls(&sql, &["TEXT", "TEXT", "BOOLEAN", "BIGINT"])
}

struct Search {
    terms: Vec<String>,
    phrases: Vec<String>,
}

impl Search {
    fn read(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let escape = |phrase: &str| phrase.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let phrases = text.split_whitespace().take(8);
        Self {
            terms: search::query_terms(&text).into_iter().take(40).collect(),
            phrases: phrases.map(|phrase| format!("%{}%", escape(phrase))).collect(),
        }
    }

    /// The index narrows to articles that have all pairs; the phrase itself is looked for in those few only.
    fn condition(&self, first: usize) -> String {
        let list: Vec<_> = (first..first + self.terms.len())
            .map(|n| format!("${n}"))
            .collect();
        let after = first + self.terms.len();
        let text = "LOWER(title || ' ' || body || ' ' || reply_template)";
        let phrases: String = (after..after + self.phrases.len())
            .map(|n| format!(" AND {text} LIKE ${n} ESCAPE '!'"))
            .collect();
        format!(
            " AND id IN (SELECT article_id FROM article_terms WHERE term IN ({}) GROUP BY article_id \
             HAVING COUNT(*) = {}){phrases}",
            list.join(", "),
            self.terms.len()
        )
    }

    fn values(self) -> Vec<String> {
        self.terms.into_iter().chain(self.phrases).collect()
    }
}
