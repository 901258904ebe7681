//! An emergency service in a call: what the ticket keeps of it, and whose matter it is then.

mod support;

use minsheng::{
    accounts::Role,
    calls::{Outcome, What},
};
use serde_json::Value;
use support::{
    TestApp,
    journey::{Journey, call_id, provision},
};

fn joins() -> Vec<(i64, What)> {
    let party = || "110".to_owned();
    vec![
        (
            1_000,
            What::Consulting {
                party: party(),
                party_kind: "number".into(),
            },
        ),
        (4_000, What::ConsultAnswered { party: party() }),
        (10, What::Conference { party: party() }),
    ]
}

/// The ticket of a call in which 110 was called in, and then this happened.
async fn after(hotline: &TestApp, then: What) -> Value {
    provision(hotline).await;
    let call = Journey::inbound(hotline, 1, "13800000001")
        .await
        .queued()
        .await
        .answered()
        .await;
    let mut steps = joins();
    steps.push((20_000, then));
    call.all(steps).await.ended(Outcome::Answered).await;
    hotline.settle().await;
    let operator = hotline.client(Role::Operator).await;
    let (_, call) = operator.get(&format!("/api/v1/calls/{}", call_id(1))).await;
    let number = call["ticket_number"].as_str().expect("a ticket").to_owned();
    operator.get(&format!("/api/v1/tickets/{number}")).await.1
}

fn kinds(ticket: &Value) -> String {
    ticket["timeline"].to_string()
}

#[tokio::test]
async fn a_citizen_left_with_the_police_is_theirs_with_the_log_of_who_heard_whom() {
    let hotline = TestApp::start().await;
    let handed_over = What::Transferred {
        from: "operator".into(),
        to: "110".into(),
    };
    let ticket = after(&hotline, handed_over).await;
    assert_eq!(ticket["state"], "transferred", "{ticket}");
    let timeline = kinds(&ticket);
    for part in ["emergency_logged", "三方通话", "坐席退出，市民与 110 直接通话"] {
        assert!(timeline.contains(part), "{part}: {timeline}");
    }
}

#[tokio::test]
async fn a_three_way_call_that_comes_back_stays_with_the_hotline() {
    let hotline = TestApp::start().await;
    let left = What::ConsultEnded {
        party: "110".into(),
        outcome: "normal".into(),
    };
    let ticket = after(&hotline, left).await;
    assert_ne!(ticket["state"], "transferred", "{ticket}");
    assert!(kinds(&ticket).contains("110 退出"), "{ticket}");
}
