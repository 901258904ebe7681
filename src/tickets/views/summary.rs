//! Tickets in a list.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ClockView, privacy};
use crate::{
    clock::from_millis,
    db::{self, Tx},
    tickets::{
        Actor, Books, Ticket,
        catalogue::ClassRow,
        clock,
        rules::{
            facts::UnitName,
            privacy::{Sight, sight, sight_of_all},
        },
    },
};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TicketSummary {
    /// YYMMDDhhmmss and six digits
    pub number: String,
    /// draft, pending, supplement, accepted, direct, dispatched, handling, returned, disputed, replied, callback, judging, redo,
    /// suspended, closed, filed, rejected, transferred, void
    pub state: &'static str,
    pub title: String,
    pub kind: String,
    pub class: Option<ClassRef>,
    pub band: String,
    pub caller: String,
    pub caller_name: String,
    pub place: String,
    pub unit: Option<CodeName>,
    pub operator: Option<String>,
    /// call, message, manual
    pub source: &'static str,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    /// In an inbox: the clock that matters there, when one runs
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockView>,
    /// 自动派单: when the machine sends it out
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_at: Option<DateTime<Utc>>,
    /// 保密
    pub confidential: bool,
    /// full; masked: numbers and the name; hidden: all of the citizen
    pub sight: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassRef {
    pub code: String,
    pub level1: String,
    pub level2: String,
    pub level3: String,
}

impl From<&ClassRow> for ClassRef {
    fn from(row: &ClassRow) -> Self {
        let ClassRow {
            code,
            level1,
            level2,
            level3,
        } = row.clone();
        Self {
            code,
            level1,
            level2,
            level3,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeName {
    pub code: String,
    pub name: String,
}

impl CodeName {
    /// A unit that is no longer there is named by its code.
    pub(super) fn of_unit(code: String, books: &Books) -> Self {
        let name = books.unit_names.get(&code).unwrap_or(&code).clone();
        Self { code, name }
    }
}

impl From<&UnitName> for CodeName {
    fn from(unit: &UnitName) -> Self {
        Self {
            code: unit.code.clone(),
            name: unit.name.clone(),
        }
    }
}

/// Tickets in a list, as `viewer` may see them.
pub async fn summaries(
    tx: &mut Tx,
    tickets: &[Ticket],
    viewer: &Actor,
) -> Result<Vec<TicketSummary>, db::Error> {
    let books = clock::books(tx).await?;
    let shown = |ticket: &Ticket| privacy::summary(summary(ticket, &books), ticket, sight(ticket, viewer));
    Ok(tickets.iter().map(shown).collect())
}

/// A ticket as all who hear of its change may see it: the office, and the units.
pub(in crate::tickets) fn told(ticket: &Ticket, books: &Books) -> [TicketSummary; 2] {
    let seen = |units| privacy::summary(summary(ticket, books), ticket, sight_of_all(ticket, units));
    [seen(false), seen(true)]
}

fn summary(ticket: &Ticket, books: &Books) -> TicketSummary {
    let named = |code: &String| CodeName::of_unit(code.clone(), books);
    TicketSummary {
        number: ticket.number.clone(),
        state: ticket.state.as_str(),
        title: ticket.title.clone(),
        kind: ticket.kind.clone(),
        class: ticket
            .class_code
            .as_ref()
            .and_then(|code| books.classes.get(code))
            .map(ClassRef::from),
        band: ticket.band.clone(),
        caller: ticket.caller.clone(),
        caller_name: ticket.caller_name.clone(),
        place: ticket.place.clone(),
        unit: ticket.unit_code.as_ref().map(named),
        operator: ticket.operator.clone(),
        source: ticket.source.as_str(),
        created_at: from_millis(ticket.created_at),
        updated_at: from_millis(ticket.updated_at),
        version: ticket.version,
        clock: None,
        dispatch_at: ticket
            .body
            .planned_dispatch
            .as_ref()
            .map(|planned| planned.dispatch_at),
        confidential: ticket.body.confidential.is_some(),
        sight: Sight::Full.as_str(),
    }
}
