//! articles.toml: knowledge to start with. Optional; each article is brought once and then belongs to the console.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{Class, Unit, documents::Document, files::Folder, settings::documents};
use crate::{faults::Faults, knowledge::Draft, settings::flow::is_name};

const FILE: &str = "articles.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    slug: String,
    title: String,
    class: Option<String>,
    unit: Option<String>,
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
    body: String,
    #[serde(default)]
    template: String,
}

/// Each with the name by which it is known for ever.
pub(super) fn articles(
    folder: &Folder,
    classes: &[Class],
    units: &[Unit],
    faults: &mut Faults,
) -> Vec<(String, Draft)> {
    if !folder.path(FILE).exists() {
        return Vec::new();
    }
    let entries: Vec<(String, Document<Entry>)> = documents(folder, FILE, "article", faults);
    let mut seen = BTreeSet::new();
    let mut articles = Vec::new();
    for (path, Document { body: entry, .. }) in entries {
        let mut fault = |field: &str, message: String| {
            faults.add(&folder.label(FILE), format!("{path}.{field}"), message);
        };
        if !is_name(&entry.slug) || !seen.insert(entry.slug.clone()) {
            let expected = "expected a name of its own: lower-case letters, digits, - and _";
            fault("slug", format!("{:?}; {expected}", entry.slug));
        }
        if let Some(class) = entry
            .class
            .as_ref()
            .filter(|code| classes.iter().all(|class| class.code != **code))
        {
            fault("class", format!("{class:?}; expected a code of classes.csv"));
        }
        if let Some(unit) = entry
            .unit
            .as_ref()
            .filter(|code| units.iter().all(|unit| unit.code != **code))
        {
            fault("unit", format!("{unit:?}; expected a code of units.csv"));
        }
        let slug = entry.slug.clone();
        let draft = Draft::from(entry);
        for found in draft.faults() {
            fault(found.field, found.message);
        }
        articles.push((slug, draft));
    }
    articles
}

impl From<Entry> for Draft {
    fn from(entry: Entry) -> Self {
        Self {
            title: entry.title,
            body: entry.body.trim().to_owned(),
            class_code: entry.class,
            owner_unit: entry.unit,
            valid_from: entry.valid_from,
            valid_until: entry.valid_until,
            reply_template: entry.template,
        }
    }
}
