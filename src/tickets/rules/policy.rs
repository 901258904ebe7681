//! What the county's settings and the clock say about one ticket, worked out beforehand so that the rules need not ask.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::calendar::limits::{Limit, standard};

/// Child code to parent code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitTree(pub HashMap<String, String>);

/// Deeper than any county's tree; a loop in it must not hang the daemon.
const DEPTH: usize = 8;

impl UnitTree {
    /// Is `unit` the same as `root` or somewhere below it?
    pub fn is_within(&self, unit: &str, root: &str) -> bool {
        let mut at = Some(unit);
        for _ in 0..DEPTH {
            match at {
                Some(code) if code == root => return true,
                Some(code) => at = self.0.get(code).map(String::as_str),
                None => return false,
            }
        }
        false
    }

    /// The units and all above them.
    pub fn with_superiors(&self, units: Vec<String>) -> Vec<String> {
        let mut all = BTreeSet::new();
        for unit in units {
            let mut at = Some(unit);
            for _ in 0..DEPTH {
                let Some(code) = at else { break };
                at = self.0.get(&code).cloned();
                all.insert(code);
            }
        }
        all.into_iter().collect()
    }

    pub fn is_below(&self, unit: &str, root: &str) -> bool {
        unit != root && self.is_within(unit, root)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub tree: UnitTree,
    /// A return after this is too late; none: any time.
    pub return_until: Option<DateTime<Utc>>,
    /// When handling is due, as things stand.
    pub handle_due: Option<DateTime<Utc>>,
    pub returns_to_dispute: u32,
    pub extensions: u32,
    pub longest_extension: Limit,
    pub longest_suspension_days: u32,
    pub redo_rounds: u32,
    pub repeat_days: u32,
    pub file_after_days: u32,
    /// A reply names who was spoken to, when and from which number (S0-45).
    pub reply_needs_contact: bool,
    pub reply_needs_basis: bool,
    /// A review passes a reply only with every item of its checklist.
    pub reply_needs_checklist: bool,
    /// Calls to a citizen who does not answer, and over how many days, before one may give up.
    pub unreachable: (u32, u32),
    /// The actor is employed by a contractor.
    pub outsourced: bool,
}

impl Default for Policy {
    fn default() -> Self {
        let profile = standard();
        Self {
            tree: UnitTree::default(),
            return_until: None,
            handle_due: None,
            returns_to_dispute: profile.returns.dispute_after,
            extensions: profile.extension.times,
            longest_extension: profile.extension.longest,
            longest_suspension_days: profile.suspension.longest_days,
            redo_rounds: profile.redo.rounds,
            repeat_days: profile.reopening.repeat_days,
            file_after_days: profile.reopening.file_after_days,
            reply_needs_contact: profile.replies.contact,
            reply_needs_basis: profile.replies.basis,
            reply_needs_checklist: profile.replies.checklist,
            unreachable: (3, 2),
            outsourced: false,
        }
    }
}
