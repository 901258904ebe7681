//! A county's tickets of three years, written straight into a database: rows as the product's own rules make them of six events each.
//! What is still open is left for the daemon to work out, as at an upgrade.

mod store;
mod words;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::{
    db::Db,
    tickets::rules::{
        Event, Fill, Source, Ticket, What,
        facts::{Contact, ReplyText},
        number::ticket_number,
        rebuild,
    },
};

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

pub struct Row {
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

    /// Writes them all.
    pub async fn write(self: Arc<Self>, db: &Db) -> anyhow::Result<()> {
        let rows = |from: u64| {
            let county = self.clone();
            let until = (from + CHUNK).min(county.tickets);
            tokio::task::spawn_blocking(move || (from..until).map(|n| county.row(n)).collect::<Vec<_>>())
        };
        let mut tx = db.begin().await?;
        store::prepare(&mut tx).await?;
        let mut next = rows(0);
        for from in (0..self.tickets).step_by(CHUNK as usize) {
            if from > 0 && from.is_multiple_of(COMMIT) {
                tx.commit().await?;
                tx = db.begin().await?;
            }
            let chunk = next.await?;
            next = rows(from + CHUNK);
            store::insert(&mut tx, &chunk).await?;
        }
        store::finish(&mut tx).await?;
        tx.commit().await?;
        Ok(db.checkpoint().await?)
    }
}
