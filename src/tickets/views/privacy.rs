//! The citizen taken out of what is shown, as far as the person who looks must not see.

use serde::Serialize;
use utoipa::ToSchema;

use super::{HistoryView, TicketSummary, TicketView, TimelineEntry};
use crate::calls::{Direction, api::CallView};
use crate::tickets::rules::{
    Ticket,
    privacy::{Confidential, Scrubber, Sight, mask_name, mask_number},
};

/// What in an event says who the citizen is, whatever the event.
const PERSONAL: [&str; 7] = [
    "caller",
    "caller_name",
    "contact_phone",
    "place",
    "place_code",
    "call_id",
    "number",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Confidentiality)]
pub struct ConfidentialView {
    pub reason: String,
    /// User names of those who may see the citizen
    pub named: Vec<String>,
    pub at: chrono::DateTime<chrono::Utc>,
    pub by: String,
}

impl From<&Confidential> for ConfidentialView {
    fn from(kept: &Confidential) -> Self {
        Self {
            reason: kept.reason.clone(),
            named: kept.named.iter().cloned().collect(),
            at: kept.at,
            by: kept.by.clone(),
        }
    }
}

pub(super) fn summary(mut shown: TicketSummary, ticket: &Ticket, sight: Sight) -> TicketSummary {
    shown.sight = sight.as_str();
    match sight {
        Sight::Full => return shown,
        Sight::Masked => {
            shown.caller = mask_number(&shown.caller);
            shown.caller_name = mask_name(&shown.caller_name);
        }
        Sight::Hidden => {
            shown.caller.clear();
            shown.caller_name.clear();
            shown.place.clear();
        }
    }
    shown.title = Scrubber::new(ticket, sight).text(&shown.title);
    shown
}

/// What stands on the page beside the ticket's own texts, which are without the citizen already.
pub(super) fn page(mut shown: TicketView, ticket: &Ticket, sight: Sight) -> TicketView {
    let scrub = Scrubber::new(ticket, sight);
    let text = |text: &mut String| *text = scrub.text(text);
    match sight {
        Sight::Full => return shown,
        Sight::Masked => {
            shown.contact_phone = mask_number(&shown.contact_phone);
            shown.calls.iter_mut().for_each(mask_call);
        }
        Sight::Hidden => hide(&mut shown),
    }
    shown.attachments.iter_mut().for_each(|file| text(&mut file.name));
    shown.told.iter_mut().for_each(|told| text(&mut told.text));
    for entry in &mut shown.timeline {
        event(entry, &scrub, sight);
    }
    shown
}

fn event(entry: &mut TimelineEntry, scrub: &Scrubber, sight: Sight) {
    if sight == Sight::Hidden {
        scrub.value(&mut entry.detail, &PERSONAL);
        return;
    }
    // The scrubber knows the names of today; those of earlier days are in the events as well.
    if let Some(name) = entry.detail.get_mut("caller_name")
        && let Some(text) = name.as_str()
    {
        *name = mask_name(text).into();
    }
    for field in ["caller", "contact_phone"] {
        if let Some(number) = entry.detail.get_mut(field)
            && let Some(text) = number.as_str()
        {
            *number = mask_number(text).into();
        }
    }
    scrub.value(&mut entry.detail, &[]);
}

fn mask_call(call: &mut CallView) {
    call.caller = mask_number(&call.caller);
    call.caller_display = None;
    if call.direction == Direction::Outbound.as_str() {
        call.called = mask_number(&call.called);
    }
}

/// Neither who, nor where, nor what was said.
fn hide(shown: &mut TicketView) {
    shown.contact_phone.clear();
    shown.place_code = None;
    shown.calls.clear();
    shown.menu_path.clear();
    shown.related.clear();
    for contact in &mut shown.life.contacts {
        contact.number.clear();
    }
    shown.history = HistoryView {
        calls: vec![],
        tickets: vec![],
    };
    shown.suggestion.place = None;
    shown.suggestion.words.clear();
    if let Some(survey) = &mut shown.survey {
        survey
            .attempts
            .iter_mut()
            .for_each(|attempt| attempt.call_id = None);
        survey.remark = None;
    }
}
