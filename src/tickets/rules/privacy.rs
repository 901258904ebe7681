//! How much of the citizen a person is shown. Masked is a default that a stated reason lifts; hidden is lifted by nobody but those who
//! name the readers of a confidential ticket.

use std::{borrow::Cow, collections::BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::projection::Body;
use super::{Actor, State, Ticket};
use crate::accounts::Role;

/// 保密 (S2-8): why, and who may see the citizen all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidential {
    pub reason: String,
    pub named: BTreeSet<String>,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Full,
    /// Numbers and names are masked; a reason shows them, one at a time.
    Masked,
    /// Nothing of who it is and where.
    Hidden,
}

impl Sight {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Masked => "masked",
            Self::Hidden => "hidden",
        }
    }
}

pub fn sight(ticket: &Ticket, actor: &Actor) -> Sight {
    let Actor::Person { username, role, .. } = actor else {
        return Sight::Full;
    };
    match &ticket.body.confidential {
        Some(kept) if kept.named.contains(username) || is_taking(ticket, username) => Sight::Full,
        Some(_) => Sight::Hidden,
        None if *role == Role::Unit => Sight::Masked,
        None => Sight::Full,
    }
}

/// Whoever takes it down knows who it is.
fn is_taking(ticket: &Ticket, username: &str) -> bool {
    matches!(ticket.state, State::Draft | State::Pending) && ticket.operator.as_deref() == Some(username)
}

/// What is told to many at once, who each see differently: nothing of the citizen when one of them must not.
pub fn sight_of_all(ticket: &Ticket, units: bool) -> Sight {
    match (&ticket.body.confidential, units) {
        (Some(_), _) => Sight::Hidden,
        (None, true) => Sight::Masked,
        (None, false) => Sight::Full,
    }
}

/// 138****1111; short numbers lose all but their ends.
pub fn mask_number(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    let (head, tail) = match digits.len() {
        0 => return String::new(),
        1..=4 => (0, 0),
        5..=8 => (2, 2),
        _ => (3, 4),
    };
    let hidden = digits.len() - head - tail;
    let (head, tail) = (&digits[..head], &digits[digits.len() - tail..]);
    head.iter()
        .copied()
        .chain(std::iter::repeat_n('*', hidden))
        .chain(tail.iter().copied())
        .collect()
}

/// 王**
pub fn mask_name(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next();
    first.into_iter().chain(letters.map(|_| '*')).collect()
}

/// Takes the citizen out of what people wrote: the ticket's own numbers and name, and whatever looks like a mobile number.
pub struct Scrubber {
    /// What is looked for and what stands there instead; the longest first.
    pairs: Vec<(String, String)>,
    bare: bool,
}

impl Scrubber {
    pub fn new(ticket: &Ticket, sight: Sight) -> Self {
        let hidden = |text: &str| "*".repeat(text.chars().count());
        let mut pairs = Vec::new();
        let mut add = |text: &str, shortest: usize, masked: String| {
            if text.chars().count() >= shortest {
                pairs.push((text.to_owned(), masked));
            }
        };
        let is_hidden = sight == Sight::Hidden;
        for number in [&ticket.caller, &ticket.contact_phone] {
            add(
                number,
                5,
                if is_hidden {
                    hidden(number)
                } else {
                    mask_number(number)
                },
            );
        }
        let name = &ticket.caller_name;
        add(name, 2, if is_hidden { hidden(name) } else { mask_name(name) });
        if is_hidden {
            add(&ticket.place, 2, hidden(&ticket.place));
        }
        pairs.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self {
            pairs,
            bare: sight == Sight::Full,
        }
    }

    pub fn text(&self, text: &str) -> String {
        // Of most texts there is nothing to take out, and every step looks through all of them.
        if !self.finds(text) {
            return text.to_owned();
        }
        let known = self
            .pairs
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        mask_mobiles(&known)
    }

    /// Whether a text says who the citizen is.
    pub fn finds(&self, text: &str) -> bool {
        !self.bare && (self.pairs.iter().any(|(from, _)| text.contains(from)) || has_mobile(text))
    }

    /// What people wrote in a ticket's body.
    fn written(&self, value: &mut serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.written(item)),
            Value::Object(map) => {
                let texts = map.iter_mut().filter(|(name, _)| !is_official(name));
                texts.for_each(|(_, item)| self.written(item));
            }
            _ => {}
        }
    }

    /// Every string in a JSON value; `fields` are left out.
    pub fn value(&self, value: &mut serde_json::Value, fields: &[&str]) {
        use serde_json::Value;
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, fields)),
            Value::Object(map) => {
                map.retain(|name, _| !fields.contains(&name.as_str()));
                map.values_mut().for_each(|item| self.value(item, fields));
            }
            _ => {}
        }
    }
}

/// The ticket with the citizen taken out of everything that was written on it, whatever the step. Its own fields for the citizen stay.
pub fn without_citizen(ticket: &Ticket, sight: Sight) -> Cow<'_, Ticket> {
    if sight == Sight::Full {
        return Cow::Borrowed(ticket);
    }
    let mut shown = ticket.clone();
    let scrub = Scrubber::new(ticket, sight);
    for text in [&mut shown.title, &mut shown.content] {
        *text = scrub.text(text);
    }
    // Through JSON, so that no text of a step to come can be forgotten here. What cannot be read back is not shown.
    shown.body = serde_json::to_value(&ticket.body)
        .and_then(|mut body| {
            scrub.written(&mut body);
            serde_json::from_value(body)
        })
        .unwrap_or_else(|error| {
            tracing::error!(number = ticket.number, %error, "a ticket cannot be shown without its citizen");
            Body::default()
        });
    Cow::Owned(shown)
}

/// Times, and the names of units and officials: what nobody wrote about the citizen.
fn is_official(field: &str) -> bool {
    const KEPT: [&str; 25] = [
        "at",
        "band",
        "by",
        "call_id",
        "cause",
        "children",
        "class_code",
        "code",
        "entered",
        "field",
        "form",
        "from",
        "handlers",
        "merged_into",
        "name",
        "named",
        "outcome",
        "parent",
        "part",
        "state",
        "to",
        "typed",
        "unit_code",
        "unit_name",
        "what",
    ];
    KEPT.contains(&field) || field.ends_with("_at") || field.ends_with("_by")
}

/// Eleven digits that begin with 1, alone or after 86: a mobile number. A ticket's number is longer.
fn mask_mobiles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            run.push(letter);
            continue;
        }
        if is_mobile(&run) {
            out.push_str(&mask_number(&run));
        } else {
            out.push_str(&run);
        }
        run.clear();
        out.push(letter);
    }
    out.pop();
    out
}

fn has_mobile(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_digit())
        .any(|digits| digits.len() >= 11 && is_mobile(digits))
}

fn is_mobile(digits: &str) -> bool {
    let bare = digits
        .strip_prefix("86")
        .filter(|rest| rest.len() == 11)
        .unwrap_or(digits);
    bare.len() == 11 && bare.starts_with('1')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            caller: "13800001111".into(),
            contact_phone: "05341234567".into(),
            caller_name: "王芳".into(),
            place: "清河湾小区3号楼".into(),
            ..Ticket::default()
        }
    }

    fn person(username: &str, role: Role) -> Actor {
        Actor::Person {
            username: username.into(),
            display_name: username.into(),
            role,
            unit_code: None,
        }
    }

    #[test]
    fn a_unit_sees_masked_and_the_office_in_full() {
        let ticket = ticket();
        assert_eq!(sight(&ticket, &person("u", Role::Unit)), Sight::Masked);
        for role in [Role::Operator, Role::Dispatcher, Role::Supervisor, Role::Admin] {
            assert_eq!(sight(&ticket, &person("o", role)), Sight::Full);
        }
    }

    #[test]
    fn a_confidential_ticket_shows_the_citizen_to_the_named_only() {
        let mut ticket = ticket();
        ticket.state = State::Accepted;
        ticket.operator = Some("taker".into());
        ticket.body.confidential = Some(Confidential {
            reason: "举报".into(),
            named: ["li".to_owned()].into(),
            at: DateTime::default(),
            by: "taker".into(),
        });
        for role in Role::ALL {
            assert_eq!(sight(&ticket, &person("wang", role)), Sight::Hidden);
            assert_eq!(sight(&ticket, &person("li", role)), Sight::Full);
        }
        assert_eq!(sight(&ticket, &person("taker", Role::Operator)), Sight::Hidden);
        ticket.state = State::Draft;
        assert_eq!(sight(&ticket, &person("taker", Role::Operator)), Sight::Full);
    }

    #[test]
    fn masks_keep_what_tells_people_apart_and_no_more() {
        assert_eq!(mask_number("13800001111"), "138****1111");
        assert_eq!(mask_number("4123456"), "41***56");
        assert_eq!(mask_number("110"), "***");
        assert_eq!(mask_name("王芳"), "王*");
        assert_eq!(mask_name(""), "");
    }

    #[test]
    fn free_text_loses_the_citizen_and_keeps_the_rest() {
        let text = "王芳住清河湾小区3号楼，电话13800001111或 8613911112222，单号260302100000123456";
        let masked = Scrubber::new(&ticket(), Sight::Masked).text(text);
        assert_eq!(
            masked,
            "王*住清河湾小区3号楼，电话138****1111或 861******2222，单号260302100000123456"
        );
        let hidden = Scrubber::new(&ticket(), Sight::Hidden).text(text);
        assert!(
            !hidden.contains("清河湾") && !hidden.contains('王') && !hidden.contains("138"),
            "{hidden}"
        );
        assert_eq!(Scrubber::new(&ticket(), Sight::Full).text(text), text);
    }
}
