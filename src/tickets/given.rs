//! 派单即通知: whoever is given a ticket is told at once, not only when its time runs out.

use chrono::{DateTime, Utc};

use super::{Books, agenda, rules::timers, store};
use crate::{
    calendar::{due_words, limits::Timer},
    db::{self, Tx},
    notices,
};

use super::rules::{State, Ticket, projection::Part};

/// Tells the units that have something to do since this step: each once, in the transaction that gave it to them.
pub(super) async fn tell(
    tx: &mut Tx,
    now: DateTime<Utc>,
    before: &Ticket,
    after: &Ticket,
    books: &Books,
) -> Result<(), db::Error> {
    let sent_back = after.state == State::Redo && before.state != State::Redo;
    let old = if sent_back {
        Default::default()
    } else {
        store::scope::units(before)
    };
    for unit in store::scope::units(after).difference(&old) {
        let draft = notices::Draft {
            number: after.number.clone(),
            unit_code: Some((*unit).to_owned()),
            timer: Timer::Sign.as_str().to_owned(),
            // A ticket may come to the same unit again, and is then told again.
            step: format!("given:{unit}:{}", after.version),
            due: due(after, unit, books).unwrap_or(now),
            text: text(after, unit, sent_back, books),
            urgent: agenda::is_urgent(after),
        };
        notices::give(tx, now, &draft).await?;
    }
    Ok(())
}

/// When the first of the unit's clocks runs out.
fn due(ticket: &Ticket, unit: &str, books: &Books) -> Option<DateTime<Utc>> {
    let running = timers::running(ticket, &books.profile);
    let own = running.iter().filter(|one| one.unit.as_deref() == Some(unit));
    own.filter_map(|one| books.due(one)?.due).min()
}

fn text(ticket: &Ticket, unit: &str, sent_back: bool, books: &Books) -> String {
    let what = if sent_back {
        "已退回重办"
    } else {
        "已派给贵单位"
    };
    let part = match ticket.body.active(unit).map(|own| own.part) {
        Some(Part::Lead) | None => "",
        Some(Part::Co) => "（协办）",
        Some(Part::Sub) => "（下派）",
    };
    let todo = if sent_back { "办理" } else { "签收" };
    let by = due(ticket, unit, books).map(|due| format!("，请于{}前{todo}", due_words(due)));
    format!(
        "《{}》{what}{part}{}",
        super::shown_title(ticket),
        by.unwrap_or_default()
    )
}
