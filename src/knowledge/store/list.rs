//! The list of articles: filters and search.

use chrono::NaiveDate;

use super::{Article, COLUMNS};
use crate::{
    db::{
        self, Tx,
        sql::{Sql, fetch_made},
    },
    tickets::rules::search::query_terms,
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
    let search = filter.q.as_deref().map(Search::read);
    if search.as_ref().is_some_and(|search| search.terms.is_empty()) {
        return Ok(vec![]);
    }
    let mut sql = Sql::new(&format!("SELECT {COLUMNS} FROM articles WHERE 1 = 1"));
    narrow(filter, &mut sql);
    if let Some(search) = search {
        search.narrow(&mut sql);
    }
    sql.push(" ORDER BY updated_at DESC, id DESC LIMIT ")
        .bind(filter.limit);
    fetch_made!(tx, Article, sql)
}

fn narrow(filter: &Filter, sql: &mut Sql) {
    if let Some(class) = &filter.class {
        sql.push(" AND class_code LIKE ").bind(format!("{class}%"));
    }
    if let Some(unit) = &filter.unit {
        sql.push(" AND owner_unit = ").bind(unit.as_str());
    }
    let today = filter.today.to_string();
    match filter.expired {
        Some(true) => drop(sql.push(" AND valid_until < ").bind(today)),
        Some(false) => {
            sql.push(" AND (valid_until IS NULL OR valid_until >= ")
                .bind(today)
                .push(")");
        }
        None => {}
    }
    if let Some((at, id)) = filter.before {
        sql.push(" AND (updated_at, id) < (").bind(at);
        sql.push(", ").bind(id).push(")");
    }
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
            terms: query_terms(&text).into_iter().take(40).collect(),
            phrases: phrases.map(|phrase| format!("%{}%", escape(phrase))).collect(),
        }
    }

    /// The index narrows to articles that have all pairs; the phrase itself is looked for in those few only.
    fn narrow(self, sql: &mut Sql) {
        sql.push(" AND id IN (SELECT article_id FROM article_terms WHERE term IN ")
            .bind_list(&self.terms);
        let count = self.terms.len();
        sql.push(&format!(" GROUP BY article_id HAVING COUNT(*) = {count})"));
        for phrase in self.phrases {
            sql.push(" AND LOWER(title || ' ' || body || ' ' || reply_template) LIKE ")
                .bind(phrase)
                .push(" ESCAPE '!'");
        }
    }
}
