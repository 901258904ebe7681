//! A county's tickets of three years, written straight into a database file: rows as the product's own rules make them of six events
//! each. What is still open is left for the daemon to work out, as at an upgrade.

mod words;

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::tickets::rules::{
    Event, Fill, PROJECTION, Source, Ticket, What,
    document::{Document, FORM},
    facts::{Contact, ReplyText},
    number::ticket_number,
    rebuild,
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

pub use words::{Dice, phrases};

const CHUNK: u64 = 250;
/// Rows of one commit. The index of words is written out with each: the fewer, the less is merged.
const COMMIT: u64 = 40 * CHUNK;
/// Tickets of which one is still open.
pub const OPEN_EVERY: u64 = 20;

pub struct County {
    pub now: DateTime<Utc>,
    pub tickets: u64,
    pub units: Vec<String>,
    pub classes: Vec<String>,
    /// Code and name.
    pub places: Vec<(String, String)>,
}

struct Row {
    ticket: Ticket,
    events: Vec<Event>,
}

impl County {
    fn open(&self) -> u64 {
        self.tickets / OPEN_EVERY
    }

    /// The closed ones lie evenly over three years; the open ones came within the last six days.
    fn opened_at(&self, n: u64) -> DateTime<Utc> {
        let closed = self.tickets - self.open();
        let (first, long, n, count) = if n < closed {
            (TimeDelta::days(1_095), TimeDelta::days(1_085), n, closed)
        } else {
            (TimeDelta::days(6), TimeDelta::days(6), n - closed, self.open())
        };
        let step = long.num_milliseconds() as u64 / count.max(1);
        self.now - first + TimeDelta::milliseconds((step * n) as i64)
    }

    fn row(&self, n: u64) -> Row {
        let mut dice = Dice(n.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 12_345);
        let at = self.opened_at(n);
        let number = ticket_number(at, dice.below(1_000_000) as u32);
        let is_open = n >= self.tickets - self.open();
        let events = self.events(&mut dice, at, is_open);
        // The first event opens it.
        let ticket = rebuild(&number, &events).unwrap_or_default();
        Row { ticket, events }
    }

    fn events(&self, dice: &mut Dice, at: DateTime<Utc>, is_open: bool) -> Vec<Event> {
        let story = words::story(dice, &self.places);
        let caller = format!("139{:08}", dice.below(self.tickets / 4));
        let unit = dice.pick(&self.units).clone();
        let fill = Fill {
            title: Some(story.title),
            content: Some(story.content),
            kind: Some((*dice.pick(&["投诉", "求助", "咨询", "举报", "报修"])).into()),
            class_code: Some(dice.pick(&self.classes).clone()),
            band: Some((*dice.pick(&["C", "C", "C", "C", "B", "D", "A"])).into()),
            place: Some(story.place),
            place_code: Some(story.place_code),
            caller_name: Some(story.name),
            ..Fill::default()
        };
        let opened = What::Opened {
            source: Source::Call,
            caller,
            call_id: None,
        };
        let mut whats = vec![opened, What::Filled(fill)];
        let dispatched = What::Dispatched {
            unit_code: unit.clone(),
            unit_name: unit.clone(),
            note: story.note.into(),
            co_units: vec![],
            ground: "派单目录".into(),
        };
        let handled = [
            dispatched,
            What::Signed {
                unit_code: unit.clone(),
            },
        ];
        if !is_open {
            let reply = ReplyText {
                outcome: "solved".into(),
                text: story.reply.into(),
                public_text: story.reply.into(),
                ..ReplyText::default()
            };
            whats.extend(handled);
            whats.push(What::Replied {
                unit_code: unit,
                reply,
            });
            whats.push(What::Closed {
                note: "回访满意".into(),
                excluded: None,
            });
        } else if dice.below(2) == 0 {
            let call_ended = What::CallEnded {
                call_id: "0".repeat(16),
                outcome: "completed".into(),
            };
            let taken = What::Taken {
                operator: "operator".into(),
                operator_name: "坐席".into(),
            };
            whats.extend([taken, call_ended, What::Filled(Fill::default()), What::Accepted]);
        } else {
            let contact = Contact {
                at: at + TimeDelta::hours(1),
                number: "0534-8200001".into(),
                result: "reached".into(),
                note: String::new(),
            };
            whats.push(What::Accepted);
            whats.extend(handled);
            whats.push(What::Contacted {
                unit_code: unit,
                contact,
            });
        }
        let event = |(n, what): (usize, What)| Event {
            at: at + TimeDelta::minutes(n as i64),
            actor: (n > 0).then(|| "operator".into()),
            what,
        };
        whats.into_iter().enumerate().map(event).collect()
    }

    /// Writes them all. Nothing is synced: who loses power here begins again.
    pub async fn write(self: std::sync::Arc<Self>, file: &std::path::Path) -> anyhow::Result<()> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Off)
            .pragma("cache_size", "-400000");
        let mut connection = SqliteConnection::connect_with(&options).await?;
        run(&mut connection, &hash_size(64 << 20)).await?;
        let rows = |from: u64| {
            let county = self.clone();
            let until = (from + CHUNK).min(county.tickets);
            tokio::task::spawn_blocking(move || (from..until).map(|n| county.row(n)).collect::<Vec<_>>())
        };
        let mut next = rows(0);
        for from in (0..self.tickets).step_by(CHUNK as usize) {
            let chunk = next.await?;
            next = rows(from + CHUNK);
            if from.is_multiple_of(COMMIT) {
                run(&mut connection, "BEGIN").await?;
            }
            insert_tickets(&mut connection, &chunk).await?;
            insert_events(&mut connection, &chunk).await?;
            insert_words(&mut connection, &chunk).await?;
            if (from + CHUNK).is_multiple_of(COMMIT) || from + CHUNK >= self.tickets {
                run(&mut connection, "COMMIT").await?;
            }
        }
        run(&mut connection, &hash_size(FTS5_OWN)).await?;
        sqlx::query("UPDATE ticket_search_form SET form = $1")
            .bind(FORM)
            .execute(&mut connection)
            .await?;
        run(&mut connection, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
        connection.close().await?;
        Ok(())
    }
}

/// What FTS5 collects in memory before it writes, in bytes.
const FTS5_OWN: u32 = 1 << 20;

fn hash_size(bytes: u32) -> String {
    format!("INSERT INTO ticket_search (ticket_search, rank) VALUES ('hashsize', {bytes})")
}

async fn run(connection: &mut SqliteConnection, sql: &str) -> anyhow::Result<()> {
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await?;
    Ok(())
}

fn places(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row; rows].join(", ")
}

async fn insert_tickets(connection: &mut SqliteConnection, rows: &[Row]) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO tickets (number, state, source, title, content, kind, class_code, band, caller, caller_name, contact_phone, \
         place, place_code, unit_code, operator, created_at, updated_at, version, events, body, projection) VALUES {}",
        places(rows.len(), 21)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for Row { ticket, .. } in rows {
        // An older form has the daemon make the row anew, with all that hangs on it.
        let form = if ticket.state.is_open() { 0 } else { PROJECTION };
        query = query
            .bind(&ticket.number)
            .bind(ticket.state.as_str())
            .bind(ticket.source.as_str())
            .bind(&ticket.title)
            .bind(&ticket.content)
            .bind(&ticket.kind)
            .bind(&ticket.class_code)
            .bind(&ticket.band)
            .bind(&ticket.caller)
            .bind(&ticket.caller_name)
            .bind(&ticket.contact_phone)
            .bind(&ticket.place)
            .bind(&ticket.place_code)
            .bind(&ticket.unit_code)
            .bind(&ticket.operator)
            .bind(ticket.created_at)
            .bind(ticket.updated_at)
            .bind(ticket.version)
            .bind(ticket.events)
            .bind(serde_json::to_string(&ticket.body)?)
            .bind(form);
    }
    query.execute(&mut *connection).await?;
    let held: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.ticket.body.lead()?.unit_code.as_str(), &row.ticket)))
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO ticket_units (unit_code, created_at, number) VALUES {}",
        places(held.len(), 3)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (unit, ticket) in held {
        query = query.bind(unit).bind(ticket.created_at).bind(&ticket.number);
    }
    query.execute(connection).await?;
    Ok(())
}

async fn insert_events(connection: &mut SqliteConnection, rows: &[Row]) -> anyhow::Result<()> {
    let count: usize = rows.iter().map(|row| row.events.len()).sum();
    let sql = format!(
        "INSERT INTO ticket_events (number, seq, at, actor, kind, detail) VALUES {}",
        places(count, 6)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for row in rows {
        for (seq, event) in (1_i64..).zip(&row.events) {
            let (kind, detail) = event.what.to_parts()?;
            query = query
                .bind(&row.ticket.number)
                .bind(seq)
                .bind(event.at.timestamp_millis())
                .bind(&event.actor)
                .bind(kind)
                .bind(detail.to_string());
        }
    }
    query.execute(connection).await?;
    Ok(())
}

async fn insert_words(connection: &mut SqliteConnection, rows: &[Row]) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO ticket_search (rowid, text, person, units) VALUES {}",
        places(rows.len(), 4)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for row in rows {
        let document = Document::of(&row.ticket);
        query = query
            .bind(row.ticket.number.parse::<i64>()?)
            .bind(document.text.join(" "))
            .bind(document.person.join(" "))
            .bind(document.units.join(" "));
    }
    query.execute(connection).await?;
    Ok(())
}
