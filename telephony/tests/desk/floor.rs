//! The floor: operators and a supervisor at browsers, and what can be seen of them.

use std::collections::BTreeMap;

use telephony::media::{MediaCommand, MediaEvent};
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::queue::OperatorState;
use telephony::sip::Cause;
use telephony::switch::{
    CallNews, Command, ConsultNews, ConsultState, Denied, Destination, EndedBy, LineState, News, Outcome,
    Wish,
};
use telephony::{CallId, LegId, LineId};

use crate::world::{World, queue, settings};

pub const MOBILE: &str = "13900000001";

pub struct Desks {
    pub world: World,
    pub tag: u64,
    pub lines: u64,
}

/// Three operators whose browsers are connected, and a supervisor's.
pub fn desks(seed: u64) -> Desks {
    desks_rung(seed, 1)
}

/// The same, where so many of them ring at once for a caller.
pub fn desks_rung(seed: u64, at_once: u32) -> Desks {
    let mut settings = settings(&["operator1", "operator2", "operator3"]);
    settings.queues[0].ring_at_once = at_once;
    settings.queues.push(queue("hrss"));
    let mut desks = Desks {
        world: World::without_phones(settings, seed),
        tag: 0,
        lines: 0,
    };
    for person in ["operator1", "operator2", "operator3", "supervisor1"] {
        desks.line(person);
    }
    desks
}

impl Desks {
    pub fn line(&mut self, person: &str) -> LineId {
        self.lines += 1;
        let line = LineId(self.lines);
        self.world.command(Command::OpenLine {
            person: person.into(),
            line,
        });
        self.world.hotline_hears(MediaEvent::LineUp { line });
        line
    }

    pub fn wish(&mut self, person: &str, wish: Wish) -> Result<(), Denied> {
        self.tag += 1;
        let tag = self.tag;
        self.world.command(Command::Wish {
            tag,
            person: person.into(),
            wish,
        });
        let answer = self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Wish { tag: t, result } if *t == tag => Some(*result),
            _ => None,
        });
        answer.expect("every wish is answered")
    }

    pub fn offered(&self) -> Vec<String> {
        let name = |n: &CallNews| match n {
            CallNews::Offered { operator } => Some(operator.clone()),
            _ => None,
        };
        self.world.story().into_iter().filter_map(name).collect()
    }

    /// A citizen talks with an operator; the citizen's leg at the carrier, and who it is.
    pub fn talk(&mut self) -> (LegId, String) {
        let before = self.offered().len();
        let citizen = self.world.citizen_calls(MOBILE);
        let count = |w: &World| {
            let offers = w.story();
            offers
                .iter()
                .filter(|n| matches!(n, CallNews::Offered { .. }))
                .count()
        };
        self.world.until("offered", |w| count(w) > before);
        let operator = self.offered().pop().unwrap();
        assert_eq!(self.wish(&operator, Wish::Answer), Ok(()));
        (citizen, operator)
    }

    /// Two operators other than this one.
    pub fn others(&self, than: &str) -> [String; 2] {
        let all = ["operator1", "operator2", "operator3"];
        let others: Vec<String> = all
            .iter()
            .filter(|o| **o != than)
            .map(|o| (*o).to_owned())
            .collect();
        others.try_into().unwrap()
    }

    pub fn call(&self) -> CallId {
        *self.world.call_ids().last().unwrap()
    }

    /// What each leg that is open hears, as the media thread was told.
    pub fn hears(&self) -> BTreeMap<LegId, Vec<LegId>> {
        let mut hears: BTreeMap<LegId, Vec<LegId>> = BTreeMap::new();
        for command in &self.world.media {
            match command {
                MediaCommand::Bridge { a, b } => {
                    hears.insert(*a, vec![*b]);
                    hears.insert(*b, vec![*a]);
                }
                MediaCommand::Hear { leg, from } => {
                    hears.insert(*leg, from.clone());
                }
                MediaCommand::Close { leg } => {
                    hears.remove(leg);
                    hears.values_mut().for_each(|from| from.retain(|l| l != leg));
                }
                _ => {}
            }
        }
        hears
    }

    /// Legs whose media was never closed.
    pub fn open_legs(&self) -> Vec<LegId> {
        let mut open = Vec::new();
        for command in &self.world.media {
            match command {
                MediaCommand::Open { leg, .. } | MediaCommand::Attach { leg, .. } => open.push(*leg),
                MediaCommand::Close { leg } => open.retain(|l| l != leg),
                _ => {}
            }
        }
        open
    }

    pub fn citizen(&self) -> LegId {
        self.world.citizen_leg().unwrap()
    }

    pub fn citizen_hears(&self) -> Vec<LegId> {
        self.hears().get(&self.citizen()).cloned().unwrap_or_default()
    }

    /// The leg that was last attached to this person's line.
    pub fn leg_of(&self, person: &str) -> LegId {
        let mut lines = BTreeMap::new();
        let mut leg = None;
        for (_, news) in &self.world.news {
            if let News::Line {
                person: p,
                line,
                state: LineState::Connected,
            } = news
            {
                lines.insert(*line, p.clone());
            }
        }
        for command in &self.world.media {
            if let MediaCommand::Attach { leg: l, line } = command
                && lines.get(line).is_some_and(|p| p == person)
            {
                leg = Some(*l);
            }
        }
        leg.expect("a leg was attached")
    }

    pub fn loop_of_citizen(&self) -> Option<String> {
        self.loop_of(self.citizen())
    }

    /// The last loop for this leg, unless it was stopped since.
    pub fn loop_of(&self, heard_by: LegId) -> Option<String> {
        let last = self.world.media.iter().rev().find_map(|m| match m {
            MediaCommand::Play {
                leg, prompts, looped, ..
            } if *leg == heard_by => Some(looped.then(|| prompts[0].to_string())),
            MediaCommand::StopPlaying { leg } if *leg == heard_by => Some(None),
            _ => None,
        });
        last.flatten()
    }

    /// The keys that were sent towards this leg.
    pub fn keys_of(&self, pressed_to: LegId) -> String {
        let keys = self.world.media.iter().filter_map(|m| match m {
            MediaCommand::SendDigit { leg, digit } if *leg == pressed_to => Some(*digit),
            _ => None,
        });
        keys.collect()
    }

    /// The leg that was opened last: of a number that was just called.
    pub fn last_opened(&self) -> LegId {
        let opened = self.world.media.iter().rev().find_map(|m| match m {
            MediaCommand::Open { leg, .. } => Some(*leg),
            _ => None,
        });
        opened.expect("a leg was opened")
    }

    pub fn ended(&self) -> Option<(Outcome, Cause, EndedBy)> {
        self.world.story().into_iter().find_map(|n| match n {
            CallNews::Ended { outcome, cause, by } => Some((*outcome, *cause, *by)),
            _ => None,
        })
    }

    pub fn told(&self, wanted: impl Fn(&CallNews) -> bool) -> bool {
        self.world.story().into_iter().any(wanted)
    }

    pub fn state_of(&self, operator: &str) -> OperatorState {
        let last = self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Operator { name, state, .. } if name == operator => Some(state.clone()),
            _ => None,
        });
        last.unwrap()
    }

    pub fn consult_state(&self, person: &str) -> Option<ConsultState> {
        Some(self.consult(person)?.state)
    }

    pub fn consult(&self, person: &str) -> Option<ConsultNews> {
        let last = self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::Desk { person: p, desk } if p == person => Some(desk.clone()),
            _ => None,
        });
        last?.consult
    }

    /// What this person was told of whom she asked or handed on to: whether they had talked, and whether she is with the citizen again.
    pub fn party_gone(&self, wanted: &str) -> Option<(Cause, bool, bool)> {
        self.world.news.iter().rev().find_map(|(_, n)| match n {
            News::PartyGone {
                person,
                cause,
                answered,
                back,
                ..
            } if person == wanted => Some((*cause, *answered, *back)),
            _ => None,
        })
    }

    /// The outside number's telephone, ringing at the carrier.
    pub fn outside(&mut self, number: &str) -> LegId {
        let incoming = |w: &World| {
            w.carrier_news.iter().rev().find_map(|n| match n {
                PhoneNews::Incoming { leg, called, .. } if called == number => Some(*leg),
                _ => None,
            })
        };
        self.world.until("it rings outside", |w| incoming(w).is_some());
        incoming(&self.world).unwrap()
    }

    /// The consulted number answers.
    pub fn outside_answers(&mut self, number: &str) -> LegId {
        let leg = self.outside(number);
        self.world.at_carrier(PhoneCommand::Answer { leg });
        self.world.until("answered", |w| {
            w.story()
                .iter()
                .any(|n| matches!(n, CallNews::ConsultAnswered { .. }))
        });
        leg
    }

    /// At the head of a queue, nobody lost.
    pub fn is_queued_again(&self) -> bool {
        self.ended().is_none() && self.told(|n| matches!(n, CallNews::Queued { position: 1, .. }))
    }
}

/// Keys to whom the operator talks with.
pub fn keys(digits: &str) -> Wish {
    Wish::Dtmf {
        digits: digits.to_owned(),
        to: None,
    }
}

pub fn to_operator(name: &str) -> Destination {
    Destination::Operator(name.to_owned())
}

pub fn to_number() -> Destination {
    Destination::Number("05341110000".to_owned())
}
