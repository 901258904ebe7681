//! Walks one caller through one flow: digits, ends of playback and time-outs in, steps out.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::spoken::Ears;
use super::{Fact, Flow, Node};

/// More nodes than this without anything to wait for is a flow that runs in a circle.
const MAX_HOPS: usize = 100;

/// What the call has to do for the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Entered {
        node: String,
        key: Option<char>,
    },
    /// Names of prompts; a leading `$` is a variable that the call spells out.
    Play(Vec<String>),
    StopPlaying,
    Collected {
        key: String,
        value: String,
    },
    MessageStarted {
        key: String,
    },
    MessageEnded {
        key: String,
    },
    WatchSilence(Option<Duration>),
    /// Take down what the caller says from now on, or stop it; `handle_speaking` and `handle_spoken` follow.
    Listen(bool),
    /// What was taken down has to be understood; answered by `handle_heard` with the same number.
    Understand {
        number: u32,
        key: String,
        digits: String,
    },
    Enqueue {
        queue: String,
    },
    /// What is known of the caller; answered by `handle_facts`.
    AskFacts,
    /// The ticket with these digits, or the caller's newest open one; answered by `handle_ticket`.
    AskTicket {
        digits: Option<String>,
    },
    Transfer {
        number: String,
    },
    CallbackWanted,
    Hangup,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Playing,
    /// Waiting for a key until the deadline.
    Keys,
    /// What the caller said is being understood; a key is as good an answer.
    Hearing,
    /// The caller speaks.
    Speaking,
    Queued,
    /// For an answer that only the daemon has.
    Asking,
    /// With a telephone outside.
    Handed,
    Done,
}

/// One caller's place in a flow. The flow is the version that was current when the call began.
#[derive(Debug)]
pub struct Menu {
    pub(super) flow: Arc<Flow>,
    pub(super) node: String,
    pub(super) phase: Phase,
    pub(super) tries: u32,
    pub(super) deadline: Option<Instant>,
    pub(super) steps: VecDeque<Step>,
    /// Digits of a number that is being keyed in.
    pub(super) keyed: String,
    /// Numbers keyed in so far, by the key of their node.
    pub(super) numbers: HashMap<String, String>,
    /// None until the daemon has told.
    pub(super) facts: Option<BTreeSet<Fact>>,
    pub(super) ears: Ears,
}

impl Menu {
    /// Enters the flow's first node. `open` tells the state of each schedule; an unknown one counts as open,
    /// because a citizen must rather ring an empty desk than be turned away by a typing error.
    pub fn start(flow: Arc<Flow>, open: &HashMap<String, bool>, now: Instant) -> Self {
        let start = flow.start.clone();
        let mut menu = Self {
            flow,
            node: start.clone(),
            phase: Phase::Done,
            tries: 0,
            deadline: None,
            steps: VecDeque::new(),
            keyed: String::new(),
            numbers: HashMap::new(),
            facts: None,
            ears: Ears::default(),
        };
        menu.enter(&start, None, open, now);
        menu
    }

    /// What people call a node of the flow.
    #[must_use]
    pub fn title_of(&self, node: &str) -> Option<String> {
        self.flow.titles.get(node).cloned()
    }

    pub fn poll_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// When `handle_timeout` is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.flow.name
    }

    /// The last `Play` has been heard to its end.
    pub fn handle_played(&mut self, open: &HashMap<String, bool>, now: Instant) {
        if self.phase != Phase::Playing {
            return;
        }
        match self.flow.clone().nodes.get(&self.node) {
            Some(Node::Greet { next, .. } | Node::Say { next, .. } | Node::TicketStatus { next, .. }) => {
                self.enter(next, None, open, now);
            }
            Some(
                Node::Menu { timeout_seconds, .. }
                | Node::Ask { timeout_seconds, .. }
                | Node::Digits { timeout_seconds, .. }
                | Node::Survey { timeout_seconds, .. },
            ) => {
                self.phase = Phase::Keys;
                self.deadline = Some(now + Duration::from_secs(u64::from(*timeout_seconds)));
                self.open_ears();
            }
            Some(Node::Message {
                key,
                max_seconds,
                silence_seconds,
                ..
            }) => {
                self.phase = Phase::Speaking;
                self.deadline = Some(now + Duration::from_secs(u64::from(*max_seconds)));
                self.steps.push_back(Step::MessageStarted { key: key.clone() });
                let silence = Duration::from_secs(u64::from(*silence_seconds));
                self.steps.push_back(Step::WatchSilence(Some(silence)));
            }
            _ => self.hang_up(),
        }
    }

    /// Nobody spoke for the time that `WatchSilence` named.
    pub fn handle_quiet(&mut self, open: &HashMap<String, bool>, now: Instant) {
        if self.phase == Phase::Speaking {
            self.end_message(open, now);
        }
    }

    pub fn handle_timeout(&mut self, open: &HashMap<String, bool>, now: Instant) {
        if self.deadline.is_none_or(|at| at > now) {
            return;
        }
        self.deadline = None;
        if self.phase == Phase::Hearing {
            return self.not_understood_in_time();
        }
        match self.flow.clone().nodes.get(&self.node) {
            Some(Node::Menu { tries, default, .. }) => self.again(*tries, default, None, open, now),
            Some(Node::Ask { tries, none, .. }) => self.again(*tries, none, None, open, now),
            Some(Node::Survey { tries, next, .. }) => self.again(*tries, next, None, open, now),
            Some(Node::Digits { .. }) => self.keying_ended(None, open, now),
            Some(Node::Caller { .. }) => self.choose_by_facts(open, now),
            Some(Node::TicketStatus { .. }) => self.handle_ticket(None, open, now),
            Some(Node::Message { .. }) => self.end_message(open, now),
            _ => {}
        }
    }

    /// The queue gave the caller back. False when the flow has no way on: the caller stays where they are.
    pub fn handle_overflow(&mut self, open: &HashMap<String, bool>, now: Instant) -> bool {
        let Some(Node::Queue {
            overflow: Some(next), ..
        }) = self.flow.clone().nodes.get(&self.node).cloned()
        else {
            return false;
        };
        self.enter(&next, None, open, now);
        true
    }

    /// Whether the queue node the caller waits in has another way.
    #[must_use]
    pub fn has_overflow(&self) -> bool {
        matches!(
            self.flow.nodes.get(&self.node),
            Some(Node::Queue {
                overflow: Some(_),
                ..
            })
        )
    }

    /// The caller is gone: a message being spoken ends here.
    pub fn handle_gone(&mut self) {
        if let (Phase::Speaking, Some(Node::Message { key, .. })) =
            (&self.phase, self.flow.nodes.get(&self.node))
        {
            self.steps.push_back(Step::MessageEnded { key: key.clone() });
        }
        self.phase = Phase::Done;
        self.deadline = None;
    }

    pub(super) fn leave(&mut self, next: &str, key: char, open: &HashMap<String, bool>, now: Instant) {
        self.steps.push_back(Step::StopPlaying);
        self.enter(next, Some(key), open, now);
    }

    /// A wrong key or none: asked again until the tries are used up, then `otherwise`.
    pub(super) fn again(
        &mut self,
        tries: u32,
        otherwise: &str,
        key: Option<char>,
        open: &HashMap<String, bool>,
        now: Instant,
    ) {
        self.tries += 1;
        self.keyed.clear();
        self.close_ears();
        if self.tries >= tries {
            self.steps.push_back(Step::StopPlaying);
            return self.enter(otherwise, key, open, now);
        }
        let mut prompts = Vec::new();
        if key.is_some() {
            prompts.push("invalid-key".to_owned());
        }
        prompts.extend(
            self.flow
                .nodes
                .get(&self.node)
                .map(|n| n.prompts().to_vec())
                .unwrap_or_default(),
        );
        self.phase = Phase::Playing;
        self.deadline = None;
        self.steps.push_back(Step::Play(prompts));
    }

    pub(super) fn end_message(&mut self, open: &HashMap<String, bool>, now: Instant) {
        let Some(Node::Message { key, next, .. }) = self.flow.clone().nodes.get(&self.node).cloned() else {
            return;
        };
        self.steps.push_back(Step::MessageEnded { key });
        self.steps.push_back(Step::WatchSilence(None));
        self.enter(&next, None, open, now);
    }

    pub(super) fn enter(
        &mut self,
        name: &str,
        key: Option<char>,
        open: &HashMap<String, bool>,
        now: Instant,
    ) {
        let flow = self.flow.clone();
        let (mut name, mut key) = (name.to_owned(), key);
        self.deadline = None;
        self.close_ears();
        self.ears.misheard = 0;
        for _ in 0..MAX_HOPS {
            self.node.clone_from(&name);
            self.tries = 0;
            self.keyed.clear();
            self.steps.push_back(Step::Entered {
                node: name.clone(),
                key: key.take(),
            });
            match flow.nodes.get(&name) {
                Some(Node::Schedule {
                    schedule,
                    open: opened,
                    closed,
                }) => {
                    let is_open = open.get(schedule).copied().unwrap_or(true);
                    name = if is_open { opened.clone() } else { closed.clone() };
                }
                Some(Node::Queue { queue, .. }) => {
                    self.phase = Phase::Queued;
                    return self.steps.push_back(Step::Enqueue { queue: queue.clone() });
                }
                Some(Node::Caller { tests, otherwise }) => match &self.facts {
                    Some(facts) => name = super::known::chosen(tests, otherwise, facts),
                    None => return self.ask(Step::AskFacts, now),
                },
                Some(Node::TicketStatus { digits, .. }) => {
                    let digits = digits.as_ref().map(|key| self.numbers.get(key).cloned());
                    let digits = digits.map(Option::unwrap_or_default);
                    return self.ask(Step::AskTicket { digits }, now);
                }
                Some(Node::Transfer { number, .. }) => {
                    self.phase = Phase::Handed;
                    let number = number.clone();
                    return self.steps.push_back(Step::Transfer { number });
                }
                Some(Node::Callback { next }) => {
                    self.steps.push_back(Step::CallbackWanted);
                    name = next.clone();
                }
                Some(Node::Greet { prompts, next } | Node::Say { prompts, next, .. })
                    if prompts.is_empty() =>
                {
                    name = next.clone();
                }
                Some(Node::Hangup { prompts }) if prompts.is_empty() => return self.hang_up(),
                Some(node) => {
                    self.phase = Phase::Playing;
                    let prompts = node.prompts().to_vec();
                    self.steps.push_back(Step::Play(prompts.clone()));
                    if prompts.is_empty() {
                        self.handle_played(open, now);
                    }
                    return;
                }
                None => break,
            }
        }
        // A flow that names a missing node or runs in a circle was refused when it was saved; a caller who still
        // meets one is told, not left in silence.
        self.phase = Phase::Playing;
        self.node.clear();
        self.steps
            .push_back(Step::Play(vec!["technical-fault".to_owned()]));
    }

    fn hang_up(&mut self) {
        self.phase = Phase::Done;
        self.deadline = None;
        self.steps.push_back(Step::Hangup);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
