//! An entry of the ledger as its reader may see it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    accounts,
    clock::{from_millis, millis},
    db::{self, Tx},
    http::Caller,
    supervision::{
        rules::{Discharge, Feedback, Instruction, title},
        store::Row,
    },
    tickets::{self, Lenses},
};

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionEntry)]
pub struct EntryView {
    /// 2026-3
    pub id: String,
    /// 督办〔2026〕3号
    pub number: String,
    pub ticket_number: String,
    pub ticket_title: String,
    pub ticket_state: String,
    pub band: String,
    pub level: i64,
    /// card 督办卡, sheet 督办单
    pub form: String,
    /// open, answered, discharged, ended
    pub state: String,
    pub unit_code: Option<String>,
    pub unit_name: Option<String>,
    pub reason: String,
    pub opened_at: DateTime<Utc>,
    pub opened_by: String,
    /// When the unit has to say how far it is
    pub due: Option<DateTime<Utc>>,
    pub late: bool,
    /// The first is what opened it, each further one raised it
    pub instructions: Vec<InstructionView>,
    pub feedback: Vec<FeedbackView>,
    pub discharge: Option<DischargeView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionInstruction)]
pub struct InstructionView {
    pub level: u8,
    pub text: String,
    pub leader: String,
    pub instructed_at: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionFeedback)]
pub struct FeedbackView {
    pub at: DateTime<Utc>,
    pub unit_code: String,
    pub by: String,
    pub text: String,
    pub is_reply: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionDischarge)]
pub struct DischargeView {
    pub at: DateTime<Utc>,
    pub by: String,
    pub ground: String,
}

/// User names to the names of people.
struct Names(HashMap<String, String>);

impl Names {
    async fn read(tx: &mut Tx) -> Result<Self, db::Error> {
        let people = accounts::all(tx).await?;
        Ok(Self(
            people
                .into_iter()
                .map(|user| (user.username, user.display_name))
                .collect(),
        ))
    }

    fn of(&self, username: &str) -> String {
        self.0
            .get(username)
            .cloned()
            .unwrap_or_else(|| username.to_owned())
    }

    fn instruction(&self, given: Instruction, text: impl Fn(&str) -> String) -> InstructionView {
        InstructionView {
            level: given.level,
            text: text(&given.text),
            leader: given.leader,
            instructed_at: given.instructed_at,
            at: given.at,
            by: self.of(&given.by),
        }
    }

    fn feedback(&self, told: Feedback, text: impl Fn(&str) -> String) -> FeedbackView {
        FeedbackView {
            at: told.at,
            by: self.of(&told.by),
            unit_code: told.unit_code,
            text: text(&told.text),
            is_reply: told.is_reply,
        }
    }

    fn discharge(&self, done: Discharge, text: impl Fn(&str) -> String) -> DischargeView {
        DischargeView {
            at: done.at,
            by: self.of(&done.by),
            ground: text(&done.ground),
        }
    }

    /// What of the ticket its reader must not see is not in it.
    fn entry(&self, row: Row, lenses: &Lenses, now: DateTime<Utc>) -> EntryView {
        let of = row.ticket_number.clone();
        let text = |text: &str| lenses.text(&of, text);
        let entry = row.body.0;
        let opened_by = entry.instructions.first().map(|first| self.of(&first.by));
        EntryView {
            id: format!("{}-{}", row.year, row.no),
            number: title(row.year, row.no),
            late: row.state == "open" && row.due.is_some_and(|due| due < millis(now)),
            ticket_number: row.ticket_number,
            ticket_title: text(&row.title),
            ticket_state: row.ticket_state,
            band: row.band,
            level: row.level,
            form: entry.form,
            state: row.state,
            unit_code: row.unit_code,
            unit_name: row.unit_name,
            reason: text(&entry.reason),
            opened_at: from_millis(row.opened_at),
            opened_by: opened_by.unwrap_or_default(),
            due: row.due.map(from_millis),
            instructions: entry
                .instructions
                .into_iter()
                .map(|given| self.instruction(given, text))
                .collect(),
            feedback: entry
                .feedback
                .into_iter()
                .map(|told| self.feedback(told, text))
                .collect(),
            discharge: entry.discharge.map(|done| self.discharge(done, text)),
        }
    }
}

pub(super) async fn entries(
    tx: &mut Tx,
    rows: Vec<Row>,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Vec<EntryView>, db::Error> {
    let numbers: Vec<&str> = rows.iter().map(|row| row.ticket_number.as_str()).collect();
    let lenses = Lenses::read(tx, &numbers, &tickets::api::actor(caller)).await?;
    let names = Names::read(tx).await?;
    Ok(rows
        .into_iter()
        .map(|row| names.entry(row, &lenses, now))
        .collect())
}
