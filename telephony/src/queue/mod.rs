//! Queues: who waits, who is free, and who is offered to whom.
//!
//! Not responsible for phones ringing or prompts playing: it decides, the switch acts.

mod operators;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

pub use operators::{Operator, OperatorSettings, OperatorState};
pub use waiting::Waiting;

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
    pub wrap_up: Duration,
    pub announce: Duration,
    pub max_wait: Duration,
    /// Give the caller back at once when no operator of the skill is signed in.
    pub overflow_when_unstaffed: bool,
}

/// A caller and the operator who shall be rung for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub call: CallId,
    pub operator: String,
    pub ring: Duration,
}

/// All queues and all operators. Strategy: longest idle operator for the longest waiting caller of the first priority.
#[derive(Debug, Default)]
pub struct Queues {
    settings: BTreeMap<String, QueueSettings>,
    operators: BTreeMap<String, Operator>,
    /// In order of arrival; a caller who comes back after a failed offer keeps the place.
    waiting: VecDeque<Waiting>,
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

    pub fn enqueue(&mut self, call: CallId, queue: &str, now: Instant) -> Result<(), NoSuchQueue> {
        let settings = self
            .settings
            .get(queue)
            .ok_or_else(|| NoSuchQueue(queue.to_owned()))?;
        self.waiting.push_back(Waiting::new(call, settings, now));
        Ok(())
    }

    /// Back to the head of the queue, for a caller who lost the operator through no fault of their own.
    pub fn enqueue_first(&mut self, call: CallId, queue: &str, now: Instant) -> Result<(), NoSuchQueue> {
        let settings = self
            .settings
            .get(queue)
            .ok_or_else(|| NoSuchQueue(queue.to_owned()))?;
        self.waiting.push_front(Waiting::new(call, settings, now));
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
            .filter(|&i| self.waiting.get(i).is_some_and(|w| w.offered_to.is_none()))
            .collect();
        order.sort_by_key(|&i| self.priority_of(i));
        for at in order {
            let Some((name, ring)) = self.choose(at, now) else {
                continue;
            };
            let caller = self.waiting.get_mut(at)?;
            caller.offered_to = Some(name.clone());
            let call = caller.call;
            self.operators.get_mut(&name)?.offer(call, now);
            return Some(Offer {
                call,
                operator: name,
                ring,
            });
        }
        None
    }

    fn priority_of(&self, at: usize) -> u32 {
        self.waiting
            .get(at)
            .and_then(|w| self.settings.get(&w.queue))
            .map_or(u32::MAX, |q| q.priority)
    }

    /// Longest idle among the free who have the skill and have not just refused this caller.
    fn choose(&self, at: usize, now: Instant) -> Option<(String, Duration)> {
        let caller = self.waiting.get(at)?;
        let queue = self.settings.get(&caller.queue)?;
        self.operators
            .values()
            .filter(|o| {
                o.state == OperatorState::Ready
                    && o.has_skill(&queue.skill)
                    && !caller.rests(&o.settings.name, now)
            })
            .min_by_key(|o| o.idle_since)
            .map(|o| (o.settings.name.clone(), queue.ring))
    }

    /// The operator took the call: the caller leaves the queue.
    pub fn answered(&mut self, call: CallId, operator: &str, now: Instant) -> Option<Waiting> {
        self.operators.get_mut(operator)?.talk(call, now);
        self.remove(call)
    }

    /// The phone rang out, was busy or refused: the caller keeps the place, the operator goes to the end of the idle line.
    pub fn offer_failed(&mut self, call: CallId, operator: &str, now: Instant) {
        if let Some(caller) = self.waiting.iter_mut().find(|w| w.call == call) {
            caller.offered_to = None;
            caller
                .refused
                .insert(operator.to_owned(), now + REST_AFTER_REFUSAL);
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
        let free = self
            .operators
            .get_mut(operator)
            .filter(|o| o.state == OperatorState::Ready);
        match free {
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
            operator.finished(wrap_up, now);
        }
    }

    /// A caller who has waited too long, or for whom nobody is signed in. Comes again until the caller is removed or `stay`s.
    #[must_use]
    pub fn poll_overflow(&self, now: Instant) -> Option<CallId> {
        self.waiting
            .iter()
            .find(|w| w.offered_to.is_none() && self.overflows(w, now))
            .map(|w| w.call)
    }

    fn overflows(&self, caller: &Waiting, now: Instant) -> bool {
        let Some(queue) = self.settings.get(&caller.queue) else {
            return !caller.stays;
        };
        !caller.stays
            && (now >= caller.since + queue.max_wait
                || (queue.overflow_when_unstaffed && !self.is_staffed(queue)))
    }

    fn is_staffed(&self, queue: &QueueSettings) -> bool {
        self.operators
            .values()
            .any(|o| o.state != OperatorState::Offline && o.has_skill(&queue.skill))
    }

    /// There is no other way for this caller: no more overflow.
    pub fn stay(&mut self, call: CallId) {
        if let Some(caller) = self.waiting.iter_mut().find(|w| w.call == call) {
            caller.stays = true;
        }
    }

    /// A caller to be told their position now.
    pub fn poll_announcement(&mut self, now: Instant) -> Option<(CallId, u32)> {
        let at = self
            .waiting
            .iter()
            .position(|w| w.announce_at.is_some_and(|due| due <= now))?;
        let caller = self.waiting.get_mut(at)?;
        let every = self
            .settings
            .get(&caller.queue)
            .map_or(Duration::ZERO, |q| q.announce);
        caller.announce_at = (!every.is_zero()).then(|| now + every);
        let call = caller.call;
        self.position(call).map(|position| (call, position))
    }

    /// Ends wrap-ups that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for operator in self.operators.values_mut() {
            operator.handle_timeout(now);
        }
    }

    /// The next time anything here is due.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let wrap_ups = self.operators.values().filter_map(Operator::deadline);
        let callers = self.waiting.iter().flat_map(|w| {
            let max_wait = self.settings.get(&w.queue).map(|q| w.since + q.max_wait);
            let overflow = max_wait.filter(|_| !w.stays && w.offered_to.is_none());
            let rests = w.refused.values().copied().filter(|&until| until > now).min();
            [w.announce_at, overflow, rests]
        });
        wrap_ups.chain(callers.flatten()).min()
    }
}

#[cfg(test)]
mod tests;
