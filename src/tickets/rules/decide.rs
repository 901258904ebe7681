//! `(ticket, command, actor, now, policy) -> events | refusal`: what a step needs beyond the table of [`super::permit`].

mod ending;
mod intake;
mod machine;
mod office;
mod survey;
mod unit;

use chrono::{DateTime, Utc};

use super::Actor;
use super::command::Command;
use super::events::What;
use super::permit::{Refusal, bars_outsourced, permit};
use super::policy::Policy;
use super::projection::Ticket;

/// One step under way.
struct Step<'a> {
    ticket: &'a Ticket,
    actor: &'a Actor,
    now: DateTime<Utc>,
    policy: &'a Policy,
}

type Decided = Result<Vec<What>, Refusal>;

pub fn decide(
    ticket: &Ticket,
    command: Command,
    actor: &Actor,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Decided {
    match command.verb() {
        Some(verb) if bars_outsourced(ticket, verb, policy) => return Err(Refusal::Outsourced),
        Some(verb) => permit(ticket, actor, verb)?,
        None if *actor != Actor::System => return Err(Refusal::Forbidden),
        None => {}
    }
    let step = Step {
        ticket,
        actor,
        now,
        policy,
    };
    match command {
        Command::Fill(fill) => step.fill(fill),
        Command::Accept => step.accept(),
        Command::Ask { missing } => one(&[("missing", &missing)], || What::Asked {
            missing: missing.clone(),
        }),
        Command::Supplement { note } => one(&[("note", &note)], || What::Supplemented { note: note.clone() }),
        Command::Direct { article } => step.direct(article),
        Command::Transfer { to, note } => step.transfer(to, note),
        Command::Merge { parent, ground } => step.merge(parent, ground),
        Command::Propose(proposed) => step.propose(proposed),
        Command::Approve { ground } => step.approve(ground),
        Command::Refuse { ground } => step.refuse(ground),
        Command::Dispatch {
            unit,
            co_units,
            note,
            ground,
        } => step.dispatch(unit, co_units, note, ground),
        Command::Hold { reason } => step.hold(reason),
        Command::ApproveReturn { ground, unit_code } => step.approve_return(ground, unit_code.as_deref()),
        Command::RejectReturn { ground, unit_code } => step.reject_return(ground, unit_code.as_deref()),
        Command::Dispute { reason } => step.dispute(reason),
        Command::Meet(meeting) => step.meet(meeting),
        Command::Decide(decision) => step.decide_dispute(decision),
        Command::Supervise {
            level,
            instruction,
            leader,
            order,
        } => step.supervise(level, instruction, leader, order),
        Command::Discharge { ground } => step.discharge(ground),
        Command::Protect { reason, named } => step.protect(reason, named),
        Command::Unprotect { reason } => step.unprotect(reason),
        Command::Sign => step.sign(),
        Command::Contact(contact) => step.contact(contact),
        Command::Progress { text } => step.progress(text),
        Command::SubDispatch { unit, note } => step.sub_dispatch(unit, note),
        Command::Return(request) => step.return_it(request),
        Command::Resume { note } => step.resume(note),
        Command::Reply { reply, contact } => step.reply(reply, contact),
        Command::Review {
            passed,
            checklist,
            ground,
        } => step.review(passed, checklist, ground),
        Command::Callback(result) => step.callback(result),
        Command::Judge {
            verdict,
            ground,
            exclude,
            level,
        } => step.judge(verdict, ground, exclude, level),
        Command::Close { note, article } => step.close(note, article),
        Command::Reopen { reason, repeat } => step.reopen(reason, repeat),
        command => step.by_system(command),
    }
}

/// One event, when its fields are filled.
fn one(fields: &[(&'static str, &str)], event: impl FnOnce() -> What) -> Decided {
    require(fields)?;
    Ok(vec![event()])
}

fn require(fields: &[(&'static str, &str)]) -> Result<(), Refusal> {
    let missing: Vec<_> = fields
        .iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Missing(missing))
    }
}

fn guard(holds: bool, otherwise: &'static str) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::Guard(otherwise))
    }
}

/// A word that must be one of those known.
fn known(field: &'static str, word: &str, words: &[&str]) -> Result<(), Refusal> {
    if words.contains(&word) {
        Ok(())
    } else {
        Err(Refusal::Invalid(vec![(field, "不在可选范围内")]))
    }
}
