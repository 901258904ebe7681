//! Answers in words: when a flow listens, and what it does with what was understood. Nothing here knows speech: the sound goes out, the
//! key that the words stand for comes back. "Sorry?" once, then keys alone; a recogniser that is busy or absent keeps nobody waiting.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::interpreter::Phase;
use super::{Menu, Node, Step};

/// For whoever understands speech. Longer than a second of silence a caller takes for a broken line; a busy recogniser needs some.
const PATIENCE: Duration = Duration::from_secs(5);
/// Who has begun to speak is heard out.
const LONGEST_ANSWER: Duration = Duration::from_secs(12);
const AGAIN: &str = "survey-again";
const KEYS_ONLY: &str = "survey-keys";
/// Misunderstood so often, a caller is asked for keys.
const MOST_MISHEARD: u32 = 2;

/// What was understood of what a caller said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The key that the words stand for.
    Key(char),
    /// Words, but no answer.
    Unclear,
    /// It was no speech.
    Nothing,
    /// There is nobody who could understand it.
    Deaf,
}

#[derive(Debug, Default)]
pub(super) struct Ears {
    is_open: bool,
    /// Nobody understands words in this call.
    is_deaf: bool,
    /// Answers to this question that were not understood.
    pub(super) misheard: u32,
    /// Of the last thing to be understood: an answer that comes late belongs to no other question.
    number: u32,
    /// How long this question waits for an answer, should there have been none.
    until: Option<Instant>,
}

impl Menu {
    /// The caller has begun to speak.
    pub fn handle_speaking(&mut self, now: Instant) {
        if self.phase == Phase::Keys && self.ears.is_open {
            self.ears.until = self.deadline;
            self.deadline = Some(now + LONGEST_ANSWER);
        }
    }

    /// The caller has said something and pauses.
    pub fn handle_spoken(&mut self, now: Instant) {
        let flow = self.flow.clone();
        let Some(Node::Ask { key, digits, .. }) = flow.nodes.get(&self.node) else {
            return;
        };
        if self.phase != Phase::Keys || !self.ears.is_open {
            return;
        }
        self.close_ears();
        self.phase = Phase::Hearing;
        self.deadline = Some(now + PATIENCE);
        self.ears.number += 1;
        let number = self.ears.number;
        let (key, digits) = (key.clone(), digits.clone());
        self.steps.push_back(Step::Understand { number, key, digits });
    }

    /// What the caller said has been understood, or not.
    pub fn handle_heard(&mut self, number: u32, heard: Heard, open: &HashMap<String, bool>, now: Instant) {
        let flow = self.flow.clone();
        let Some(Node::Ask { digits, .. }) = flow.nodes.get(&self.node) else {
            return;
        };
        if self.phase != Phase::Hearing || number != self.ears.number {
            return;
        }
        self.deadline = None;
        match heard {
            Heard::Key(key) if digits.contains(key) => self.answered(key, None, open, now),
            Heard::Key(_) | Heard::Unclear => self.misheard(),
            Heard::Nothing => self.go_on_listening(open, now),
            Heard::Deaf => self.not_understood_in_time(),
        }
    }

    /// Nobody is there who understands words, or not soon enough: for the rest of this call keys are asked for.
    pub(super) fn not_understood_in_time(&mut self) {
        self.ears.is_deaf = true;
        self.deadline = None;
        self.ask_for_keys();
    }

    fn misheard(&mut self) {
        self.ears.misheard += 1;
        if self.ears.misheard >= MOST_MISHEARD {
            return self.ask_for_keys();
        }
        self.phase = Phase::Playing;
        self.steps.push_back(Step::Play(vec![AGAIN.to_owned()]));
    }

    /// Once: who presses nothing now gave no answer.
    fn ask_for_keys(&mut self) {
        let flow = self.flow.clone();
        if let Some(Node::Ask { tries, .. }) = flow.nodes.get(&self.node) {
            self.tries = tries.saturating_sub(1).max(self.tries);
        }
        self.phase = Phase::Playing;
        self.steps.push_back(Step::Play(vec![KEYS_ONLY.to_owned()]));
    }

    fn go_on_listening(&mut self, open: &HashMap<String, bool>, now: Instant) {
        self.phase = Phase::Keys;
        self.deadline = Some(self.ears.until.unwrap_or(now).max(now));
        self.open_ears();
        self.handle_timeout(open, now);
    }

    /// After the question, where words count.
    pub(super) fn open_ears(&mut self) {
        let flow = self.flow.clone();
        let is_spoken = matches!(flow.nodes.get(&self.node), Some(Node::Ask { spoken: true, .. }));
        if is_spoken && !self.ears.is_deaf && self.ears.misheard < MOST_MISHEARD {
            self.ears.is_open = true;
            self.steps.push_back(Step::Listen(true));
        }
    }

    pub(super) fn close_ears(&mut self) {
        if std::mem::take(&mut self.ears.is_open) {
            self.steps.push_back(Step::Listen(false));
        }
    }
}

#[cfg(test)]
#[path = "spoken_tests.rs"]
mod tests;
