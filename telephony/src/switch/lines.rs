//! Browsers' lines: who has one, whether it can be heard, and what a lost one means for the call in hand.
//!
//! Not responsible for the connection itself (see `driver`), only for its coming and going.

use std::time::{Duration, Instant};

use super::{CallNews, LineState, News, Side, Switch};
use crate::call::Stage;
use crate::media::MediaCommand;
use crate::sdp::Origin;
use crate::sip::Cause;
use crate::{CallId, LegId, LineId};

/// A call is kept on music for this long when its operator's browser is lost or reloaded; then the citizen goes to the next operator.
const PATIENCE: Duration = Duration::from_secs(10);
/// Legs on lines are counted apart from the SIP agent's.
const LINE_LEGS: u64 = 1 << 63;

#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: LineId,
    pub(super) state: Phase,
    pub(super) since: Instant,
    /// The leg of the echo test.
    pub(super) echo: Option<LegId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Answered, not yet heard.
    Opening,
    Up,
    Lost,
}

impl Switch {
    /// A new browser of this person: it replaces the one before, and takes over the call in hand as soon as it is connected.
    pub(super) fn open_line(&mut self, person: String, id: LineId) {
        let line = Line {
            id,
            state: Phase::Opening,
            since: self.now,
            echo: None,
        };
        if let Some(before) = self.lines.insert(person.clone(), line) {
            self.media(MediaCommand::CloseLine { line: before.id });
            self.drop_echo(before.echo);
            self.tell_line(&person, before.id, LineState::Replaced);
            self.line_out_of_call(&person);
        }
    }

    /// The person is done with the browser. In a call this may be a reload, so the call waits for a new line.
    pub(super) fn close_line(&mut self, person: &str) {
        if self.call_in_hand(person).is_some() {
            if let Some(line) = self.lines.get(person) {
                let id = line.id;
                self.media(MediaCommand::CloseLine { line: id });
                self.line_lost(id);
            }
        } else {
            self.remove_line(person, LineState::Closed);
        }
    }

    pub(super) fn line_up(&mut self, id: LineId) {
        let now = self.now;
        let Some((person, line)) = self.lines.iter_mut().find(|(_, l)| l.id == id) else {
            return;
        };
        (line.state, line.since) = (Phase::Up, now);
        let person = person.clone();
        self.tell_line(&person, id, LineState::Connected);
        self.update_presence(&person);
        self.line_into_call(&person, id);
    }

    pub(super) fn line_lost(&mut self, id: LineId) {
        let now = self.now;
        let Some((person, line)) = self.lines.iter_mut().find(|(_, l)| l.id == id) else {
            return;
        };
        if line.state == Phase::Lost {
            return;
        }
        (line.state, line.since) = (Phase::Lost, now);
        let (person, echo) = (person.clone(), line.echo.take());
        self.drop_echo(echo);
        self.tell_line(&person, id, LineState::Lost);
        self.line_out_of_call(&person);
        self.update_presence(&person);
    }

    fn remove_line(&mut self, person: &str, why: LineState) {
        let Some(line) = self.lines.remove(person) else {
            return;
        };
        self.media(MediaCommand::CloseLine { line: line.id });
        self.drop_echo(line.echo);
        self.tell_line(person, line.id, why);
        self.line_out_of_call(person);
        self.update_presence(person);
    }

    /// A phone is there, or a browser.
    pub(super) fn update_presence(&mut self, person: &str) {
        let present = self.is_up(person) || self.agent.registered().iter().any(|user| user == person);
        let now = self.now;
        if let Some(operator) = self.queues.operator_mut(person) {
            operator.phone_present(present, now);
        }
    }

    /// Whoever tests headset and microphone is rung only afterwards.
    pub(super) fn spare_who_tests(&mut self) {
        let lines = &self.lines;
        self.queues
            .set_aside(|person| lines.get(person).is_some_and(|l| l.echo.is_some()));
    }

    pub(super) fn is_up(&self, person: &str) -> bool {
        self.lines.get(person).is_some_and(|l| l.state == Phase::Up)
    }

    /// A leg of the call over the person's line, if that is connected.
    pub(super) fn attach(&mut self, id: CallId, side: Side, person: &str) -> Option<LegId> {
        self.end_trial(person);
        let line = self.lines.get_mut(person).filter(|l| l.state == Phase::Up)?;
        let (line, echo) = (line.id, line.echo.take());
        self.drop_echo(echo);
        let leg = self.new_line_leg();
        let nowhere = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
        self.add_leg(leg, id, side, person.to_owned(), nowhere, Origin::new(leg.0));
        self.attached.insert(leg, line);
        self.media(MediaCommand::Attach { leg, line });
        Some(leg)
    }

    pub(super) fn new_line_leg(&mut self) -> LegId {
        self.line_legs += 1;
        LegId(LINE_LEGS | self.line_legs)
    }

    pub(super) fn drop_echo(&mut self, echo: Option<LegId>) {
        if let Some(leg) = echo {
            self.media(MediaCommand::Close { leg });
        }
    }

    /// Whoever talks over the line cannot be heard any more: the citizen hears music while there is hope.
    fn line_out_of_call(&mut self, person: &str) {
        let now = self.now;
        self.stop_monitoring(person);
        self.end_trial(person);
        let Some(id) = self.call_in_hand(person) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if let Some(third) = call.colleague().filter(|t| t.on_line && t.party == person) {
            let leg = third.leg;
            return self.drop_leg(leg, Cause::Unreachable, super::EndedBy::System);
        }
        if let Some(leg) = call.ring_of(person).filter(|d| d.on_line).map(|d| d.leg) {
            return self.drop_leg(leg, Cause::Unreachable, super::EndedBy::System);
        }
        let talking = matches!(call.stage, Stage::Talking { .. });
        let Some(desk) = call.desk.as_mut().filter(|d| d.on_line && d.operator == person) else {
            return;
        };
        let leg = desk.leg;
        if !talking {
            return self.drop_leg(leg, Cause::Unreachable, super::EndedBy::System);
        }
        if desk.lost.is_none() {
            desk.lost = Some(now);
            let operator = person.to_owned();
            self.tell_call(id, CallNews::DeskLost { operator });
            self.route(id);
        }
    }

    /// The line is there (again): the call that waited for it goes on.
    fn line_into_call(&mut self, person: &str, line: LineId) {
        let Some(id) = self.call_in_hand(person) else {
            return;
        };
        let waits = |d: &&mut crate::call::Desk| d.lost.is_some() && d.operator == person;
        let Some(desk) = self
            .calls
            .get_mut(&id)
            .and_then(|c| c.desk.as_mut())
            .filter(waits)
        else {
            return;
        };
        let before = desk.leg;
        desk.lost = None;
        if self.attached.get(&before) != Some(&line) {
            let Some(leg) = self.attach(id, Side::Operator, person) else {
                return;
            };
            self.answered_now(leg);
            if let Some(desk) = self.calls.get_mut(&id).and_then(|c| c.desk.as_mut()) {
                desk.leg = leg;
            }
            self.drop_leg(before, Cause::Unreachable, super::EndedBy::System);
        }
        let operator = person.to_owned();
        self.tell_call(id, CallNews::DeskBack { operator });
        self.route(id);
    }

    /// Lines that did not come (back) in time.
    pub(super) fn time_out_lines(&mut self) {
        let now = self.now;
        let late: Vec<(String, LineState)> = self
            .lines
            .iter()
            .filter(|(_, l)| l.deadline().is_some_and(|due| due <= now))
            .map(|(person, l)| (person.clone(), l.given_up()))
            .collect();
        for (person, why) in late {
            self.remove_line(&person, why);
        }
        let over = |at: Instant| at + PATIENCE <= now;
        let lost: Vec<LegId> = self
            .calls
            .values()
            .filter_map(|c| c.desk.as_ref())
            .filter(|d| d.lost.is_some_and(over))
            .map(|d| d.leg)
            .collect();
        for leg in lost {
            self.drop_leg(leg, Cause::MediaTimeout, super::EndedBy::System);
        }
    }

    pub(super) fn lines_deadline(&self) -> Option<Instant> {
        let lines = self.lines.values().filter_map(Line::deadline);
        let calls = self.calls.values().filter_map(|c| c.desk.as_ref());
        lines
            .chain(calls.filter_map(|d| d.lost.map(|at| at + PATIENCE)))
            .min()
    }

    /// The browser was heard once, and nothing since the call was attached: whoever sits there cannot speak.
    pub(super) fn deaf_leg(&mut self, leg: LegId) {
        let person = self.attached.get(&leg).and_then(|line| {
            let found = self.lines.iter().find(|(_, l)| l.id == *line);
            found.map(|(person, _)| person.clone())
        });
        self.drop_leg(leg, Cause::MediaTimeout, super::EndedBy::System);
        if let Some(person) = person {
            self.remove_line(&person, LineState::Silent);
        }
    }

    fn tell_line(&mut self, person: &str, line: LineId, state: LineState) {
        let person = person.to_owned();
        self.tell(News::Line { person, line, state });
    }
}

impl Line {
    fn deadline(&self) -> Option<Instant> {
        (self.state != Phase::Up).then(|| self.since + PATIENCE)
    }

    /// What its person is told when the time is over.
    fn given_up(&self) -> LineState {
        match self.state {
            Phase::Opening => LineState::Silent,
            Phase::Up | Phase::Lost => LineState::Closed,
        }
    }
}
