//! Answers in words: the sound of one goes out to be understood, and what it was understood as comes back to the flow.
//!
//! Not responsible for when a flow listens (see `menu::spoken`), nor for speech.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{CallNews, Question, Switch};
use crate::call::Stage;
use crate::media::{MediaCommand, Sound, Utterance};
use crate::menu::{Heard, Menu};
use crate::reading;
use crate::{CallId, LegId};

/// How answers to a flow's questions are taken down: they are short, and who thinks for longer than the pause is asked again.
const ANSWERS: Utterance = Utterance {
    pause: Duration::from_millis(800),
    longest: Duration::from_secs(8),
};

/// Of a sample at 8 kHz.
const SAMPLE_MICROS: u64 = 125;

impl Switch {
    pub(super) fn listen(&mut self, leg: LegId, on: bool) {
        let how = on.then_some(ANSWERS);
        self.media(MediaCommand::Listen { leg, how });
    }

    /// The citizen has said something in answer to the flow, or the network before anybody has answered.
    pub(super) fn spoken(&mut self, leg: LegId, sound: Sound) {
        if let Some(id) = self.awaited(leg) {
            return self.ask_daemon(id, Question::Announced { sound });
        }
        let Some(id) = self.citizen_call(leg) else { return };
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let length = Duration::from_micros(sound.0.len() as u64 * SAMPLE_MICROS);
        call.said_at = Some((now.checked_sub(length).unwrap_or(now), now));
        call.said = Some(sound);
        self.with_menu_of(id, |menu, _, now| menu.handle_spoken(now));
    }

    /// As `with_menu`, but only while the flow has the call.
    pub(super) fn with_menu_of(
        &mut self,
        id: CallId,
        act: impl FnOnce(&mut Menu, &HashMap<String, bool>, Instant),
    ) {
        if self.calls.get(&id).is_some_and(|c| c.stage == Stage::Menu) {
            self.with_menu(id, act);
        }
    }

    /// An answer, and where in the recording it was said if it was.
    pub(super) fn collected(&mut self, id: CallId, key: String, value: String) {
        let news = CallNews::Collected {
            key: key.clone(),
            value: value.clone(),
        };
        self.tell_call(id, news);
        // A flow may read back what was keyed in.
        if let Some(call) = self.calls.get_mut(&id) {
            call.variables.insert(key.clone(), reading::digits(&value));
        }
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.understood) else {
            return;
        };
        call.understood = false;
        let Some((start, (from, to))) = call.recording_since.zip(call.said_at.take()) else {
            return;
        };
        let (from, to) = (
            from.saturating_duration_since(start),
            to.saturating_duration_since(start),
        );
        self.tell_call(id, CallNews::Spoken { key, value, from, to });
    }

    pub(super) fn understand(&mut self, id: CallId, number: u32, key: String, digits: String) {
        let Some(sound) = self.calls.get_mut(&id).and_then(|call| call.said.take()) else {
            return;
        };
        let question = Question::Spoken {
            number,
            key,
            digits,
            sound,
        };
        self.ask_daemon(id, question);
    }

    pub(super) fn understood(&mut self, id: CallId, number: u32, heard: Heard) {
        self.mark(id, true);
        self.with_menu_of(id, |menu, open, now| menu.handle_heard(number, heard, open, now));
        self.mark(id, false);
    }

    /// Whether words or a key gave an answer is known while the flow is being told of it.
    fn mark(&mut self, id: CallId, understood: bool) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.understood = understood;
        }
    }
}
