//! What becomes due in the queues as time passes: overflow, announcements, ends of wrap-ups.

use std::time::{Duration, Instant};

use super::{Operator, OperatorState, QueueSettings, Queues, Strategy, Waiting};
use crate::CallId;

impl Queues {
    /// A caller who has waited too long, or for whom nobody is signed in. Comes again until the caller is removed or `stay`s.
    #[must_use]
    pub fn poll_overflow(&self, now: Instant) -> Option<CallId> {
        self.waiting
            .iter()
            .find(|w| w.rung.is_empty() && self.overflows(w, now))
            .map(|w| w.call)
    }

    pub(super) fn overflows(&self, caller: &Waiting, now: Instant) -> bool {
        let Some(queue) = self.settings.get(&caller.queue) else {
            return !caller.stays;
        };
        !caller.stays
            && (now >= caller.since + queue.max_wait
                || self.is_beyond(caller, queue.max_waiting)
                || self.is_deserted(queue))
    }

    /// Whether more than `limit` others are before the caller.
    fn is_beyond(&self, caller: &Waiting, limit: u32) -> bool {
        let ahead = || {
            self.waiting(&caller.queue)
                .take_while(|w| w.call != caller.call)
                .count()
        };
        limit > 0 && u32::try_from(ahead()).is_ok_and(|n| n >= limit)
    }

    /// Whether nobody is there, as far as the queue wants it looked at.
    fn is_deserted(&self, queue: &QueueSettings) -> bool {
        let is_away = |state: &OperatorState| match state {
            OperatorState::Offline => true,
            OperatorState::Paused(_) => queue.overflow_when_paused,
            _ => false,
        };
        let mut operators = self.operators.values().filter(|o| o.has_skill(&queue.skill));
        let minds = queue.overflow_when_unstaffed || queue.overflow_when_paused;
        minds && operators.all(|o| is_away(&o.state))
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
            let overflow = max_wait.filter(|_| !w.stays && w.rung.is_empty());
            let rests = w.refused.values().copied().filter(|&until| until > now).min();
            let strategy = self
                .settings
                .get(&w.queue)
                .map_or(Strategy::default(), |q| q.strategy);
            let further = strategy
                .next_level_at(w.first, now)
                .filter(|_| self.has_place(w, now));
            [w.announce_at, overflow, rests, further]
        });
        wrap_ups.chain(callers.flatten()).min()
    }
}
