//! What the slices wish of the switch: calls to citizens, hang-ups, pauses, new settings.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use telephony::CallId;
use telephony::driver::Driver;
use telephony::switch::{Command, Contact, Outbound, Switch};

use super::desks::Asked;
use super::ledger::Placed;
use super::settings;
use crate::app::App;
use crate::calls::Purpose;
use crate::live::{self, Originate, Refused};

/// How long a citizen's phone rings.
const RING: Duration = Duration::from_secs(45);
/// Digits of the ticket number that the survey reads out.
const TICKET_TAIL: usize = 6;

pub(super) struct Wishes {
    pub(super) app: App,
    pub(super) driver: Arc<Driver<Switch>>,
    pub(super) placed: Placed,
    pub(super) asked: Asked,
}

impl live::Switchboard for Wishes {
    fn hang_up(&self, call_id: &str) -> Result<(), Refused> {
        let call = call_of(call_id).ok_or(Refused::NoSuchCall)?;
        self.ask(Command::Hangup { call })
    }

    fn dial(&self, call: Originate) -> Result<(), Refused> {
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
        let (app, driver) = (self.app.clone(), self.driver.clone());
        tokio::spawn(async move {
            match settings::read(&app).await {
                Ok(settings) => {
                    driver.command(Command::Configure(Box::new(settings)));
                }
                Err(error) => tracing::error!(%error, "new settings cannot be read; the old ones stay"),
            }
        });
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

/// Toll fraud ends here: only what a citizen can have called from, mobile and landline numbers inside China.
pub(super) fn is_allowed(number: &str) -> bool {
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let mobile = number.len() == 11
        && number.starts_with('1')
        && !number.starts_with("10")
        && !number.starts_with("11");
    let landline = (10..=12).contains(&number.len()) && number.starts_with('0') && !number.starts_with("00");
    let local = (7..=8).contains(&number.len()) && !number.starts_with(['0', '1']);
    digits && (mobile || landline || local)
}

/// Services and authorities that an operator may call in: 110, 12315, 95598 and the like.
pub(super) fn is_service(number: &str) -> bool {
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    let emergency = ["110", "119", "120", "122"].contains(&number);
    let authority = number.len() == 5 && ["12", "95", "96"].iter().any(|area| number.starts_with(area));
    digits && (emergency || authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_chinese_mobile_and_landline_numbers_are_dialled() {
        for good in ["13912345678", "05341234567", "01012345678", "2345678", "82345678"] {
            assert!(is_allowed(good), "{good}");
        }
        assert!(is_service("110") && is_service("12315") && is_service("95598"));
        assert!(!is_service("16812") && !is_service("114") && !is_service("9559x"));
        for bad in [
            "",
            "0085212345678",
            "+8613912345678",
            "1681234567890",
            "10086",
            "12345",
            "anonymous",
            "16812345",
            "11012345678",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
