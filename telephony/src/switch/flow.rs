//! Carrying out what a call's menu flow asks for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answer, CallNews, Destination, EndedBy, News, Question, Switch};
use crate::call::{Playing, Purpose, Stage};
use crate::media::{DigitSource, MediaCommand, PlaybackId};
use crate::menu::{Menu, Step};
use crate::reading;
use crate::sip::Cause;
use crate::{CallId, LegId};

/// Some carriers send one key twice, as an event and as INFO, or as two INFO. Two events are two keys: a stored number is dialled quicker
/// than by a finger.
const SAME_KEY: Duration = Duration::from_millis(250);

impl Switch {
    /// Lets the menu of a live call react, then does what it wants.
    pub(super) fn with_menu(
        &mut self,
        id: CallId,
        act: impl FnOnce(&mut Menu, &HashMap<String, bool>, Instant),
    ) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if let Some(menu) = &mut call.menu {
            act(menu, &self.settings.schedules, self.now);
        }
        self.run_steps(id);
    }

    pub(super) fn run_steps(&mut self, id: CallId) {
        while let Some(step) = self.next_step(id) {
            self.run_step(id, step);
        }
    }

    fn next_step(&mut self, id: CallId) -> Option<Step> {
        self.calls.get_mut(&id)?.menu.as_mut()?.poll_step()
    }

    fn run_step(&mut self, id: CallId, step: Step) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let leg = call.citizen;
        match step {
            Step::Entered { node, key } => {
                let title = call.menu.as_ref().and_then(|menu| menu.title_of(&node));
                self.tell_call(id, CallNews::MenuStep { node, title, key });
            }
            Step::Play(prompts) => self.play(id, Playing::Menu, &prompts),
            Step::StopPlaying => {
                call.next_playback(Playing::Nothing);
                self.media(MediaCommand::StopPlaying { leg });
            }
            Step::Collected { key, value } => self.collected(id, key, value),
            Step::MessageStarted { key } => call.message = Some((key, self.now)),
            Step::MessageEnded { key } => self.message_ended(id, key),
            Step::WatchSilence(after) => self.media(MediaCommand::WatchSilence { leg, after }),
            Step::Listen(on) => self.listen(leg, on),
            Step::Understand { number, key, digits } => self.understand(id, number, key, digits),
            Step::AskFacts if self.trials.contains_key(&id) => {}
            Step::Enqueue { queue } if self.trials.contains_key(&id) => self.try_queue(id, queue),
            Step::Transfer { number } if self.trials.contains_key(&id) => self.try_transfer(id, number),
            Step::Enqueue { queue } => self.enqueue(id, &queue),
            Step::AskFacts => self.ask_daemon(id, Question::Facts),
            Step::AskTicket { digits } => self.ask_daemon(id, Question::Ticket { digits }),
            Step::Transfer { number } => self.hand_to_number(id, number),
            Step::CallbackWanted => call.wants_callback = true,
            Step::Hangup => self.end_call(id, Cause::Normal, EndedBy::System),
        }
    }

    pub(super) fn ask_daemon(&mut self, call: CallId, question: Question) {
        // Who tries a flow out has no tickets of their own.
        let caller = match self.trials.contains_key(&call) {
            true => String::new(),
            false => self.caller_number(call),
        };
        self.tell(News::Asked {
            call,
            caller,
            question,
        });
    }

    /// What the daemon knows reaches the flow; a call that is over or has gone on has no use for it.
    pub(super) fn answered_question(&mut self, id: CallId, answer: Answer) {
        match answer {
            Answer::Announced(cause) => return self.announced(id, cause),
            Answer::Heard { number, heard } => return self.understood(id, number, heard),
            _ => {}
        }
        if self.calls.get(&id).is_none_or(|c| c.stage != Stage::Menu) {
            return;
        }
        self.with_menu(id, |menu, open, now| match answer {
            Answer::Facts(facts) => menu.handle_facts(facts, open, now),
            Answer::Ticket(ticket) => menu.handle_ticket(ticket.map(|t| reading::ticket(&t)), open, now),
            Answer::Heard { .. } | Answer::Announced(_) => {}
        });
    }

    /// The flow hands the caller to a telephone outside, who hears it ring until somebody answers.
    fn hand_to_number(&mut self, id: CallId, number: String) {
        match self.call_third(id, Destination::Number(number), Purpose::Blind) {
            Ok(()) => self.route(id),
            Err(_) => self.with_menu(id, |menu, open, now| menu.handle_refused(open, now)),
        }
    }

    /// Nobody answered outside: the flow says what now. False when it was not the flow that had handed the caller on.
    pub(super) fn back_to_flow(&mut self, id: CallId) -> bool {
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        if !call.menu.as_ref().is_some_and(Menu::is_handed) {
            return false;
        }
        call.stage = Stage::Menu;
        call.loops = None;
        self.with_menu(id, |menu, open, now| menu.handle_refused(open, now));
        true
    }

    fn message_ended(&mut self, id: CallId, key: String) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some((_, since)) = call.message.take() else {
            return;
        };
        call.left_message = true;
        let Some(start) = call.recording_since else { return };
        let (from, to) = (
            since.saturating_duration_since(start),
            now.saturating_duration_since(start),
        );
        self.tell_call(id, CallNews::Message { key, from, to });
    }

    /// Plays prompts to the citizen, in place of what plays.
    pub(super) fn play(&mut self, id: CallId, playing: Playing, prompts: &[String]) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let prompts = call.spelled(prompts).into_iter().map(Arc::from).collect();
        let (leg, playback) = (call.citizen, call.next_playback(playing));
        self.media(MediaCommand::Play {
            leg,
            playback,
            prompts,
            looped: playing == Playing::Loop,
        });
    }

    pub(super) fn played(&mut self, leg: LegId, playback: PlaybackId) {
        let Some(id) = self.citizen_call(leg) else { return };
        let Some(call) = self.calls.get(&id).filter(|c| c.playback == playback) else {
            return;
        };
        match call.playing {
            Playing::Menu => self.with_menu(id, |menu, open, now| menu.handle_played(open, now)),
            Playing::Announcement => self.play(id, Playing::Loop, &["hold-music".to_owned()]),
            Playing::Transferring => self.play(id, Playing::Loop, &["ringback".to_owned()]),
            Playing::Farewell => self.end_call(id, Cause::Normal, EndedBy::System),
            Playing::Nothing | Playing::Loop => {}
        }
    }

    pub(super) fn digit(&mut self, leg: LegId, digit: char, source: DigitSource) {
        let Some(id) = self.citizen_call(leg) else { return };
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let is_same = |(last, of, at): (char, DigitSource, Instant)| {
            let may_be_one = of != source || source == DigitSource::Info;
            last == digit && may_be_one && now.saturating_duration_since(at) < SAME_KEY
        };
        if call.last_key.is_some_and(is_same) {
            return;
        }
        call.last_key = Some((digit, source, now));
        if call.stage != Stage::Menu {
            return;
        }
        if self.trials.contains_key(&id) {
            // A key that no telephone has is none.
            let _ = self.press_in_trial(id, digit.encode_utf8(&mut [0; 4]));
            return;
        }
        self.with_menu(id, |menu, open, now| menu.handle_digit(digit, open, now));
    }

    fn enqueue(&mut self, id: CallId, queue: &str) {
        if self.ring_clerk(id, queue) {
            return;
        }
        let (now, caller) = (self.now, self.caller_number(id));
        let outbound = self.calls.get(&id).is_some_and(|call| call.outbound);
        // Whom we called does not wait behind those who called us: an operator was free for them.
        let queued = match outbound {
            true => self.queues.enqueue_first(id, queue, now),
            false => self.queues.enqueue(id, queue, &caller, now),
        };
        if queued.is_err() {
            return self.overflow(id);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.stage = Stage::Queued;
        call.queue = Some(queue.to_owned());
        let position = self.queues.position(id).unwrap_or(1);
        self.tell_call(
            id,
            CallNews::Queued {
                queue: queue.to_owned(),
                position,
            },
        );
    }

    /// The queue cannot keep the caller: on by the flow's other way, or wait for ever, or out.
    pub(super) fn overflow(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if !call.menu.as_ref().is_some_and(Menu::has_overflow) {
            if call.stage == Stage::Queued {
                return self.queues.stay(id);
            }
            return self.end_call(id, Cause::Failed, EndedBy::System);
        }
        call.stage = Stage::Menu;
        self.remember_place(id);
        self.queues.remove(id);
        self.with_menu(id, |menu, open, now| {
            menu.handle_overflow(open, now);
        });
    }

    /// What the flow may say to who leaves the queue: how many are before them, and the minutes that it would take.
    fn remember_place(&mut self, id: CallId) {
        let Some(position) = self.queues.position(id) else {
            return;
        };
        let minutes = self.minutes_to_wait(id, position).unwrap_or(1);
        if let Some(call) = self.calls.get_mut(&id) {
            let place = reading::count(position.saturating_sub(1));
            call.variables.insert("position".to_owned(), place);
            call.variables
                .insert("minutes".to_owned(), reading::count(minutes));
        }
    }

    /// Empty when it is withheld.
    pub(super) fn caller_number(&self, id: CallId) -> String {
        let leg = self.calls.get(&id).and_then(|c| self.legs.get(&c.citizen));
        let number = leg.map(|l| l.party.clone()).unwrap_or_default();
        if number.bytes().any(|b| b.is_ascii_digit()) {
            number
        } else {
            String::new()
        }
    }

    /// Tells a waiting caller their place; the one being rung for just hears it ring.
    pub(super) fn announce(&mut self, id: CallId, position: u32) {
        let Some(call) = self
            .calls
            .get(&id)
            .filter(|c| c.desk.is_none() && c.rings.is_empty())
        else {
            return;
        };
        let first = call.playing == Playing::Nothing || call.playing == Playing::Menu;
        let mut prompts = if first {
            vec!["queue-wait".to_owned()]
        } else {
            Vec::new()
        };
        if position <= 1 {
            prompts.push("queue-next".to_owned());
        } else {
            prompts.push("queue-position-before".to_owned());
            prompts.extend(reading::count(position - 1));
            prompts.push("queue-position-after".to_owned());
        }
        prompts.extend(self.expected_wait(id, position));
        self.play(id, Playing::Announcement, &prompts);
    }

    /// The minutes that a caller at this place will wait, where the queue tells them and somebody is there to shorten them.
    fn expected_wait(&self, id: CallId, position: u32) -> Vec<String> {
        let queue = self
            .calls
            .get(&id)
            .and_then(|c| c.queue.as_deref())
            .unwrap_or_default();
        if !self.queues.settings(queue).is_some_and(|q| q.announce_wait) {
            return Vec::new();
        }
        let Some(minutes) = self.minutes_to_wait(id, position) else {
            return Vec::new();
        };
        let mut prompts = vec!["queue-minutes-before".to_owned()];
        prompts.extend(reading::count(minutes));
        prompts.push("queue-minutes-after".to_owned());
        prompts
    }

    /// None where nobody is there to shorten it.
    fn minutes_to_wait(&self, id: CallId, position: u32) -> Option<u32> {
        let queue = self.calls.get(&id)?.queue.as_deref()?;
        let wait = self.queues.expected_wait(queue, position)?;
        let minutes = u32::try_from(wait.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
        Some(minutes.max(1))
    }
}
