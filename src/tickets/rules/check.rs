//! A first look at a reply by the machine (S0-45): what a reviewer would send back at once. It only points; a person decides.

use std::collections::BTreeSet;

use super::projection::Ticket;
use super::search;

/// Promises without a date, and words that settle nothing.
const VAGUE: [&str; 8] = [
    "尽快",
    "研究研究",
    "酌情",
    "适时",
    "有关部门",
    "正在协调",
    "加强管理",
    "进一步",
];
const SHORTEST: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// An item of the reviewer's checklist.
    pub item: &'static str,
    pub ok: bool,
    pub note: String,
}

/// What stands out about the lead unit's last reply; none without one.
pub fn findings(ticket: &Ticket) -> Vec<Finding> {
    let Some(reply) = ticket.body.reply() else {
        return vec![];
    };
    let reply = &reply.reply;
    let rung = ticket
        .body
        .contacts
        .iter()
        .any(|entry| entry.contact.result == "reached");
    let vague: Vec<_> = VAGUE
        .into_iter()
        .filter(|word| reply.text.contains(word) || reply.public_text.contains(word))
        .collect();
    let clear = reply.text.chars().count() >= SHORTEST && vague.is_empty();
    vec![
        finding("contact", rung, "没有与诉求人通话成功的联系记录"),
        finding("process", clear, &process_note(&vague)),
        finding("basis", !reply.basis.trim().is_empty(), "没有政策依据"),
        finding(
            "on_topic",
            is_on_topic(ticket, &reply.public_text),
            "公开答复没有提到诉求中的任何要点",
        ),
        finding(
            "original",
            is_original(ticket, &reply.public_text),
            "与本单以前的答复雷同",
        ),
    ]
}

fn finding(item: &'static str, ok: bool, note: &str) -> Finding {
    Finding {
        item,
        ok,
        note: if ok { String::new() } else { note.to_owned() },
    }
}

fn process_note(vague: &[&str]) -> String {
    if vague.is_empty() {
        "办理过程过于简短".into()
    } else {
        format!("用语含糊：{}", vague.join("、"))
    }
}

fn pairs(text: &str) -> BTreeSet<String> {
    search::query_terms(text)
        .into_iter()
        .filter(|term| term.chars().count() == 2)
        .collect()
}

/// 答非所问: nothing of what was asked is in the answer.
fn is_on_topic(ticket: &Ticket, answer: &str) -> bool {
    let asked = pairs(&[ticket.title.as_str(), &ticket.content, &ticket.place].join(" "));
    let answered = pairs(answer);
    asked.is_empty() || asked.iter().any(|pair| answered.contains(pair))
}

/// 模板化: the same words again.
fn is_original(ticket: &Ticket, answer: &str) -> bool {
    let own = pairs(answer);
    let replies = ticket
        .body
        .assignments
        .iter()
        .filter_map(|given| given.reply.as_ref());
    let same = |other: &str| {
        let other = pairs(other);
        let shared = own.intersection(&other).count();
        !own.is_empty() && shared * 10 >= own.len().max(other.len()) * 9
    };
    // The last reply is the one looked at.
    let count = replies.filter(|reply| same(&reply.reply.public_text)).count();
    count <= 1
}
