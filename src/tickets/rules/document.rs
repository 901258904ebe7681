//! What of a ticket a search looks at. What was said in its calls is added by whoever has the transcripts.

use super::number::is_ticket_number;
use super::privacy::{Scrubber, Sight};
use super::projection::Ticket;
use super::words;

/// Counts the forms the index has had: an older one is made anew.
pub const FORM: i64 = 3;

/// How much of a ticket's number, from its end, is found without the beginning: the part that is not the time.
const SERIAL: usize = 6;

/// PostgreSQL numbers no position beyond it.
const LAST_POSITION: usize = 16_383;

/// The words of a ticket. Those that tell who the citizen is stand apart: not everyone may search by them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    pub text: Vec<String>,
    pub person: Vec<String>,
    /// Who has it now, so that a unit's search walks past nobody else's tickets.
    pub units: Vec<String>,
    /// When it began, for an index that is in no order of its own.
    pub days: Option<String>,
}

/// A unit's code as a word that no text has.
pub fn unit_word(code: &str) -> String {
    format!("unit{}", hex::encode(code))
}

/// Year, month and the tens of the day: what a number begins with, and a stretch of at most ten days.
pub const STRETCH: usize = 5;

/// A stretch of days as a word that no text has.
pub fn days_word(stretch: &str) -> String {
    format!("days{stretch}")
}

impl Document {
    pub fn of(ticket: &Ticket) -> Self {
        let scrub = Scrubber::new(ticket, Sight::Masked);
        let mut document = Self {
            person: person(ticket),
            ..Self::default()
        };
        for (_, written) in texts(ticket) {
            document.add(written, &scrub);
        }
        if is_ticket_number(&ticket.number) {
            let serial = &ticket.number[ticket.number.len() - SERIAL..];
            document.text.extend(words::ends(serial));
        }
        let active = ticket
            .body
            .assignments
            .iter()
            .filter(|given| given.state.is_active());
        document.units = active.map(|given| unit_word(&given.unit_code)).collect();
        document.days = is_ticket_number(&ticket.number).then(|| days_word(&ticket.number[..STRETCH]));
        document
    }

    /// What was said or written. Where it says who the citizen is, only those who may know find it by that.
    pub fn add(&mut self, said: &str, scrub: &Scrubber) {
        if scrub.finds(said) {
            self.person.extend(words::pairs(said));
            self.text.extend(words::pairs(&scrub.text(said)));
        } else {
            self.text.extend(words::pairs(said));
        }
    }

    /// As a `tsvector` is written: `'停水':1A '水':2A '王芳':4B`. Words are letters and digits only, so that nothing in them needs escaping.
    pub fn vector(&self) -> String {
        let weighed = |words: &[String], weight: char| -> Vec<(String, char)> {
            words.iter().map(|word| (word.clone(), weight)).collect()
        };
        // The text last: it alone may be longer than there are positions.
        let mut words = weighed(&self.units, 'C');
        words.extend(self.days.iter().map(|days| (days.clone(), 'C')));
        words.extend(weighed(&self.person, 'B'));
        words.extend(weighed(&self.text, 'A'));
        let words = (1..=LAST_POSITION).zip(words);
        let entries: Vec<_> = words
            .map(|(at, (word, weight))| format!("'{word}':{at}{weight}"))
            .collect();
        entries.join(" ")
    }
}

fn person(ticket: &Ticket) -> Vec<String> {
    let mut found = words::pairs(&ticket.caller_name);
    found.extend(words::ends(&ticket.caller));
    if ticket.contact_phone != ticket.caller {
        found.extend(words::ends(&ticket.contact_phone));
    }
    found
}

/// Everything that was written about the matter, by the field it stands in.
pub fn texts(ticket: &Ticket) -> Vec<(&'static str, &str)> {
    let body = &ticket.body;
    let mut texts: Vec<(&'static str, &str)> = vec![
        ("title", &ticket.title),
        ("content", &ticket.content),
        ("place", &ticket.place),
    ];
    for given in &body.assignments {
        texts.push(("note", &given.note));
        if let Some(reply) = &given.reply {
            texts.push(("reply", &reply.reply.text));
            texts.push(("reply", &reply.reply.public_text));
        }
    }
    texts.extend(body.progress.iter().map(|note| ("note", note.text.as_str())));
    texts.extend(
        body.contacts
            .iter()
            .map(|entry| ("note", entry.contact.note.as_str())),
    );
    texts.extend(
        body.returns
            .iter()
            .map(|record| ("note", record.request.reason.as_str())),
    );
    texts.extend(
        body.callbacks
            .iter()
            .map(|entry| ("note", entry.result.note.as_str())),
    );
    texts.extend(body.review.iter().map(|review| ("note", review.ground.as_str())));
    texts.extend(
        body.supervision
            .iter()
            .map(|open| ("note", open.instruction.as_str())),
    );
    texts.extend(body.result.iter().map(|result| ("note", result.as_str())));
    let remark = body
        .survey
        .iter()
        .filter_map(|survey| survey.remark.as_ref()?.text.as_deref());
    texts.extend(remark.map(|text| ("remark", text)));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_the_citizen_is_stands_apart_from_the_matter() {
        let ticket = Ticket {
            number: "260302100000123456".into(),
            title: "停水".into(),
            caller: "13800000001".into(),
            contact_phone: "13800000001".into(),
            caller_name: "王芳".into(),
            ..Ticket::default()
        };
        let document = Document::of(&ticket);
        assert_eq!(document.text, ["停水", "水", "123456", "23456", "3456"]);
        assert_eq!(document.person[..2], ["王芳", "芳"]);
        assert_eq!(document.person.len(), 2 + 8, "one telephone once");
        assert_eq!(document.days.as_deref(), Some("days26030"));
    }

    #[test]
    fn a_vector_keeps_the_order_and_who_the_citizen_is_apart() {
        let document = Document {
            text: vec!["停水".into(), "水".into()],
            person: vec!["王芳".into()],
            units: vec!["unit61".into()],
            days: Some(days_word("26030")),
        };
        assert_eq!(
            document.vector(),
            "'unit61':1C 'days26030':2C '王芳':3B '停水':4A '水':5A"
        );
    }
}
