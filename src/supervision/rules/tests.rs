use chrono::TimeZone;

use super::*;
use crate::tickets::rules::facts::{Order, ReplyText};

fn event(hour: u32, what: What) -> Event {
    Event {
        at: Utc
            .with_ymd_and_hms(2026, 3, 2, hour, 0, 0)
            .single()
            .expect("time"),
        actor: Some("chief".into()),
        what,
    }
}

fn supervised(level: u8, form: &str) -> What {
    What::Supervised {
        level,
        instruction: format!("第{level}级要求"),
        leader: "县长".into(),
        order: Order {
            form: form.into(),
            reason: if level == 1 {
                "多次投诉".into()
            } else {
                String::new()
            },
            instructed_at: None,
        },
    }
}

fn progressed() -> What {
    What::Progressed {
        unit_code: "water".into(),
        text: "已到场".into(),
    }
}

fn discharged() -> What {
    What::Discharged {
        ground: "已办结".into(),
    }
}

#[test]
fn a_raised_supervision_is_one_entry_and_waits_for_an_answer_anew() {
    let events = [
        event(1, What::Accepted),
        event(2, supervised(1, "")),
        event(3, progressed()),
        event(4, supervised(3, "")),
    ];
    let before = entries(&events[..3]);
    assert_eq!(before[0].standing(State::Handling), Standing::Answered);
    assert_eq!(before[0].form, "card");
    let [entry] = entries(&events).try_into().expect("one entry");
    assert_eq!(
        (entry.opened_seq, entry.level(), entry.form.as_str()),
        (2, 3, "sheet")
    );
    assert_eq!(entry.reason, "多次投诉", "a raise keeps the reason");
    assert_eq!(entry.instructions.len(), 2);
    assert_eq!(entry.standing(State::Handling), Standing::Open);
}

#[test]
fn what_follows_a_discharge_is_a_new_entry() {
    let reply = What::Replied {
        unit_code: "water".into(),
        reply: ReplyText {
            text: "已修复".into(),
            ..ReplyText::default()
        },
    };
    let events = [
        event(1, progressed()),
        event(2, supervised(2, "sheet")),
        event(3, reply),
        event(4, discharged()),
        event(5, progressed()),
        event(6, supervised(1, "")),
    ];
    let all = entries(&events);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].feedback.len(), 1, "only what was told while it was open");
    assert!(all[0].feedback[0].is_reply);
    assert_eq!(all[0].form, "sheet", "as it was chosen");
    assert_eq!(all[0].standing(State::Closed), Standing::Discharged);
    assert_eq!(all[1].standing(State::Handling), Standing::Open);
    assert_eq!(all[1].standing(State::Void), Standing::Ended);
    assert_eq!(
        all[1].standing(State::Closed),
        Standing::Open,
        "closed, yet to be taken off"
    );
}

#[test]
fn a_lot_draws_each_ticket_once_and_no_more_than_there_are() {
    let mut n = 0;
    let mut random = || {
        n += 7;
        n
    };
    let mut drawn = draw((0..10).collect(), 4, &mut random);
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 4);
    assert_eq!(draw(vec![1, 2], 5, &mut random).len(), 2);
}

#[test]
fn ledger_numbers_are_written_as_offices_write_them() {
    assert_eq!(title(2026, 3), "督办〔2026〕3号");
}
