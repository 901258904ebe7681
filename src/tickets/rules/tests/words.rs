//! Fields, suggestions and rows.

use super::*;
use crate::tickets::rules::extract::Suggestion;

#[test]
fn a_suggestion_leaves_typed_fields_alone_and_fills_the_rest() {
    let suggestion = Suggestion {
        title: "清河湾小区停水".into(),
        kind: "报修".into(),
        class_code: Some("010101".into()),
        band: "A".into(),
        ..Suggestion::default()
    };
    let history = History::opened()
        .must(title("三号楼没水"), &operator())
        .must(Command::Suggest(Box::new(suggestion)), &Actor::System);
    assert_eq!(history.ticket.title, "三号楼没水");
    assert_eq!(history.ticket.class_code.as_deref(), Some("010101"));
    assert_eq!(history.ticket.band, "A");
    assert_eq!(history.ticket.body.suggestion.title, "清河湾小区停水");
    assert_eq!(
        history.ticket.version, 1,
        "what the hotline adds makes nobody's version stale"
    );
}

#[test]
fn unknown_kinds_and_bands_and_endless_texts_are_refused_by_field() {
    let fill = Fill {
        kind: Some("吵架".into()),
        band: Some("Z".into()),
        title: Some("长".repeat(201)),
        ..Fill::default()
    };
    let Refusal::Invalid(faults) = History::opened().refused(Command::Fill(fill), &operator()) else {
        panic!("not refused by field")
    };
    let fields: Vec<_> = faults.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["title", "kind", "band"]);
}

#[test]
fn events_survive_their_row() {
    let history = life::whole_life();
    for event in &history.events {
        let (kind, detail) = event.what.to_parts().expect("to row");
        assert_eq!(What::from_parts(&kind, detail).expect("from row"), event.what);
    }
    assert!(history.events.len() > 25);
}

#[test]
fn events_of_the_first_form_still_read() {
    let old = [
        (
            "dispatched",
            serde_json::json!({"unit_code": "gongshui", "unit_name": "县供水公司", "note": "请办理"}),
        ),
        (
            "replied",
            serde_json::json!({"unit_code": "gongshui", "outcome": "solved", "text": "已修", "public_text": "已修"}),
        ),
        ("callback_due", serde_json::json!({"note": ""})),
        ("reopened", serde_json::json!({"reason": "回访不满意或未解决"})),
        ("closed", serde_json::json!({"note": "已告知"})),
    ];
    let mut ticket = accepted().ticket;
    let mut states = Vec::new();
    for (kind, detail) in old {
        let what = What::from_parts(kind, detail).unwrap_or_else(|error| panic!("{kind}: {error}"));
        ticket.apply(&Event {
            at: start(),
            actor: Some("somebody".into()),
            what,
        });
        states.push(ticket.state);
    }
    use State::{Callback, Closed, Dispatched, Redo, Replied};
    assert_eq!(states, [Dispatched, Replied, Callback, Redo, Closed]);
}

#[test]
fn the_machine_points_at_what_a_reviewer_would_send_back() {
    let bad = Command::Reply {
        reply: ReplyText {
            outcome: "solved".into(),
            text: "我单位将尽快研究".into(),
            public_text: "感谢您的来电".into(),
            basis: "有关规定".into(),
            planned_for: None,
        },
        contact: Some(Contact {
            result: "no_answer".into(),
            ..contact(start() + Duration::minutes(1))
        }),
    };
    let failed = |history: &History| {
        let findings = check::findings(&history.ticket);
        findings
            .into_iter()
            .filter(|finding| !finding.ok)
            .map(|finding| finding.item)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        failed(&handling().must(bad, &unit())),
        ["contact", "process", "on_topic"]
    );
    assert_eq!(failed(&replied()), [""; 0]);
    assert_eq!(check::findings(&handling().ticket), []);
}

#[test]
fn a_citation_of_the_first_daemon_still_reads() {
    let detail = serde_json::json!({"article": "医保缴费"});
    let What::Directed { article } = What::from_parts("directed", detail).expect("readable") else {
        panic!("another event")
    };
    let cited = article.expect("an article");
    assert_eq!((cited.id, cited.title.as_str()), (0, "医保缴费"));
    let kept = What::Directed {
        article: Some(facts::Citation {
            id: 7,
            title: "停水".into(),
            version: 2,
        }),
    };
    let (kind, detail) = kept.to_parts().expect("parts");
    assert_eq!(What::from_parts(&kind, detail).expect("readable"), kept);
}
