//! The inspector's list of the day (S1-8): what is not signed for, what is due today, what is late.

use chrono::{DateTime, Utc};

use super::rules::{Concern, concern};
use crate::{
    calendar,
    db::{self, Tx},
    tickets::{self, Ticket, rules::timers},
};

/// One clock of one ticket.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) number: String,
    pub(super) title: String,
    pub(super) band: String,
    pub(super) unit_code: String,
    pub(super) unit_name: String,
    pub(super) concern: Concern,
    /// Since when the unit has it.
    pub(super) from: DateTime<Utc>,
    pub(super) due: DateTime<Utc>,
    pub(super) late: bool,
    pub(super) supervised: Option<u8>,
}

/// What is late first, then what is due, then what is not signed for; the earliest due first.
pub(super) async fn list(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Line>, db::Error> {
    let books = tickets::books(tx).await?;
    let until = calendar::next_day(now);
    let mut lines = Vec::new();
    for ticket in tickets::with_units(tx).await? {
        for running in timers::running(&ticket, &books.profile) {
            let Some(due) = books.due(&running).and_then(|count| count.due) else {
                continue;
            };
            if let Some(concern) = concern(&running, due, now, until) {
                lines.extend(line(&ticket, &running, concern, due, now));
            }
        }
    }
    lines.sort_by(|a, b| (a.concern, a.due, &a.number).cmp(&(b.concern, b.due, &b.number)));
    Ok(lines)
}

fn line(
    ticket: &Ticket,
    running: &timers::Running,
    concern: Concern,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Line> {
    let unit_code = running.unit.clone()?;
    let given = ticket.body.active(&unit_code)?;
    let open = ticket.body.supervised();
    Some(Line {
        number: ticket.number.clone(),
        title: tickets::shown_title(ticket),
        band: ticket.band.clone(),
        unit_name: given.unit_name.clone(),
        unit_code,
        concern,
        from: running.from,
        due,
        late: due < now,
        supervised: open.map(|open| open.level),
    })
}
