//! Queues: who waits, who is free, and who is offered to whom.
//!
//! Not responsible for phones ringing or prompts playing: it decides, the switch acts.

mod due;
mod memory;
mod operators;
mod strategy;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use memory::Memory;
pub use memory::Past;
pub use operators::{MISSED, Operator, OperatorSettings, OperatorState, Skill};
pub use strategy::{Candidate, Strategy};
pub use waiting::{Arrival, Waiting};

use crate::CallId;

/// An operator who let a call ring or refused it is not offered the same caller again for this long, if anybody else can be.
const REST_AFTER_REFUSAL: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    pub name: String,
    pub title: String,
    /// What an operator must be able to do to be offered these callers.
    pub skill: String,
    /// Where an operator serves several queues, the smaller number is served first.
    pub priority: u32,
    pub ring: Duration,
    /// How many operators ring together for one caller (同振); the first to answer has the call. 0 is 1.
    pub ring_at_once: u32,
    pub wrap_up: Duration,
    pub announce: Duration,
    pub max_wait: Duration,
    /// Give the caller back at once when no operator of the skill is signed in.
    pub overflow_when_unstaffed: bool,
    /// Who is paused is no operator to wait for.
    pub overflow_when_paused: bool,
    pub strategy: Strategy,
    /// Each such span of waiting counts as one step of `priority`, so that nobody starves behind a busier queue. Zero: never.
    pub ageing: Duration,
    /// A caller who comes again within this time is offered to the operator who knows the matter, if free. Zero: never.
    pub sticky: Duration,
    /// A caller who would wait behind so many others is given back at once. 0: never.
    pub max_waiting: u32,
    /// So many calls in a row rung out or refused pause the operator. 0: never.
    pub pause_after_missed: u32,
    /// Tells the expected wait with the place.
    pub announce_wait: bool,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            skill: String::new(),
            priority: 5,
            ring: Duration::from_secs(20),
            ring_at_once: 1,
            wrap_up: Duration::ZERO,
            announce: Duration::ZERO,
            max_wait: Duration::from_secs(300),
            overflow_when_unstaffed: false,
            overflow_when_paused: false,
            strategy: Strategy::default(),
            ageing: Duration::ZERO,
            sticky: Duration::ZERO,
            max_waiting: 0,
            pause_after_missed: 0,
            announce_wait: false,
        }
    }
}

/// A caller and the operator who shall be rung for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub call: CallId,
    pub operator: String,
    pub ring: Duration,
}

/// All queues and all operators. The longest waiting caller of the first priority is offered to whom the queue's strategy names.
#[derive(Debug, Default)]
pub struct Queues {
    settings: BTreeMap<String, QueueSettings>,
    operators: BTreeMap<String, Operator>,
    /// In order of arrival; a caller who comes back after a failed offer keeps the place.
    waiting: VecDeque<Waiting>,
    /// Offers made, which is what "in turn" counts by.
    turns: u64,
    memory: Memory,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no queue {0:?}")]
pub struct NoSuchQueue(pub String);

impl Queues {
    /// Takes over new settings; callers wait on, operators keep their state.
    pub fn configure(&mut self, queues: Vec<QueueSettings>, operators: Vec<OperatorSettings>, now: Instant) {
        self.settings = queues.into_iter().map(|q| (q.name.clone(), q)).collect();
        let mut before = std::mem::take(&mut self.operators);
        for settings in operators {
            let operator = match before.remove(&settings.name) {
                Some(known) => known.with_settings(settings),
                None => Operator::new(settings, now),
            };
            self.operators.insert(operator.settings.name.clone(), operator);
        }
        // Who waits in a queue that tells places from now on is told, too.
        for caller in &mut self.waiting {
            let tells = self
                .settings
                .get(&caller.queue)
                .is_some_and(|q| !q.announce.is_zero());
            if tells && caller.announce_at.is_none() {
                caller.announce_at = Some(now);
            }
        }
    }

    #[must_use]
    pub fn settings(&self, queue: &str) -> Option<&QueueSettings> {
        self.settings.get(queue)
    }

    pub fn queues(&self) -> impl Iterator<Item = &QueueSettings> {
        self.settings.values()
    }

    pub fn operators(&self) -> impl Iterator<Item = &Operator> {
        self.operators.values()
    }

    #[must_use]
    pub fn operator(&self, name: &str) -> Option<&Operator> {
        self.operators.get(name)
    }

    pub fn operator_mut(&mut self, name: &str) -> Option<&mut Operator> {
        self.operators.get_mut(name)
    }

    /// Callers of one queue in order; those being rung for included.
    pub fn waiting<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = &'a Waiting> {
        self.waiting.iter().filter(move |w| w.queue == queue)
    }

    /// 1 for the next in line.
    #[must_use]
    pub fn position(&self, call: CallId) -> Option<u32> {
        let queue = &self.waiting.iter().find(|w| w.call == call)?.queue;
        let place = self.waiting(queue).position(|w| w.call == call)?;
        u32::try_from(place + 1).ok()
    }

    /// `caller` is the number; empty when it is withheld.
    pub fn enqueue(
        &mut self,
        call: CallId,
        queue: &str,
        caller: &str,
        now: Instant,
    ) -> Result<(), NoSuchQueue> {
        let settings = self
            .settings
            .get(queue)
            .ok_or_else(|| NoSuchQueue(queue.to_owned()))?;
        let knows = self.memory.recall(caller, settings.sticky, now);
        let arrival = Arrival {
            now,
            first: now,
            knows,
        };
        self.waiting.push_back(Waiting::new(call, settings, arrival));
        Ok(())
    }

    /// Back to the head of the queue, for a caller who lost the operator through no fault of their own.
    pub fn enqueue_first(&mut self, call: CallId, queue: &str, now: Instant) -> Result<(), NoSuchQueue> {
        let settings = self
            .settings
            .get(queue)
            .ok_or_else(|| NoSuchQueue(queue.to_owned()))?;
        // As old as the oldest there: whoever waits longer must not age past the head of the queue.
        let first = self
            .waiting(queue)
            .map(|w| w.first)
            .chain([now])
            .min()
            .unwrap_or(now);
        let arrival = Arrival {
            now,
            first,
            knows: None,
        };
        self.waiting.push_front(Waiting::new(call, settings, arrival));
        Ok(())
    }

    /// The caller is gone or was given to somebody.
    pub fn remove(&mut self, call: CallId) -> Option<Waiting> {
        let at = self.waiting.iter().position(|w| w.call == call)?;
        self.waiting.remove(at)
    }

    /// The next pair, both marked as taken. Call until None after anything changed.
    pub fn poll_offer(&mut self, now: Instant) -> Option<Offer> {
        let mut order: Vec<usize> = (0..self.waiting.len())
            .filter(|&i| self.waiting.get(i).is_some_and(|w| self.has_place(w, now)))
            .collect();
        // A caller for whom nobody rings yet comes before a further phone for one who has some.
        let is_rung = |i: usize| self.waiting.get(i).is_some_and(|w| !w.rung.is_empty());
        order.sort_by_key(|&i| (is_rung(i), self.priority_of(i, now)));
        for at in order {
            let Some((name, ring)) = self.choose(at, now) else {
                continue;
            };
            let caller = self.waiting.get_mut(at)?;
            caller.rung.push(name.clone());
            let call = caller.call;
            self.turns += 1;
            let operator = self.operators.get_mut(&name)?;
            operator.offer(call, now);
            operator.last_turn = self.turns;
            return Some(Offer {
                call,
                operator: name,
                ring,
            });
        }
        None
    }

    /// Whether a further phone may ring for this caller. One who has waited too long is left to those who ring already, and then given
    /// back: else fresh phones would keep the caller from the overflow for ever.
    fn has_place(&self, caller: &Waiting, now: Instant) -> bool {
        let at_once = self
            .settings
            .get(&caller.queue)
            .map_or(1, |q| q.ring_at_once.max(1));
        caller.rung.is_empty()
            || (caller.rung.len() < usize::try_from(at_once).unwrap_or(1) && !self.overflows(caller, now))
    }

    /// The queue's, a step better for each span of waiting.
    fn priority_of(&self, at: usize, now: Instant) -> u32 {
        let aged = |w: &Waiting| {
            let queue = self.settings.get(&w.queue)?;
            let waited = now.saturating_duration_since(w.first).as_millis();
            let steps = waited.checked_div(queue.ageing.as_millis()).unwrap_or(0);
            Some(
                queue
                    .priority
                    .saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX)),
            )
        };
        self.waiting.get(at).and_then(aged).unwrap_or(u32::MAX)
    }

    /// Of the free who have the skill and have not just refused this caller: whom the strategy names.
    fn choose(&self, at: usize, now: Instant) -> Option<(String, Duration)> {
        let caller = self.waiting.get(at)?;
        let queue = self.settings.get(&caller.queue)?;
        let free = self
            .operators
            .values()
            .filter(|o| o.is_free() && !caller.rests(&o.settings.name, now))
            .filter_map(|o| o.candidate(&queue.skill, now));
        let waited = now.saturating_duration_since(caller.first);
        let best = self.best_level(&queue.skill);
        let name = queue
            .strategy
            .choose(free, best, waited, caller.knows.as_deref())?;
        Some((name.to_owned(), queue.ring))
    }

    /// Whom the queue would give a colleague who asks: of the free, not one of `but`. Nobody waits for it, so every level may be asked.
    #[must_use]
    pub fn pick(&self, queue: &str, but: &[String], now: Instant) -> Option<String> {
        let queue = self.settings.get(queue)?;
        let free = self
            .operators
            .values()
            .filter(|o| o.is_free() && !but.contains(&o.settings.name))
            .filter_map(|o| o.candidate(&queue.skill, now));
        let best = self.best_level(&queue.skill);
        let name = queue.strategy.choose(free, best, Duration::MAX, None)?;
        Some(name.to_owned())
    }

    /// Who is present but not to be rung now.
    pub fn set_aside(&mut self, is_aside: impl Fn(&str) -> bool) {
        for (name, operator) in &mut self.operators {
            operator.aside = is_aside(name);
        }
    }

    fn best_level(&self, skill: &str) -> u8 {
        let present = self
            .operators
            .values()
            .filter(|o| o.state != OperatorState::Offline);
        present.filter_map(|o| o.level(skill)).min().unwrap_or(u8::MAX)
    }

    /// The operator took the call: the caller leaves the queue, and who else was rung is free again.
    pub fn answered(&mut self, call: CallId, operator: &str, now: Instant) -> Option<Waiting> {
        self.operators.get_mut(operator)?.talk(call, now);
        let caller = self.remove(call)?;
        for other in caller.rung.iter().filter(|name| *name != operator) {
            if let Some(other) = self.operators.get_mut(other) {
                other.offer_lost(now);
            }
        }
        Some(caller)
    }

    /// The phone rang out, was busy or refused: the caller keeps the place, the operator goes to the end of the idle line.
    pub fn offer_failed(&mut self, call: CallId, operator: &str, now: Instant) {
        if let Some(caller) = self.waiting.iter_mut().find(|w| w.call == call) {
            caller.rung.retain(|name| name != operator);
            caller
                .refused
                .insert(operator.to_owned(), now + REST_AFTER_REFUSAL);
            let queue = self.settings.get(&caller.queue);
            let limit = queue.map_or(0, |q| q.pause_after_missed);
            if let Some(operator) = self.operators.get_mut(operator) {
                operator.missed(limit);
            }
        }
        self.offer_withdrawn(operator, now);
    }

    /// The caller hung up while the phone rang.
    pub fn offer_withdrawn(&mut self, operator: &str, now: Instant) {
        if let Some(operator) = self.operators.get_mut(operator) {
            operator.offer_ended(now);
        }
    }

    /// A colleague is rung for a call that is in no queue. False when they are not free.
    pub fn reserve(&mut self, operator: &str, call: CallId, now: Instant) -> bool {
        match self.operators.get_mut(operator).filter(|o| o.is_free()) {
            Some(operator) => {
                operator.offer(call, now);
                true
            }
            None => false,
        }
    }

    /// The operator talks in a call that did not come by an offer.
    pub fn talk(&mut self, operator: &str, call: CallId, now: Instant) {
        if let Some(operator) = self.operators.get_mut(operator) {
            operator.talk(call, now);
        }
    }

    /// The conversation is over: wrap-up of the queue it came from.
    pub fn finished(&mut self, operator: &str, queue: &str, now: Instant) {
        let wrap_up = self.settings.get(queue).map_or(Duration::ZERO, |q| q.wrap_up);
        if let Some(operator) = self.operators.get_mut(operator) {
            if let OperatorState::Talking(_) = operator.state {
                let talked = now.saturating_duration_since(operator.since);
                self.memory.finished(queue, talked + wrap_up);
            }
            operator.finished(wrap_up, now);
        }
    }

    /// The end of a conversation that came from no queue, such as a call back: the longest wrap-up of the queues that the operator serves.
    pub fn finished_own(&mut self, operator: &str, now: Instant) {
        let Some(operator) = self.operators.get_mut(operator) else {
            return;
        };
        let served = self.settings.values().filter(|q| operator.has_skill(&q.skill));
        let wrap_up = served.map(|q| q.wrap_up).max().unwrap_or_default();
        operator.finished(wrap_up, now);
    }

    /// `operator` knows the matter of the citizen with this number.
    pub fn remember(&mut self, caller: &str, operator: &str, now: Instant) {
        let longest = self.settings.values().map(|q| q.sticky).max().unwrap_or_default();
        self.memory.remember(caller, operator, longest, now);
    }

    /// What was learnt before a restart, the oldest conversation first.
    pub fn recollect(&mut self, past: Vec<Past>, now: Instant) {
        let longest = self.settings.values().map(|q| q.sticky).max().unwrap_or_default();
        for past in past {
            if let Some(at) = now.checked_sub(past.ago) {
                self.memory.remember(&past.caller, &past.operator, longest, at);
            }
            if let Some(queue) = self.settings.get(&past.queue) {
                self.memory.finished(&past.queue, past.talked + queue.wrap_up);
            }
        }
    }

    /// How long a caller of the queue who is at this place will wait, from how long conversations last there and how many operators
    /// take them. None when nobody is there to take them.
    #[must_use]
    pub fn expected_wait(&self, queue: &str, position: u32) -> Option<Duration> {
        let skill = &self.settings.get(queue)?.skill;
        let at_work = |o: &&Operator| !matches!(o.state, OperatorState::Offline | OperatorState::Paused(_));
        let operators = self
            .operators
            .values()
            .filter(at_work)
            .filter(|o| o.has_skill(skill))
            .count();
        let operators = u32::try_from(operators).ok().filter(|&n| n > 0)?;
        Some(self.memory.handling(queue) * position / operators)
    }
}

#[cfg(test)]
mod ring_tests;
#[cfg(test)]
mod strategy_tests;
#[cfg(test)]
mod tests;
