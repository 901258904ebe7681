//! The SQL of knowledge.

mod list;

use chrono::NaiveDate;
use sqlx::AssertSqlSafe;

use super::{Draft, Fault, Hand, rules::Hit};
use crate::{
    clock::millis,
    db::{
        self, Tx, for_update,
        rows::{execute_rows, fetch_listed, placeholders},
    },
    execute, fetch_all, fetch_one, fetch_optional,
};

pub use list::{Filter, page};

const COLUMNS: &str = "id, version, title, body, class_code, owner_unit, valid_from, valid_until, reply_template, updated_at, updated_by";

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Article {
    pub id: i64,
    pub version: i64,
    pub title: String,
    pub body: String,
    pub class_code: Option<String>,
    pub owner_unit: Option<String>,
    #[sqlx(try_from = "Option<String>")]
    pub valid_from: Day,
    #[sqlx(try_from = "Option<String>")]
    pub valid_until: Day,
    pub reply_template: String,
    pub updated_at: i64,
    pub updated_by: String,
}

/// A day as it is stored; one that cannot be read (we wrote none such) leaves the end open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub Option<NaiveDate>);

impl From<Option<String>> for Day {
    fn from(text: Option<String>) -> Self {
        Self(text.and_then(|text| text.parse().ok()))
    }
}

fn day(date: Option<NaiveDate>) -> Option<String> {
    date.map(|date| date.to_string())
}

pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Article>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM articles WHERE id = $1");
    fetch_optional!(tx, Article, AssertSqlSafe(sql.clone()), id)
}

/// The article as this transaction will change it.
pub(super) async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Article>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM articles WHERE id = $1{}", for_update(tx));
    fetch_optional!(tx, Article, AssertSqlSafe(sql.clone()), id)
}

pub(super) async fn has_slug(tx: &mut Tx, slug: &str) -> Result<bool, db::Error> {
    let found = fetch_optional!(tx, (i64,), "SELECT id FROM articles WHERE slug = $1", slug)?;
    Ok(found.is_some())
}

pub(super) async fn insert(
    tx: &mut Tx,
    hand: Hand<'_>,
    slug: Option<&str>,
    draft: &Draft,
) -> Result<Article, db::Error> {
    let sql = format!(
        "INSERT INTO articles (slug, version, title, body, class_code, owner_unit, valid_from, valid_until, \
         reply_template, created_at, updated_at, updated_by) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) \
         RETURNING {COLUMNS}"
    );
    let article = fetch_one!(
        tx,
        Article,
        AssertSqlSafe(sql.clone()),
        slug,
        &draft.title,
        &draft.body,
        &draft.class_code,
        &draft.owner_unit,
        day(draft.valid_from),
        day(draft.valid_until),
        &draft.reply_template,
        millis(hand.now),
        hand.by
    )?;
    keep(tx, &article, draft).await?;
    Ok(article)
}

pub(super) async fn update(
    tx: &mut Tx,
    hand: Hand<'_>,
    current: &Article,
    draft: &Draft,
) -> Result<Article, db::Error> {
    let sql = format!(
        "UPDATE articles SET version = version + 1, title = $2, body = $3, class_code = $4, owner_unit = $5, \
         valid_from = $6, valid_until = $7, reply_template = $8, updated_at = $9, updated_by = $10 WHERE id = $1 \
         RETURNING {COLUMNS}"
    );
    let article = fetch_one!(
        tx,
        Article,
        AssertSqlSafe(sql.clone()),
        current.id,
        &draft.title,
        &draft.body,
        &draft.class_code,
        &draft.owner_unit,
        day(draft.valid_from),
        day(draft.valid_until),
        &draft.reply_template,
        millis(hand.now),
        hand.by
    )?;
    keep(tx, &article, draft).await?;
    Ok(article)
}

/// The version for ever, and the words of the newest one for the search.
async fn keep(tx: &mut Tx, article: &Article, draft: &Draft) -> Result<(), db::Error> {
    let sql = "INSERT INTO article_versions (article_id, version, title, body, class_code, owner_unit, valid_from, \
               valid_until, reply_template, at, by) SELECT id, version, title, body, class_code, owner_unit, valid_from, \
               valid_until, reply_template, updated_at, updated_by FROM articles WHERE id = $1";
    execute!(tx, sql, article.id)?;
    execute!(tx, "DELETE FROM article_terms WHERE article_id = $1", article.id)?;
    let terms: Vec<_> = draft.terms().into_iter().collect();
    for chunk in terms.chunks(300) {
        let sql = format!(
            "INSERT INTO article_terms (term, article_id, in_title) VALUES {}",
            placeholders(chunk.len(), 3)
        );
        execute_rows!(tx, sql.clone(), chunk, row => &row.0, article.id, row.1)?;
    }
    Ok(())
}

/// All versions, newest first.
pub(super) async fn versions(tx: &mut Tx, id: i64) -> Result<Vec<Article>, db::Error> {
    let sql = "SELECT article_id AS id, version, title, body, class_code, owner_unit, valid_from, valid_until, \
               reply_template, at AS updated_at, by AS updated_by FROM article_versions WHERE article_id = $1 \
               ORDER BY version DESC";
    fetch_all!(tx, Article, sql, id)
}

/// Codes that are in no catalogue.
pub(super) async fn unknown_codes(tx: &mut Tx, draft: &Draft) -> Result<Vec<Fault>, db::Error> {
    let mut faults = Vec::new();
    if let Some(code) = &draft.class_code {
        let known = fetch_optional!(tx, (String,), "SELECT code FROM classes WHERE code = $1", code)?;
        faults.extend(known.is_none().then(|| Fault::new("class_code", "没有这个分类")));
    }
    if let Some(code) = &draft.owner_unit {
        let known = fetch_optional!(tx, (String,), "SELECT code FROM units WHERE code = $1", code)?;
        faults.extend(known.is_none().then(|| Fault::new("owner_unit", "没有这个单位")));
    }
    Ok(faults)
}

/// Every article that may be answered from today, with its class.
pub(super) async fn valid(tx: &mut Tx, today: NaiveDate) -> Result<Vec<(i64, Option<String>)>, db::Error> {
    let sql = "SELECT id, class_code FROM articles WHERE (valid_from IS NULL OR valid_from <= $1) \
               AND (valid_until IS NULL OR valid_until >= $1) ORDER BY id";
    fetch_all!(tx, (i64, Option<String>), sql, today.to_string())
}

/// Where the wanted words stand in articles that may be answered from today.
pub(super) async fn hits(
    tx: &mut Tx,
    today: NaiveDate,
    wanted: impl Iterator<Item = &String>,
) -> Result<Vec<Hit>, db::Error> {
    let terms: Vec<&String> = wanted.collect();
    if terms.is_empty() {
        return Ok(vec![]);
    }
    // The day is our own text, never input.
    let sql = format!(
        "SELECT t.article_id, t.term, t.in_title FROM article_terms t JOIN articles a ON a.id = t.article_id \
         WHERE t.term IN {} AND (a.valid_from IS NULL OR a.valid_from <= '{today}') \
         AND (a.valid_until IS NULL OR a.valid_until >= '{today}')",
        placeholders(1, terms.len())
    );
    fetch_listed!(tx, Hit, sql.clone(), terms)
}
