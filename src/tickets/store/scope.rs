//! Which units have something to do with a ticket, the tree of units, and precedents.

use std::collections::{BTreeSet, HashMap};

use crate::tickets::rules::{Ticket, UnitTree, facts::Decision};
use crate::{
    clock::millis,
    db::{self, Tx},
    execute, fetch_all,
};

/// Units that have something to do with it now.
pub(in crate::tickets) fn units(ticket: &Ticket) -> BTreeSet<&str> {
    let active = ticket
        .body
        .assignments
        .iter()
        .filter(|given| given.state.is_active());
    active.map(|given| given.unit_code.as_str()).collect()
}

pub(super) async fn save(tx: &mut Tx, before: &Ticket, after: &Ticket) -> Result<(), db::Error> {
    let (old, new) = (units(before), units(after));
    for gone in old.difference(&new) {
        let sql = "DELETE FROM ticket_units WHERE number = $1 AND unit_code = $2";
        execute!(tx, sql, &after.number, *gone)?;
    }
    for code in new.difference(&old) {
        let sql = "INSERT INTO ticket_units (unit_code, created_at, number) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        execute!(tx, sql, *code, after.created_at, &after.number)?;
    }
    Ok(())
}

pub(super) async fn forget(tx: &mut Tx, number: &str) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM ticket_units WHERE number = $1", number)?;
    Ok(())
}

pub(in crate::tickets) async fn tree(tx: &mut Tx) -> Result<UnitTree, db::Error> {
    let sql = "SELECT code, parent FROM units WHERE parent IS NOT NULL";
    let rows = fetch_all!(tx, (String, String), sql)?;
    Ok(UnitTree(rows.into_iter().collect::<HashMap<_, _>>()))
}

pub(in crate::tickets) async fn keep_precedent(
    tx: &mut Tx,
    now: chrono::DateTime<chrono::Utc>,
    ticket: &Ticket,
    decision: &Decision,
) -> Result<(), db::Error> {
    let Decision {
        unit,
        basis,
        decision,
    } = decision;
    let sql = "INSERT INTO precedents (number, at, class_code, place_code, unit_code, basis, decision) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (number) DO UPDATE SET at = excluded.at, \
               unit_code = excluded.unit_code, basis = excluded.basis, decision = excluded.decision";
    let Ticket {
        number,
        class_code,
        place_code,
        ..
    } = ticket;
    execute!(
        tx,
        sql,
        number,
        millis(now),
        class_code,
        place_code,
        &unit.code,
        basis,
        decision
    )?;
    Ok(())
}
