//! Supervisors in a call: listening, whispering, speaking with all, taking over. And pausing the recording.

use super::{CallNews, Denied, EndedBy, Mode, Side, Switch};
use crate::call::{Desk, Monitor, Stage, ThirdStage};
use crate::media::MediaCommand;
use crate::sip::Cause;
use crate::{CallId, LegId};

impl Switch {
    pub(super) fn monitor(&mut self, person: &str, id: CallId, mode: Mode) -> Result<(), Denied> {
        let call = self.calls.get_mut(&id).ok_or(Denied::NoCall)?;
        if !matches!(call.stage, Stage::Talking { .. }) {
            return Err(Denied::NoCall);
        }
        let supervisor = person.to_owned();
        if let Some(monitor) = call.monitors.iter_mut().find(|m| m.supervisor == person) {
            monitor.mode = mode;
        } else {
            if self.call_in_hand(person).is_some() {
                return Err(Denied::Busy);
            }
            self.stop_monitoring(person);
            let leg = self.attach(id, Side::Supervisor, person).ok_or(Denied::NoLine)?;
            self.answered_now(leg);
            if let Some(call) = self.calls.get_mut(&id) {
                call.monitors.push(Monitor {
                    leg,
                    supervisor: supervisor.clone(),
                    mode,
                });
            }
        }
        self.tell_call(id, CallNews::Monitored { supervisor, mode });
        self.route(id);
        Ok(())
    }

    pub(super) fn unmonitor(&mut self, person: &str, id: CallId) -> Result<(), Denied> {
        let monitors = self.calls.get(&id).map(|c| c.monitors.as_slice());
        let found = monitors
            .unwrap_or_default()
            .iter()
            .find(|m| m.supervisor == person);
        let leg = found.ok_or(Denied::NoCall)?.leg;
        self.drop_leg(leg, Cause::Normal, EndedBy::Office);
        Ok(())
    }

    /// Wherever this person listens in, that ends.
    pub(super) fn stop_monitoring(&mut self, person: &str) {
        let monitors = self.calls.values().flat_map(|c| &c.monitors);
        let legs: Vec<LegId> = monitors
            .filter(|m| m.supervisor == person)
            .map(|m| m.leg)
            .collect();
        for leg in legs {
            self.drop_leg(leg, Cause::Normal, EndedBy::Office);
        }
    }

    pub(super) fn monitor_left(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(at) = call.monitors.iter().position(|m| m.leg == leg) else {
            return;
        };
        let supervisor = call.monitors.remove(at).supervisor;
        self.tell_call(id, CallNews::MonitorEnded { supervisor });
        self.route(id);
    }

    /// The supervisor becomes the call's operator.
    pub(super) fn take_over(&mut self, person: &str, id: CallId) -> Result<(), Denied> {
        let now = self.now;
        if self.call_in_hand(person).is_some() {
            return Err(Denied::Busy);
        }
        let call = self.calls.get_mut(&id).ok_or(Denied::NoCall)?;
        if !matches!(call.stage, Stage::Talking { .. }) || call.desk.is_none() {
            return Err(Denied::NoCall);
        }
        self.stop_monitoring(person);
        let leg = self.attach(id, Side::Operator, person).ok_or(Denied::NoLine)?;
        self.answered_now(leg);
        self.resume_recording(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return Err(Denied::NoCall);
        };
        let desk = Desk {
            leg,
            operator: person.to_owned(),
            on_line: true,
            ring_until: None,
            lost: None,
        };
        let (before, queue) = (call.desk.replace(desk), call.queue.clone().unwrap_or_default());
        call.stage = Stage::Talking { held: false };
        let consult = call.third.take_if(|t| t.stage != ThirdStage::ThreeWay);
        if let Some(third) = consult {
            self.release_third(&third);
            self.drop_leg(third.leg, Cause::Cancelled, EndedBy::Office);
        }
        let by = person.to_owned();
        let from = before.as_ref().map(|d| d.operator.clone()).unwrap_or_default();
        if let Some(before) = before {
            self.queues.finished(&before.operator, &queue, now);
            self.drop_leg(before.leg, Cause::Normal, EndedBy::Office);
        }
        self.queues.talk(person, id, now);
        let operator = by.clone();
        self.tell_call(id, CallNews::TakenOver { from, by });
        self.tell_call(id, CallNews::Answered { operator });
        self.route(id);
        Ok(())
    }

    pub(super) fn pause_recording(&mut self, person: &str, paused: bool) -> Result<(), Denied> {
        let call = self.talking(person)?;
        if call.recording_since.is_none() || call.recording_paused == paused {
            return Err(Denied::NotRecording);
        }
        let id = call.id;
        self.set_recording_paused(id, paused);
        Ok(())
    }

    /// Whoever comes next must not find the recording off.
    pub(super) fn resume_recording(&mut self, id: CallId) {
        if self.calls.get(&id).is_some_and(|c| c.recording_paused) {
            self.set_recording_paused(id, false);
        }
    }

    fn set_recording_paused(&mut self, id: CallId, paused: bool) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.recording_paused = paused;
        let leg = call.citizen;
        let since = call.recording_since.unwrap_or(self.now);
        let at = self.now.saturating_duration_since(since);
        self.media(MediaCommand::PauseRecording { leg, paused });
        self.tell_call(
            id,
            if paused {
                CallNews::RecordingPaused { at }
            } else {
                CallNews::RecordingResumed { at }
            },
        );
    }

    /// The leg is in the conversation without having rung.
    pub(super) fn answered_now(&mut self, leg: LegId) {
        let now = self.now;
        if let Some(state) = self.legs.get_mut(&leg) {
            state.answered = Some(now);
        }
    }

    pub(super) fn echo(&mut self, person: &str, on: bool) -> Result<(), Denied> {
        if self.call_in_hand(person).is_some() {
            return Err(Denied::Busy);
        }
        if !self.is_up(person) {
            return Err(Denied::NoLine);
        }
        let leg = self.new_line_leg();
        let Some(line) = self.lines.get_mut(person) else {
            return Err(Denied::NoLine);
        };
        let (id, before) = (line.id, std::mem::replace(&mut line.echo, on.then_some(leg)));
        self.drop_echo(before);
        if on {
            self.media(MediaCommand::Attach { leg, line: id });
            self.media(MediaCommand::Echo { leg });
        }
        Ok(())
    }
}
