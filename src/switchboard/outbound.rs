//! What the slices wish of the switch: calls to citizens, hang-ups, pauses, new settings.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use telephony::CallId;
use telephony::driver::Driver;
use telephony::switch::{Command, Contact, Outbound, Switch};

use super::desks::Asked;
use super::ledger::Placed;
use super::reloading::Reloading;
use crate::app::App;
use crate::calls::Purpose;
use crate::live::{self, Originate, Refused};
pub(super) use crate::settings::numbers::{is_allowed, is_service};

/// How long a citizen's phone rings.
const RING: Duration = Duration::from_secs(45);
/// Digits of the ticket number that the survey reads out.
const TICKET_TAIL: usize = 6;

pub(super) struct Wishes {
    pub(super) app: App,
    pub(super) driver: Arc<Driver<Switch>>,
    pub(super) placed: Placed,
    pub(super) asked: Asked,
    pub(super) reloading: Arc<Reloading>,
}

impl live::Switchboard for Wishes {
    fn hang_up(&self, call_id: &str) -> Result<(), Refused> {
        let call = call_of(call_id).ok_or(Refused::NoSuchCall)?;
        self.ask(Command::Hangup { call })
    }

    fn dial(&self, call: Originate) -> Result<(), Refused> {
        // Who is to stop begins nothing: the call is put off to the next start.
        if self.app.stopping.is_cancelled() {
            return Err(Refused::NotRunning);
        }
        let id = call_of(&call.call_id).ok_or(Refused::NoSuchCall)?;
        if !is_allowed(&call.number) {
            return Err(Refused::NumberNotAllowed);
        }
        let ticket = call.ticket_number.as_deref().unwrap_or_default();
        let tail = ticket.len().saturating_sub(TICKET_TAIL);
        let variables = HashMap::from([(
            "ticket".to_owned(),
            ticket.get(tail..).unwrap_or_default().to_owned(),
        )]);
        self.placed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, (call.purpose, call.ticket_number));
        let outbound = Outbound {
            call: id,
            number: call.number,
            flow: call.menu,
            variables,
            ring_for: RING,
        };
        self.ask(Command::Dial(Box::new(outbound)))
    }

    fn contact(&self, contact: live::Contact) -> Result<(), Refused> {
        let call = call_of(&contact.call_id).ok_or(Refused::NoSuchCall)?;
        if !is_allowed(&contact.clerk) || !is_allowed(&contact.citizen) {
            return Err(Refused::NumberNotAllowed);
        }
        self.placed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(call, (Purpose::Contact, Some(contact.ticket_number)));
        self.ask(Command::Contact(Box::new(Contact {
            call,
            clerk: contact.clerk,
            citizen: contact.citizen,
            ring_for: RING,
        })))
    }

    fn set_paused(&self, username: &str, paused: Option<String>) -> Result<(), Refused> {
        if !self.app.live.state().operators.contains_key(username) {
            return Err(Refused::Offline);
        }
        let operator = username.to_owned();
        self.ask(match paused {
            Some(reason) => Command::Pause { operator, reason },
            None => Command::Ready { operator },
        })
    }

    fn reload(&self) {
        let reloading = self.reloading.clone();
        tokio::spawn(async move { reloading.reload().await });
    }
}

impl Wishes {
    pub(super) fn ask(&self, command: Command) -> Result<(), Refused> {
        if self.driver.command(command) {
            Ok(())
        } else {
            Err(Refused::NotRunning)
        }
    }
}

pub(super) fn call_of(id: &str) -> Option<CallId> {
    u64::from_str_radix(id, 16).ok().map(CallId)
}
