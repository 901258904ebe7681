//! What the calendar, the profile and the tree of units say about a ticket: read from the database, worked out by the rules.

use std::{collections::HashMap, sync::Arc};

use super::rules::{Actor, Policy, Ticket, UnitTree, timers};
use super::store::{self, catalogue::ClassRow};
use crate::{
    accounts,
    calendar::{
        self, Calendar, Hours,
        limits::{Count, Profile, Rule, Task, count},
    },
    db::{self, Tx},
    events, units,
};

/// The county's settings that decide about time, its units and its classes.
#[derive(Debug, Clone)]
pub struct Books {
    pub calendar: Calendar,
    pub profile: Profile,
    /// Working patterns of units that have one of their own.
    pub patterns: HashMap<String, Hours>,
    pub tree: UnitTree,
    /// By code.
    pub(super) unit_names: HashMap<String, String>,
    pub(super) classes: HashMap<String, ClassRow>,
}

/// Whoever changes what is in the books says so by one of these.
pub(super) const CHANGES: &[&str] = &["provisioning.loaded", "settings.changed", units::CHANGED];

/// Every step on every ticket asks for them; they change some times a year.
pub async fn books(tx: &mut Tx) -> Result<Arc<Books>, db::Error> {
    let mark = events::mark(tx, CHANGES).await?;
    if let Some(books) = tx.recall(mark) {
        return Ok(books);
    }
    let units = store::catalogue::all_units(tx).await?;
    let classes = store::catalogue::all_classes(tx).await?;
    let books = Arc::new(Books {
        calendar: calendar::load(tx).await?,
        profile: calendar::profile(tx).await?,
        patterns: units::patterns(tx).await?,
        tree: store::scope::tree(tx).await?,
        unit_names: units.into_iter().map(|(code, name, ..)| (code, name)).collect(),
        classes: classes.into_iter().map(|row| (row.code.clone(), row)).collect(),
    });
    tx.remember(mark, &books);
    Ok(books)
}

impl Books {
    /// When a timer of a ticket is due; none for a pattern that has no hours at all.
    pub fn due(&self, running: &timers::Running) -> Option<Count> {
        let task = Task {
            from: running.from,
            limit: running.limit,
            extensions: &running.extensions,
            pauses: &running.pauses,
        };
        count(&self.calendar, &self.rule(running.counted_by.as_deref()), &task).ok()
    }

    /// How a unit counts; the office counts as the profile says.
    pub fn rule(&self, unit: Option<&str>) -> Rule {
        let own = unit.and_then(|code| self.patterns.get(code));
        self.profile.rule(own.cloned())
    }
}

/// What holds for a step on a ticket now.
pub async fn policy(tx: &mut Tx, ticket: &Ticket, actor: &Actor) -> Result<Policy, db::Error> {
    let books = books(tx).await?;
    policy_by(tx, &books, ticket, actor).await
}

pub(super) async fn policy_by(
    tx: &mut Tx,
    books: &Books,
    ticket: &Ticket,
    actor: &Actor,
) -> Result<Policy, db::Error> {
    let tree = actor.unit().map(|_| books.tree.clone()).unwrap_or_default();
    let person = match actor.username() {
        Some(username) => accounts::by_username(tx, username).await?,
        None => None,
    };
    Ok(Policy {
        outsourced: person.is_some_and(|person| person.outsourced),
        ..from_books(books, tree, ticket, actor.unit())
    })
}

fn from_books(books: &Books, tree: UnitTree, ticket: &Ticket, unit: Option<&str>) -> Policy {
    let profile = &books.profile;
    let due = |running: Option<timers::Running>| books.due(&running?)?.due;
    Policy {
        tree,
        return_until: due(timers::returning(ticket, unit, profile)),
        handle_due: due(timers::handling(ticket, profile)),
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
        ..Policy::default()
    }
}
