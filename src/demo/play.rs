//! Who calls when, who says what to whom: citizens and operators take turns, each line a clip that is really spoken.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use telephony::LegId;
use telephony::phone::{PhoneCommand, PhoneNews};
use tokio::sync::mpsc;

use super::Cue;
use super::cast::{Cast, Citizen, Survey, Voice, clip};
use super::interview::{Interview, Turn};
use super::stage::{Bank, Stage};
use crate::clock::Rng;

/// A citizen waits for this much silence before answering a recorded question.
const LISTENS_FOR: Duration = Duration::from_millis(900);

/// A conversation between a desk and a citizen, one line after the other.
struct Dialogue {
    citizen: Option<(LegId, Citizen)>,
    voice: Voice,
    turn: usize,
}

pub struct Play {
    stage: Stage,
    cast: Cast,
    cues: mpsc::UnboundedSender<Cue>,
    rng: Rng,
    /// Called numbers of the hotline: the first, and one whose menu has keys.
    numbers: (String, String),
    /// Citizens on the phone, by the number that the hotline knows them by.
    callers: HashMap<String, (LegId, Citizen)>,
    dialled: HashMap<u64, Citizen>,
    dialogues: HashMap<LegId, Dialogue>,
    interviews: HashMap<LegId, Interview>,
    /// Who was dissatisfied once: the second time the matter is put right.
    disappointed: HashSet<String>,
    next: u64,
    pub placed: usize,
    pub failed: usize,
}

impl Play {
    pub fn new(
        stage: Stage,
        cast: Cast,
        cues: mpsc::UnboundedSender<Cue>,
        rng: Rng,
        numbers: (String, String),
    ) -> Self {
        Self {
            stage,
            cast,
            cues,
            rng,
            numbers,
            callers: HashMap::new(),
            dialled: HashMap::new(),
            dialogues: HashMap::new(),
            interviews: HashMap::new(),
            disappointed: HashSet::new(),
            next: 0,
            placed: 0,
            failed: 0,
        }
    }

    /// Citizens on the phone or dialling.
    pub fn on_the_phone(&self) -> usize {
        self.callers.len() + self.dialled.len()
    }

    /// The next citizen who is not on the phone already dials. `patient` leaves out those who hang up in the queue.
    pub fn enter(&mut self, patient: bool) {
        let count = self.cast.citizens.len();
        for _ in 0..count {
            let at = usize::try_from(self.next).unwrap_or(0) % count;
            self.next += 1;
            let Some(citizen) = self.cast.citizens.get(at).cloned() else {
                return;
            };
            let busy = self.callers.contains_key(&national(&citizen.number))
                || self.dialled.values().any(|c| c.number == citizen.number);
            if busy || (patient && citizen.patience_seconds.is_some()) {
                continue;
            }
            let called = if citizen.menu_keys.is_empty() {
                &self.numbers.0
            } else {
                &self.numbers.1
            };
            self.stage.dial(self.next, &citizen.number, called);
            self.dialled.insert(self.next, citizen);
            self.placed += 1;
            return;
        }
    }

    pub fn handle(&mut self, cue: Cue) {
        match cue {
            Cue::Phone(Bank::Carrier, news) => self.carrier(news),
            Cue::Phone(Bank::Desks, news) => self.desk(news),
            Cue::PickUp(bank, leg) => self.stage.tell(bank, PhoneCommand::Answer { leg }),
            Cue::Press(leg, digit) => self.stage.tell(Bank::Carrier, PhoneCommand::Press { leg, digit }),
            Cue::Speak(desk) => self.speak(desk),
            Cue::LosePatience(leg) => {
                if !self
                    .dialogues
                    .values()
                    .any(|d| d.citizen.as_ref().is_some_and(|(l, _)| *l == leg))
                {
                    self.stage.tell(Bank::Carrier, PhoneCommand::Hangup { leg });
                }
            }
            Cue::Leave(bank, leg) => self.stage.tell(bank, PhoneCommand::Hangup { leg }),
        }
    }

    fn carrier(&mut self, news: PhoneNews) {
        match news {
            PhoneNews::Dialled { tag, leg } => {
                if let Some(citizen) = self.dialled.remove(&tag) {
                    if let Some(patience) = citizen.patience_seconds {
                        self.later(Duration::from_secs(patience), Cue::LosePatience(leg));
                    }
                    self.callers.insert(national(&citizen.number), (leg, citizen));
                }
            }
            PhoneNews::NotDialled { tag, why } => {
                tracing::warn!(why, "a citizen of the demo could not dial");
                self.dialled.remove(&tag);
                self.failed += 1;
            }
            PhoneNews::Answered { leg } => self.reached(leg),
            PhoneNews::Incoming { leg, called, .. } => self.called_back(leg, &called),
            PhoneNews::Played { leg } => self.carrier_played(leg),
            PhoneNews::Quiet { leg } => self.asked(leg),
            PhoneNews::Spoken { leg, sound } => self.replied(leg, sound.0.len()),
            PhoneNews::Ended { leg, .. } => {
                self.callers.retain(|_, (l, _)| *l != leg);
                self.interviews.remove(&leg);
            }
            PhoneNews::Digit { .. }
            | PhoneNews::TalkSpurt { .. }
            | PhoneNews::Closed { .. }
            | PhoneNews::Account { .. } => {}
        }
    }

    /// The hotline or the citizen picked up: keys for the menu, ears for the survey.
    fn reached(&mut self, leg: LegId) {
        if self.interviews.contains_key(&leg) {
            return self.stage.tell(
                Bank::Carrier,
                PhoneCommand::WatchSilence {
                    leg,
                    after: LISTENS_FOR,
                },
            );
        }
        let keys = self
            .callers
            .values()
            .find(|(l, _)| *l == leg)
            .map(|(_, c)| c.menu_keys.clone());
        for (n, key) in keys.unwrap_or_default().chars().enumerate() {
            self.later(Duration::from_secs(8 + 3 * n as u64), Cue::Press(leg, key));
        }
    }

    /// The hotline calls a citizen back.
    fn called_back(&mut self, leg: LegId, called: &str) {
        let citizen = self.cast.citizens.iter().find(|c| national(&c.number) == called);
        let Some(mut survey) = citizen.and_then(|c| c.survey.clone()) else {
            // Somebody who does not answer: the caller gives up.
            return;
        };
        let is_satisfied = survey.solved == "1" && matches!(survey.satisfaction.as_str(), "3" | "4" | "5");
        if !is_satisfied && !self.disappointed.insert(called.to_owned()) {
            survey = Survey {
                solved: "1".to_owned(),
                satisfaction: "4".to_owned(),
                remark: None,
                said: HashMap::new(),
            };
        }
        self.interviews.insert(leg, Interview::new(&survey));
        let ring = Duration::from_millis((self.rng.u64() % 2500) + 1500);
        self.later(ring, Cue::PickUp(Bank::Carrier, leg));
    }

    /// The recorded voice has fallen silent: the citizen answers.
    fn asked(&mut self, leg: LegId) {
        if let Some(turn) = self.interviews.get_mut(&leg).and_then(Interview::asked) {
            self.take_turn(leg, turn);
        }
    }

    /// The machine has said something to what was said: the next question, or that it did not understand.
    fn replied(&mut self, leg: LegId, samples: usize) {
        if let Some(turn) = self.interviews.get_mut(&leg).and_then(|i| i.replied(samples)) {
            self.take_turn(leg, turn);
        }
    }

    fn take_turn(&mut self, leg: LegId, turn: Turn) {
        match turn {
            Turn::Press(digit) => {
                self.stage.tell(Bank::Carrier, PhoneCommand::Press { leg, digit });
                let after = LISTENS_FOR;
                self.stage
                    .tell(Bank::Carrier, PhoneCommand::WatchSilence { leg, after });
            }
            Turn::Speak(clip) => {
                let prompts = vec![clip];
                self.stage
                    .tell(Bank::Carrier, PhoneCommand::Play { leg, prompts });
            }
            Turn::Listen(how) => self.stage.tell(Bank::Carrier, PhoneCommand::Listen { leg, how }),
            Turn::End => self
                .stage
                .tell(Bank::Carrier, PhoneCommand::Press { leg, digit: '#' }),
        }
    }

    fn carrier_played(&mut self, leg: LegId) {
        match self.interviews.get_mut(&leg).map(Interview::said) {
            Some(turn) => self.take_turn(leg, turn),
            None => self.line_spoken(leg),
        }
    }

    fn desk(&mut self, news: PhoneNews) {
        match news {
            PhoneNews::Incoming {
                leg, caller, account, ..
            } => {
                let voices = self.cast.voices.len();
                let pick = account
                    .as_deref()
                    .unwrap_or_default()
                    .bytes()
                    .map(usize::from)
                    .sum::<usize>()
                    % voices;
                let Some(voice) = self.cast.voices.get(pick).cloned() else {
                    return;
                };
                let citizen = self.callers.get(&caller.number).cloned();
                self.dialogues.insert(
                    leg,
                    Dialogue {
                        citizen,
                        voice,
                        turn: 0,
                    },
                );
                let ring = Duration::from_millis((self.rng.u64() % 3000) + 1000);
                self.later(ring, Cue::PickUp(Bank::Desks, leg));
            }
            PhoneNews::Answered { leg } => self.later(Duration::from_millis(400), Cue::Speak(leg)),
            PhoneNews::Played { leg } => self.line_spoken(leg),
            PhoneNews::Ended { leg, .. } => {
                self.dialogues.remove(&leg);
            }
            _ => {}
        }
    }

    /// Even turns are the operator's, odd ones the citizen's. A caller from outside the play speaks for themselves: the operator
    /// leaves them time.
    fn speak(&mut self, desk: LegId) {
        let Some(dialogue) = self.dialogues.get(&desk) else {
            return;
        };
        let line = dialogue.turn / 2;
        let operators_turn = dialogue.turn.is_multiple_of(2);
        let said = match (&dialogue.citizen, operators_turn) {
            (_, true) => dialogue
                .voice
                .lines
                .get(line)
                .map(|l| (Bank::Desks, desk, clip(l))),
            (Some((leg, citizen)), false) => citizen.lines.get(line).map(|l| (Bank::Carrier, *leg, clip(l))),
            (None, false) => return self.give_time(desk),
        };
        match said {
            Some((bank, leg, clip)) => self.stage.tell(
                bank,
                PhoneCommand::Play {
                    leg,
                    prompts: vec![clip],
                },
            ),
            None => self.part(desk),
        }
    }

    fn give_time(&mut self, desk: LegId) {
        if let Some(dialogue) = self.dialogues.get_mut(&desk) {
            dialogue.turn += 1;
            self.later(Duration::from_secs(8), Cue::Speak(desk));
        }
    }

    fn line_spoken(&mut self, leg: LegId) {
        let speaks = |(desk, d): (&LegId, &Dialogue)| {
            *desk == leg || d.citizen.as_ref().is_some_and(|(citizen, _)| *citizen == leg)
        };
        let Some(desk) = self
            .dialogues
            .iter()
            .find(|(k, v)| speaks((k, v)))
            .map(|(desk, _)| *desk)
        else {
            return;
        };
        if let Some(dialogue) = self.dialogues.get_mut(&desk) {
            dialogue.turn += 1;
        }
        let pause = Duration::from_millis((self.rng.u64() % 500) + 300);
        self.later(pause, Cue::Speak(desk));
    }

    /// Everything is said: the citizen hangs up, or the operator when the citizen is not one of ours.
    fn part(&mut self, desk: LegId) {
        let Some(dialogue) = self.dialogues.get(&desk) else {
            return;
        };
        let (bank, leg) = match &dialogue.citizen {
            Some((leg, _)) => (Bank::Carrier, *leg),
            None => (Bank::Desks, desk),
        };
        self.later(Duration::from_millis(500), Cue::Leave(bank, leg));
    }

    fn later(&self, after: Duration, cue: Cue) {
        let cues = self.cues.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // At the end of the demo nobody listens any more.
            let _ = cues.send(cue);
        });
    }
}

/// A number as the hotline normalises it.
fn national(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match number.strip_prefix("+86") {
        Some(rest) if rest.starts_with('1') && rest.len() == 11 => rest.to_owned(),
        Some(rest) => format!("0{}", rest.trim_start_matches('0')),
        None => digits,
    }
}
