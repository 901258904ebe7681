//! Which clocks run on a ticket, from when and for how long. When they are due is the calendar's to count.

use chrono::{DateTime, Utc};

use super::projection::{Assignment, AssignmentState, Part, ProgressNote, Ticket};
use super::state::State;
use crate::calendar::limits::{Limit, Pauses, Profile, Timer};

#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub timer: Timer,
    /// Whose clock it is; none for the hotline's own.
    pub unit: Option<String>,
    /// The unit whose working hours count; none for the office's.
    pub counted_by: Option<String>,
    pub from: DateTime<Utc>,
    pub limit: Limit,
    pub extensions: Vec<Limit>,
    pub pauses: Pauses,
}

struct Clocks<'a> {
    ticket: &'a Ticket,
    profile: &'a Profile,
}

/// Every clock that runs now.
pub fn running(ticket: &Ticket, profile: &Profile) -> Vec<Running> {
    let clocks = Clocks { ticket, profile };
    let units = ticket
        .body
        .assignments
        .iter()
        .filter(|given| given.state.is_active());
    let mut all: Vec<Running> = units.flat_map(|given| clocks.of_unit(given)).collect();
    all.extend(clocks.of_office());
    all
}

/// The clock by which the lead unit's work is measured.
pub fn handling(ticket: &Ticket, profile: &Profile) -> Option<Running> {
    let lead = ticket.body.lead()?;
    Clocks { ticket, profile }.handle(lead)
}

/// How long a unit may still return it: the one that asks, else the lead.
pub fn returning(ticket: &Ticket, unit: Option<&str>, profile: &Profile) -> Option<Running> {
    let own = unit.and_then(|unit| ticket.body.active(unit));
    let given = own.or_else(|| ticket.body.lead())?;
    Some(Running {
        timer: Timer::Sign,
        unit: Some(given.unit_code.clone()),
        counted_by: Some(given.unit_code.clone()),
        from: given.dispatched_at,
        limit: profile.returns.within,
        extensions: vec![],
        pauses: Pauses::default(),
    })
}

impl Clocks<'_> {
    fn clock(&self, timer: Timer, unit: Option<&str>, from: DateTime<Utc>) -> Option<Running> {
        Some(Running {
            timer,
            unit: unit.map(str::to_owned),
            counted_by: unit.map(str::to_owned),
            from,
            limit: self.profile.limit(&self.ticket.band, &self.ticket.kind, timer)?,
            extensions: vec![],
            pauses: Pauses::default(),
        })
    }

    fn entered(&self, state: State) -> Option<DateTime<Utc>> {
        self.ticket.body.entered.get(&state).copied()
    }

    fn of_unit(&self, given: &Assignment) -> Vec<Running> {
        let unit = Some(given.unit_code.as_str());
        let with_unit = self.ticket.state.is_with_units() || self.ticket.state == State::Returned;
        // Whoever asked to be let go cannot go on either way.
        if !with_unit || matches!(given.state, AssignmentState::Replied | AssignmentState::Leaving) {
            return vec![];
        }
        let is_lead = given.part == Part::Lead;
        let sign = || self.clock(Timer::Sign, unit, given.back_at.unwrap_or(given.dispatched_at));
        let contact = || self.clock(Timer::FirstContact, unit, given.signed_at?);
        let on_site = || self.clock(Timer::OnSite, unit, given.dispatched_at);
        let waiting = given.state == AssignmentState::Waiting;
        let body = &self.ticket.body;
        let first = body.redone_since().is_none();
        let silent = first && given.contacted_at.is_none();
        let told = |note: &ProgressNote| note.unit_code == given.unit_code && note.at >= given.dispatched_at;
        let unseen = first && !body.progress.iter().any(told);
        [
            waiting.then(sign).flatten(),
            (is_lead && !waiting && silent).then(contact).flatten(),
            (is_lead && unseen).then(on_site).flatten(),
            if is_lead {
                self.handle(given)
            } else {
                self.handle_beside(given)
            },
            is_lead.then(|| self.progress(given)).flatten(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// 办结, or 重办 when it was sent back. The clock starts at dispatch, not at signing.
    fn handle(&self, lead: &Assignment) -> Option<Running> {
        let body = &self.ticket.body;
        let unit = Some(lead.unit_code.as_str());
        let mut clock = match body.redone_since() {
            Some(at) => self.clock(Timer::Redo, unit, at)?,
            None => self.clock(Timer::Handle, unit, lead.dispatched_at)?,
        };
        let granted = body.extensions.iter().filter(|granted| granted.at >= clock.from);
        clock.extensions = granted.map(|granted| granted.limit).collect();
        let pauses = body
            .pauses
            .iter()
            .filter(|pause| pause.to.is_none_or(|to| to > clock.from));
        // The projection keeps pauses apart and in order.
        clock.pauses = Pauses::new(pauses.map(|pause| (pause.from, pause.to))).unwrap_or_default();
        Some(clock)
    }

    /// A unit that helps, or was given it by another, has until the lead unit's clock runs out, whatever its own hours (transition 14).
    fn handle_beside(&self, given: &Assignment) -> Option<Running> {
        let lead = self.handle(self.ticket.body.lead()?)?;
        Some(Running {
            unit: Some(given.unit_code.clone()),
            ..lead
        })
    }

    fn progress(&self, lead: &Assignment) -> Option<Running> {
        let last = self.ticket.body.progress.last().map(|note| note.at);
        let from = last.or(lead.signed_at)?;
        self.clock(Timer::Progress, Some(&lead.unit_code), from)
    }

    fn of_office(&self) -> Vec<Running> {
        let body = &self.ticket.body;
        let since = |timer, state| self.clock(timer, None, self.entered(state)?);
        let clock = match self.ticket.state {
            State::Draft | State::Pending | State::Accepted => self.waiting_for_dispatch(),
            State::Replied => since(Timer::Review, State::Replied),
            State::Callback => since(Timer::Callback, State::Callback),
            State::Disputed => since(Timer::Dispute, State::Disputed),
            _ => None,
        };
        let unanswered = body
            .supervised()
            .filter(|open| self.ticket.state.is_open() && !body.is_answered_since(open.at));
        let supervised = unanswered.and_then(|open| {
            let unit = body.lead().map(|lead| lead.unit_code.as_str());
            self.clock(Timer::Supervision, unit, open.at)
        });
        clock.into_iter().chain(supervised).collect()
    }

    /// From the end of the call, or from coming back; while the citizen is asked for more it stands still.
    fn waiting_for_dispatch(&self) -> Option<Running> {
        let body = &self.ticket.body;
        let came_back = !body.returns.is_empty() || body.rounds > 0;
        let back = self.entered(State::Accepted).filter(|_| came_back);
        let from = back.or(body.ready_at)?;
        let mut clock = self.clock(Timer::Dispatch, None, from)?;
        let asked = body
            .questions
            .iter()
            .filter(|asked| asked.to.is_none_or(|to| to > from));
        clock.pauses = Pauses::new(asked.map(|asked| (asked.from, asked.to))).unwrap_or_default();
        Some(clock)
    }
}
