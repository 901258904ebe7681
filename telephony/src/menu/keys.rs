//! What keys do in a flow: one that chooses, one that answers, several that make a number.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::flow::MARKS;
use super::interpreter::Phase;
use super::{Menu, Node, Step};

impl Menu {
    pub fn handle_digit(&mut self, digit: char, open: &HashMap<String, bool>, now: Instant) {
        let Some(node) = self.flow.clone().nodes.get(&self.node).cloned() else {
            return;
        };
        match (node, &self.phase) {
            (
                Node::Say {
                    next,
                    interruptible: true,
                    ..
                },
                Phase::Playing,
            ) => self.leave(&next, digit, open, now),
            (Node::Digits { .. }, Phase::Playing | Phase::Keys) => self.keyed_in(digit, open, now),
            (Node::Survey { key, next, tries, .. }, Phase::Playing | Phase::Keys) => {
                if MARKS.contains(digit) {
                    let value = digit.to_string();
                    self.steps.push_back(Step::Collected { key, value });
                    self.leave(&next, digit, open, now);
                } else {
                    self.again(tries, &next, Some(digit), open, now);
                }
            }
            (
                Node::Menu {
                    choices,
                    default,
                    tries,
                    ..
                },
                Phase::Playing | Phase::Keys,
            ) => match choices.get(digit.to_string().as_str()) {
                Some(next) => self.leave(&next.clone(), digit, open, now),
                None => self.again(tries, &default, Some(digit), open, now),
            },
            (
                Node::Ask {
                    digits, none, tries, ..
                },
                Phase::Playing | Phase::Keys | Phase::Hearing,
            ) => {
                if digits.contains(digit) {
                    self.answered(digit, Some(digit), open, now);
                } else {
                    self.again(tries, &none, Some(digit), open, now);
                }
            }
            (Node::Message { .. }, Phase::Speaking) if digit == '#' => self.end_message(open, now),
            _ => {}
        }
    }

    /// A question has its answer: `value`, by a key or by words that stand for it.
    pub(super) fn answered(
        &mut self,
        value: char,
        by: Option<char>,
        open: &HashMap<String, bool>,
        now: Instant,
    ) {
        let flow = self.flow.clone();
        let Some(Node::Ask {
            key,
            choices,
            next,
            none,
            ..
        }) = flow.nodes.get(&self.node)
        else {
            return;
        };
        let value = value.to_string();
        let target = choices.get(&value).or(next.as_ref()).unwrap_or(none);
        let key = key.clone();
        self.steps.push_back(Step::Collected { key, value });
        self.steps.push_back(Step::StopPlaying);
        self.enter(target, by, open, now);
    }

    fn keyed_in(&mut self, digit: char, open: &HashMap<String, bool>, now: Instant) {
        let flow = self.flow.clone();
        let Some(Node::Digits {
            max, timeout_seconds, ..
        }) = flow.nodes.get(&self.node)
        else {
            return;
        };
        if self.phase == Phase::Playing {
            self.steps.push_back(Step::StopPlaying);
            self.phase = Phase::Keys;
        }
        self.deadline = Some(now + Duration::from_secs(u64::from(*timeout_seconds)));
        match digit {
            '#' => return self.keying_ended(Some(digit), open, now),
            '*' => self.keyed.clear(),
            _ if digit.is_ascii_digit() => self.keyed.push(digit),
            _ => {}
        }
        if self.keyed.chars().count() >= usize::try_from(*max).unwrap_or(usize::MAX) {
            self.keying_ended(Some(digit), open, now);
        }
    }

    /// By `#`, by the last digit, or because nothing more came.
    pub(super) fn keying_ended(&mut self, by: Option<char>, open: &HashMap<String, bool>, now: Instant) {
        let flow = self.flow.clone();
        let Some(Node::Digits {
            key,
            min,
            tries,
            next,
            none,
            ..
        }) = flow.nodes.get(&self.node)
        else {
            return;
        };
        let length = u32::try_from(self.keyed.chars().count()).unwrap_or(u32::MAX);
        if length < *min {
            return self.again(*tries, none, by, open, now);
        }
        let (key, value) = (key.clone(), std::mem::take(&mut self.keyed));
        self.numbers.insert(key.clone(), value.clone());
        self.steps.push_back(Step::Collected { key, value });
        self.enter(next, by, open, now);
    }
}
