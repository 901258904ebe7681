//! Knowledge (知识库): articles an operator answers from, with their owner, validity and versions, and which of them fit what is being
//! said. Does not know what a ticket does with an article.

pub mod api;
pub mod rules;
mod store;

use chrono::{DateTime, NaiveDate, Utc};

pub use rules::{Draft, Fault};
pub use store::Article;

use crate::{
    calendar,
    db::{self, Tx},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("没有这篇知识")]
    NotFound,
    #[error("内容有误")]
    Invalid(Vec<Fault>),
    /// Somebody else wrote a newer version meanwhile.
    #[error("知识已被他人修改，请刷新后再试")]
    Stale { version: i64 },
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why an article cannot be answered from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Uncitable {
    #[error("没有这篇知识")]
    NotFound,
    #[error("这篇知识尚未生效，不能引用")]
    NotYet,
    #[error("这篇知识已过期，不能引用")]
    Expired,
}

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    pub now: DateTime<Utc>,
    pub by: &'a str,
}

/// A new article, or — with the version that was seen — a new version of one.
pub async fn write(
    tx: &mut Tx,
    hand: Hand<'_>,
    known: Option<(i64, i64)>,
    draft: &Draft,
) -> Result<Article, Error> {
    let mut faults = draft.faults();
    faults.extend(store::unknown_codes(tx, draft).await?);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let Some((id, seen)) = known else {
        return Ok(store::insert(tx, hand, None, draft).await?);
    };
    let current = store::lock(tx, id).await?.ok_or(Error::NotFound)?;
    if current.version != seen {
        return Err(Error::Stale {
            version: current.version,
        });
    }
    Ok(store::update(tx, hand, &current, draft).await?)
}

/// Articles of the provisioning folder: each is brought once and then belongs to the console.
pub async fn provide(tx: &mut Tx, now: DateTime<Utc>, articles: &[(String, Draft)]) -> Result<(), db::Error> {
    let hand = Hand {
        now,
        by: "provisioning",
    };
    for (slug, draft) in articles {
        if !store::has_slug(tx, slug).await? {
            store::insert(tx, hand, Some(slug), draft).await?;
        }
    }
    Ok(())
}

/// What is being said, and how much it counts for the choice of articles.
pub async fn fitting(
    tx: &mut Tx,
    now: DateTime<Utc>,
    said: &[rules::Said],
    class_code: Option<&str>,
    limit: usize,
) -> Result<Vec<(Article, Vec<String>)>, db::Error> {
    let today = calendar::local_date(now);
    let wanted = rules::wanted(said);
    let hits = store::hits(tx, today, wanted.keys()).await?;
    let valid = store::valid(tx, today).await?;
    let ranked = rules::rank(&wanted, &hits, &valid, class_code);
    let mut fitting = Vec::new();
    for found in ranked.into_iter().take(limit) {
        if let Some(article) = store::find(tx, found.article_id).await? {
            fitting.push((article, found.words));
        }
    }
    Ok(fitting)
}

/// The article, if the citizen may be answered from it now.
pub async fn citable(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: i64,
) -> Result<Result<Article, Uncitable>, db::Error> {
    let Some(article) = store::find(tx, id).await? else {
        return Ok(Err(Uncitable::NotFound));
    };
    let today = calendar::local_date(now);
    Ok(if article.valid_from.0.is_some_and(|from| from > today) {
        Err(Uncitable::NotYet)
    } else if is_expired(article.valid_until.0, now) {
        Err(Uncitable::Expired)
    } else {
        Ok(article)
    })
}

/// Whether an article's last day has passed.
pub fn is_expired(valid_until: Option<NaiveDate>, now: DateTime<Utc>) -> bool {
    valid_until.is_some_and(|until| until < calendar::local_date(now))
}
