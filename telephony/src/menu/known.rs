//! What only the daemon knows: facts of the caller and states of tickets. A flow asks, waits a little, and goes on without.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::interpreter::Phase;
use super::{Fact, Menu, Node, Step};

/// A database that is slow must not leave a citizen in silence.
const PATIENCE: Duration = Duration::from_secs(2);

impl Menu {
    /// What is known of the caller.
    pub fn handle_facts(&mut self, facts: BTreeSet<Fact>, open: &HashMap<String, bool>, now: Instant) {
        self.facts = Some(facts);
        self.choose_by_facts(open, now);
    }

    /// The words for the ticket that `Step::AskTicket` asked for; None: there is none to tell of.
    pub fn handle_ticket(&mut self, words: Option<Vec<String>>, open: &HashMap<String, bool>, now: Instant) {
        let flow = self.flow.clone();
        let (Phase::Asking, Some(Node::TicketStatus { none, .. })) =
            (&self.phase, flow.nodes.get(&self.node))
        else {
            return;
        };
        match words {
            Some(words) => {
                self.phase = Phase::Playing;
                self.deadline = None;
                self.steps.push_back(Step::Play(words));
            }
            None => self.enter(none, None, open, now),
        }
    }

    /// The telephone outside did not answer, or could not be called.
    pub fn handle_refused(&mut self, open: &HashMap<String, bool>, now: Instant) {
        let flow = self.flow.clone();
        if let (Phase::Handed, Some(Node::Transfer { failed, .. })) =
            (&self.phase, flow.nodes.get(&self.node))
        {
            self.enter(failed, None, open, now);
        }
    }

    /// The flow has handed the caller to a telephone outside.
    #[must_use]
    pub fn is_handed(&self) -> bool {
        self.phase == Phase::Handed
    }

    /// In a queue or with a telephone outside: what comes next is not the flow's to say.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.phase, Phase::Queued | Phase::Handed)
    }

    pub(super) fn ask(&mut self, question: Step, now: Instant) {
        self.phase = Phase::Asking;
        self.deadline = Some(now + PATIENCE);
        self.steps.push_back(question);
    }

    /// Goes on by what is known, which is nothing if the daemon did not answer in time.
    pub(super) fn choose_by_facts(&mut self, open: &HashMap<String, bool>, now: Instant) {
        let flow = self.flow.clone();
        let (Phase::Asking, Some(Node::Caller { tests, otherwise })) =
            (&self.phase, flow.nodes.get(&self.node))
        else {
            return;
        };
        let facts = self.facts.get_or_insert_default();
        let next = chosen(tests, otherwise, facts);
        self.enter(&next, None, open, now);
    }
}

pub(super) fn chosen(tests: &BTreeMap<Fact, String>, otherwise: &str, facts: &BTreeSet<Fact>) -> String {
    let holds = tests.iter().find(|(fact, _)| facts.contains(fact));
    holds.map_or(otherwise, |(_, next)| next.as_str()).to_owned()
}
