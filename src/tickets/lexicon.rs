//! The words of the county, read from the catalogues and kept in memory until the catalogues change.

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use super::rules::extract::{ClassEntry, KindCues, Lexicon, PlaceEntry, UrgencyWord};
use super::store::words::{Catalogues, read};
use crate::{app::App, db};

/// The last lexicon built and the digest of what it was built from. A process serves one county, so one is enough.
static LAST: Mutex<Option<(Vec<u8>, Arc<Lexicon>)>> = Mutex::new(None);

/// Building takes a moment and is done on a thread of its own; hold no transaction meanwhile.
pub async fn current(app: &App) -> anyhow::Result<Arc<Lexicon>> {
    let catalogues = read(&mut app.db.read().await?).await?;
    let digest = Sha256::digest(format!("{catalogues:?}")).to_vec();
    if let Some(known) = last(&digest) {
        return Ok(known);
    }
    let built = tokio::task::spawn_blocking(move || Arc::new(build(catalogues))).await?;
    let mut slot = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    *slot = Some((digest, built.clone()));
    Ok(built)
}

/// Names of places for the speech recogniser to expect, those that callers say most first: it has room for a dozen or two.
pub async fn spoken_places(app: &App) -> Result<Vec<String>, db::Error> {
    let mut places = read(&mut app.db.read().await?).await?.places;
    places.sort_by_key(|(_, _, kind, _, _)| match kind.as_str() {
        "街道" | "镇" | "乡" => 0,
        "小区" => 1,
        _ => 2,
    });
    Ok(places.into_iter().map(|(_, name, ..)| name).collect())
}

fn last(digest: &[u8]) -> Option<Arc<Lexicon>> {
    let slot = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    slot.as_ref()
        .filter(|(known, _)| known == digest)
        .map(|(_, lexicon)| lexicon.clone())
}

fn build(catalogues: Catalogues) -> Lexicon {
    // The loader wrote these lists; one that cannot be read is an empty one.
    let list = |json: String| serde_json::from_str::<Vec<String>>(&json).unwrap_or_default();
    let Catalogues {
        classes,
        places,
        urgency,
        kinds,
    } = catalogues;
    let class = |(code, level1, level2, level3, keywords)| ClassEntry {
        code,
        level1,
        level2,
        level3,
        keywords: list(keywords),
    };
    let place = |(code, name, kind, parent_code, aliases)| PlaceEntry {
        code,
        name,
        kind,
        parent_code,
        aliases: list(aliases),
    };
    Lexicon::new(
        classes.into_iter().map(class).collect(),
        places.into_iter().map(place).collect(),
        urgency
            .into_iter()
            .map(|(word, band)| UrgencyWord { word, band })
            .collect(),
        kinds
            .into_iter()
            .map(|(kind, words)| KindCues {
                kind,
                words: list(words),
            })
            .collect(),
    )
}
