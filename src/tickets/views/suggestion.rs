//! What speech recognition and the catalogue propose for a ticket.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ClassRef, CodeName};
use crate::tickets::{Books, Ticket, rules};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Suggestion)]
pub struct SuggestionView {
    pub title: String,
    pub kind: String,
    pub class: Option<ClassRef>,
    pub band: String,
    pub urgency_words: Vec<UrgencyWordView>,
    pub place: Option<CodeName>,
    pub happened: String,
    pub affected: String,
    pub unit: Option<CodeName>,
    pub unit_reason: Option<String>,
    pub words: Vec<SourceWordView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UrgencyWord)]
pub struct UrgencyWordView {
    pub word: String,
    pub band: String,
}

/// The words a suggestion rests on and when they were said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SourceWord)]
pub struct SourceWordView {
    pub field: String,
    pub text: String,
    pub start_ms: i64,
}

pub(super) fn suggestion(ticket: &Ticket, books: &Books) -> SuggestionView {
    let found = &ticket.body.suggestion;
    let unit = ticket.body.unit_suggestion.clone();
    let word = |word: &rules::extract::UrgencyWord| UrgencyWordView {
        word: word.word.clone(),
        band: word.band.clone(),
    };
    let source = |word: &rules::extract::SourceWord| SourceWordView {
        field: word.field.clone(),
        text: word.text.clone(),
        start_ms: word.start_ms,
    };
    SuggestionView {
        title: found.title.clone(),
        kind: found.kind.clone(),
        class: found
            .class_code
            .as_ref()
            .and_then(|code| books.classes.get(code))
            .map(ClassRef::from),
        band: found.band.clone(),
        happened: found.happened.clone(),
        affected: found.affected.clone(),
        urgency_words: found.urgency_words.iter().map(word).collect(),
        place: found.place.clone().map(|place| CodeName {
            code: place.code,
            name: place.name,
        }),
        unit_reason: unit.as_ref().map(|unit| unit.reason.clone()),
        unit: unit.map(|unit| CodeName {
            code: unit.unit_code,
            name: unit.unit_name,
        }),
        words: found.words.iter().map(source).collect(),
    }
}
