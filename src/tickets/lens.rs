//! Tickets as one person may see them, for slices that write about tickets in lists of their own.

use std::collections::HashMap;

use super::rules::{
    Actor, Ticket,
    privacy::{Scrubber, Sight, sight},
};
use super::store;
use crate::{
    attachments::Attachment,
    db::{self, Tx},
};

/// Tickets read at a time: a statement takes no more values than so many.
const AT_A_TIME: usize = 500;

struct Lens {
    sight: Sight,
    scrub: Scrubber,
}

/// What of each ticket its reader must not see.
#[derive(Default)]
pub struct Lenses {
    of: HashMap<String, Lens>,
    reader: Option<String>,
}

impl Lenses {
    pub async fn read(tx: &mut Tx, numbers: &[&str], actor: &Actor) -> Result<Self, db::Error> {
        let mut wanted = numbers.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut of = HashMap::new();
        for numbers in wanted.chunks(AT_A_TIME) {
            let tickets = store::by_numbers(tx, numbers).await?;
            of.extend(tickets.into_iter().map(|ticket| lens(ticket, actor)));
        }
        Ok(Self {
            of,
            reader: actor.username().map(str::to_owned),
        })
    }

    /// What somebody wrote about the ticket, without what must not be seen. Of a ticket that is not there nothing is said.
    pub fn text(&self, number: &str, text: &str) -> String {
        self.of
            .get(number)
            .map(|lens| lens.scrub.text(text))
            .unwrap_or_default()
    }

    /// The citizen, the place and what shows them are kept from the reader.
    pub fn hides(&self, number: &str) -> bool {
        self.of.get(number).is_none_or(|lens| lens.sight == Sight::Hidden)
    }

    pub fn opens(&self, file: &Attachment) -> bool {
        self.reader.as_ref() == Some(&file.uploader) || !self.hides(&file.number)
    }
}

fn lens(ticket: Ticket, actor: &Actor) -> (String, Lens) {
    let sight = sight(&ticket, actor);
    let scrub = Scrubber::new(&ticket, sight);
    (ticket.number, Lens { sight, scrub })
}
