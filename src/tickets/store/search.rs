//! The index of words: FTS5 on SQLite, a tsvector on PostgreSQL, both with the same words in the same order.

use super::list::windows::Window;
use crate::tickets::rules::{
    Ticket,
    document::{Document, FORM, unit_word},
    privacy::{Scrubber, Sight},
    words::{Query, Wanted},
};
use crate::{
    calls,
    db::{self, Tx, sql::Sql},
    execute, fetch_all, fetch_one, transcripts,
};

const MOST_UNITS: usize = 60;

/// Puts down what the ticket says now, if it says something else than before.
pub(super) async fn follow(tx: &mut Tx, before: &Ticket, after: &Ticket) -> Result<(), db::Error> {
    let document = Document::of(after);
    if Document::of(before) == document {
        return Ok(());
    }
    write_with(tx, after, document).await
}

/// The whole entry anew, with what was said in the ticket's calls.
pub(in crate::tickets) async fn write(tx: &mut Tx, ticket: &Ticket) -> Result<(), db::Error> {
    write_with(tx, ticket, Document::of(ticket)).await
}

async fn write_with(tx: &mut Tx, ticket: &Ticket, mut document: Document) -> Result<(), db::Error> {
    let scrub = Scrubber::new(ticket, Sight::Masked);
    for call in calls::by_ticket(tx, &ticket.number).await? {
        for segment in transcripts::segments(tx, &call.id).await? {
            document.add(&segment.text, &scrub);
        }
    }
    if tx.is_postgres() {
        let sql = "INSERT INTO ticket_search (number, words) VALUES ($1, CAST($2 AS TSVECTOR)) \
                   ON CONFLICT (number) DO UPDATE SET words = excluded.words";
        return execute!(tx, sql, &ticket.number, document.vector()).map(drop);
    }
    let Ok(row) = ticket.number.parse::<i64>() else {
        return Ok(());
    };
    let sql = "INSERT OR REPLACE INTO ticket_search (rowid, text, person, units) VALUES ($1, $2, $3, $4)";
    let Document {
        text, person, units, ..
    } = document;
    execute!(tx, sql, row, text.join(" "), person.join(" "), units.join(" ")).map(drop)
}

/// What somebody may search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// What these units have, by the matter only: who must not see who the citizen is must not find out by searching either.
    Units(&'a [String]),
    All,
}

impl Reach<'_> {
    /// The units' words, where they are few enough for the index; the list checks them all the same.
    fn units(self) -> Vec<String> {
        match self {
            Reach::Units(codes) if codes.len() <= MOST_UNITS => {
                codes.iter().map(|code| unit_word(code)).collect()
            }
            _ => vec![],
        }
    }
}

/// Words as FTS5 reads them.
fn fts5(query: &Query, reach: Reach<'_>) -> String {
    let phrase = |pairs: &[String]| format!("\"{}\"", pairs.join(" "));
    let one = |wanted: &Wanted| match wanted {
        Wanted::Phrase(pairs) => phrase(pairs),
        Wanted::Beginning(start) => format!("\"{start}\" *"),
        Wanted::Digits {
            phrase: pairs,
            digits,
        } => format!("({} OR \"{digits}\" *)", phrase(pairs)),
    };
    let all: Vec<_> = query.wanted.iter().map(one).collect();
    let columns = match reach {
        Reach::Units(_) => "text : ",
        Reach::All => "{text person} : ",
    };
    let units: Vec<_> = reach.units().iter().map(|word| format!("\"{word}\"")).collect();
    let whose = match units.as_slice() {
        [] => String::new(),
        some => format!(" AND units : ({})", some.join(" OR ")),
    };
    format!("{columns}({}){whose}", all.join(" AND "))
}

/// Words as PostgreSQL reads them.
fn tsquery(query: &Query, reach: Reach<'_>, window: Option<&Window>) -> String {
    let weight = match reach {
        Reach::Units(_) => "A",
        Reach::All => "AB",
    };
    let phrase = |pairs: &[String]| {
        let words: Vec<_> = pairs.iter().map(|pair| format!("'{pair}':{weight}")).collect();
        words.join(" <-> ")
    };
    let one = |wanted: &Wanted| match wanted {
        Wanted::Phrase(pairs) => format!("({})", phrase(pairs)),
        Wanted::Beginning(start) => format!("'{start}':*{weight}"),
        Wanted::Digits {
            phrase: pairs,
            digits,
        } => format!("(({}) | '{digits}':*{weight})", phrase(pairs)),
    };
    let mut all: Vec<_> = query.wanted.iter().map(one).collect();
    let units: Vec<_> = reach.units().iter().map(|word| format!("'{word}':C")).collect();
    if !units.is_empty() {
        all.push(format!("({})", units.join(" | ")));
    }
    if let Some(window) = window {
        let days: Vec<_> = window.days().map(|word| format!("'{word}':C")).collect();
        all.push(format!("({})", days.join(" | ")));
    }
    all.join(" & ")
}

/// The tables of a search with their condition: tickets are `t`, and each follows from a hit of the index.
pub(super) fn matching(tx: &Tx, query: &Query, reach: Reach<'_>, window: Option<&Window>) -> Sql {
    if tx.is_postgres() {
        let mut sql =
            Sql::new("ticket_search s JOIN tickets t ON t.number = s.number WHERE s.words @@ CAST(");
        sql.bind(tsquery(query, reach, window)).push(" AS TSQUERY)");
        if let Some(window) = window {
            // Whichever index leads, it stays among these days.
            sql.push(" AND s.number >= ").bind(window.first());
        }
        return sql;
    }
    // CROSS: the index leads, newest first, and stops when the page is full.
    let mut sql = Sql::new(
        "ticket_search s CROSS JOIN tickets t ON t.number = printf('%018d', s.rowid) WHERE s.ticket_search MATCH ",
    );
    sql.bind(fts5(query, reach));
    sql
}

/// The index's own name for the number, in whose order it reads.
fn row(tx: &Tx) -> &'static str {
    if tx.is_postgres() { "s.number" } else { "s.rowid" }
}

/// What hits are put in order by. PostgreSQL takes phrases for rarer or more frequent than they are: it must not walk all numbers for what
/// none of the newest has, so that outside of a window their index is kept out of it.
pub(super) fn order(tx: &Tx, window: Option<&Window>) -> &'static str {
    if tx.is_postgres() && window.is_none() {
        "(s.number || '')"
    } else {
        row(tx)
    }
}

/// Compares a hit with a ticket number in the index's own order.
pub(super) fn bound(tx: &Tx, sql: &mut Sql, comparison: &str, number: &str) {
    sql.push(&format!(" AND {} {comparison} ", row(tx)));
    match number.parse::<i64>() {
        Ok(row) if !tx.is_postgres() => sql.bind(row),
        _ => sql.bind(number),
    };
}

/// Pages that one step of merging writes: some milliseconds.
const MERGED_AT_ONCE: i64 = 64;

/// Merges a little of the index; says whether there was something to merge. PostgreSQL does it by itself.
pub(in crate::tickets) async fn merge_some(tx: &mut Tx) -> Result<bool, db::Error> {
    if tx.is_postgres() {
        return Ok(false);
    }
    let changes = "SELECT total_changes()";
    let (before,) = fetch_one!(tx, (i64,), changes)?;
    let merge = "INSERT INTO ticket_search (ticket_search, rank) VALUES ('merge', $1)";
    execute!(tx, merge, MERGED_AT_ONCE)?;
    let (after,) = fetch_one!(tx, (i64,), changes)?;
    // The statement itself counts as one (FTS5 manual, section 6.7).
    Ok(after - before > 1)
}

/// Whether the index is of an older form, or was left unfinished.
pub(in crate::tickets) async fn is_old(tx: &mut Tx) -> Result<bool, db::Error> {
    let sql = "SELECT form FROM ticket_search_form WHERE id = 1";
    Ok(fetch_one!(tx, (i64,), sql)?.0 != FORM)
}

/// Makes the entries of the next tickets anew; says how many. None are left when it is none.
pub(in crate::tickets) async fn write_some(tx: &mut Tx, count: i64) -> Result<usize, db::Error> {
    let until = "SELECT made_until FROM ticket_search_form WHERE id = 1";
    let (until,) = fetch_one!(tx, (String,), until)?;
    let sql = format!(
        "SELECT {} FROM tickets WHERE number > $1 ORDER BY number LIMIT $2",
        super::COLUMNS
    );
    let tickets = fetch_all!(tx, Ticket, sqlx::AssertSqlSafe(sql.clone()), until, count)?;
    for ticket in &tickets {
        write(tx, ticket).await?;
    }
    match tickets.last() {
        Some(last) => {
            let sql = "UPDATE ticket_search_form SET made_until = $1 WHERE id = 1";
            execute!(tx, sql, &last.number)?;
        }
        None => {
            let sql = "UPDATE ticket_search_form SET form = $1, made_until = '' WHERE id = 1";
            execute!(tx, sql, FORM)?;
        }
    }
    Ok(tickets.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_asked_in_its_own_words() {
        let query = Query::read("小区停水 1391 水").expect("query");
        let units = ["a-1".to_owned()];
        assert_eq!(
            fts5(&query, Reach::Units(&units)),
            "text : (\"小区 区停 停水\" AND (\"13 39 91\" OR \"1391\" *) AND \"水\" *) AND units : (\"unit612d31\")"
        );
        assert_eq!(
            tsquery(&query, Reach::Units(&units), None),
            "('小区':A <-> '区停':A <-> '停水':A) & (('13':A <-> '39':A <-> '91':A) | '1391':*A) & '水':*A & ('unit612d31':C)"
        );
        assert!(fts5(&query, Reach::All).starts_with("{text person} : ("));
        let days = Window::back_from("260105120000000000", 2).expect("a window");
        assert!(tsquery(&query, Reach::All, Some(&days)).ends_with(" & ('days26010':C | 'days25123':C)"));
    }
}
