//! The catalogues whose words tickets are read by.

use crate::{
    db::{self, Tx},
    fetch_all,
};

#[derive(Debug, Default)]
pub(in crate::tickets) struct Catalogues {
    pub(in crate::tickets) classes: Vec<(String, String, String, String, String)>,
    pub(in crate::tickets) places: Vec<(String, String, String, Option<String>, String)>,
    pub(in crate::tickets) urgency: Vec<(String, String)>,
    pub(in crate::tickets) kinds: Vec<(String, String)>,
}

pub(in crate::tickets) async fn read(tx: &mut Tx) -> Result<Catalogues, db::Error> {
    let classes = "SELECT code, level1, level2, level3, keywords FROM classes ORDER BY position";
    let places = "SELECT code, name, kind, parent_code, aliases FROM places ORDER BY position";
    Ok(Catalogues {
        classes: fetch_all!(tx, (String, String, String, String, String), classes)?,
        places: fetch_all!(tx, (String, String, String, Option<String>, String), places)?,
        urgency: fetch_all!(
            tx,
            (String, String),
            "SELECT word, band FROM urgency_words ORDER BY position"
        )?,
        kinds: fetch_all!(
            tx,
            (String, String),
            "SELECT kind, words FROM kinds ORDER BY position"
        )?,
    })
}
