//! Calling back: permitted hours, retries, answers, crashes.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use minsheng::{
    accounts::Role,
    calls::{Outcome, What},
    live::{Originate, Refused},
    transcripts::Side,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    TestApp,
    journey::{FakeRecogniser, FakeSwitchboard, Journey, owed_a_survey},
};

const PHONE: &str = "13800000001";

/// A ticket whose reply was accepted: the citizen is owed a call.
async fn owed(hotline: &TestApp) -> String {
    owed_a_survey(hotline, PHONE).await
}

async fn show(hotline: &TestApp, number: &str) -> Value {
    hotline
        .client(Role::Supervisor)
        .await
        .get(&format!("/api/v1/tickets/{number}"))
        .await
        .1
}

async fn start() -> (TestApp, FakeSwitchboard) {
    let hotline = TestApp::start_with(|config| config.survey.permitted_hours = true).await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    (hotline, switchboard)
}

fn only(mut wishes: Vec<Originate>) -> Originate {
    assert_eq!(wishes.len(), 1, "{wishes:?}");
    wishes.remove(0)
}

fn pressed(key: &str, value: &str) -> (i64, What) {
    (
        5_000,
        What::Collected {
            key: key.into(),
            value: value.into(),
        },
    )
}

async fn answer(hotline: &TestApp, wish: &Originate, solved: &str, satisfaction: &str) {
    let remark = What::Message {
        key: "remark".into(),
        from_ms: 20_000,
        to_ms: 26_000,
    };
    let steps = vec![
        (3_000, What::Connected),
        pressed("contacted", "1"),
        pressed("solved", solved),
        pressed("satisfaction", satisfaction),
        (9_000, remark),
    ];
    let path = format!("{}.wav", wish.call_id);
    let journey = Journey::survey(hotline, wish)
        .await
        .then(10, What::RecordingStarted { path })
        .await;
    journey
        .all(steps)
        .await
        .ended(Outcome::Completed)
        .await
        .recorded()
        .await;
    hotline.settle().await;
}

async fn fail(hotline: &TestApp, wish: &Originate, outcome: Outcome) {
    Journey::survey(hotline, wish).await.ended(outcome).await;
    hotline.settle().await;
}

#[tokio::test]
async fn a_satisfied_answer_closes_the_ticket_with_the_remark_and_its_words() {
    let (hotline, switchboard) = start().await;
    let said = vec![
        (Side::Citizen, 2_000, "喂"),
        (Side::Citizen, 21_000, "修得很快谢谢"),
    ];
    FakeRecogniser::connect(&hotline, vec![Ok(said)]);
    let number = owed(&hotline).await;
    let before = show(&hotline, &number).await;
    assert_eq!(
        (before["state"].as_str(), before["survey"]["state"].as_str()),
        (Some("callback"), Some("scheduled"))
    );
    assert_eq!(
        before["survey"]["next_at"], "2026-03-02T02:10:00Z",
        "ten minutes later, within the hours"
    );
    assert!(switchboard.take_dialled().is_empty());
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    assert_eq!(
        (
            wish.number.as_str(),
            wish.menu.as_str(),
            wish.ticket_number.as_ref()
        ),
        (PHONE, "survey", Some(&number))
    );
    assert_eq!(show(&hotline, &number).await["survey"]["state"], "dialing");
    answer(&hotline, &wish, "1", "5").await;
    let after = show(&hotline, &number).await;
    assert_eq!(after["state"], "closed");
    let survey = &after["survey"];
    assert_eq!(
        (&survey["contacted"], &survey["solved"], &survey["satisfaction"]),
        (&json!(true), &json!(true), &json!(5))
    );
    assert_eq!(survey["attempts"][0]["result"], "satisfied");
    let remark = json!({"call_id": wish.call_id, "from_ms": 20_000, "to_ms": 26_000, "text": "修得很快谢谢"});
    assert_eq!(survey["remark"], remark);
    assert_eq!(after["calls"][0]["purpose"], "survey");
    hotline.advance(TimeDelta::days(3)).await;
    assert!(switchboard.take_dialled().is_empty(), "nobody is called again");
}

#[tokio::test]
async fn a_dissatisfied_answer_is_judged_and_done_again() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    answer(&hotline, &only(switchboard.take_dialled()), "2", "1").await;
    let after = show(&hotline, &number).await;
    assert_eq!(
        (after["state"].as_str(), &after["survey"]["solved"]),
        (Some("judging"), &json!(false))
    );
    let supervisor = hotline.client(Role::Supervisor).await;
    let path = format!("/api/v1/tickets/{number}/judge");
    let verdict = json!({"verdict": "redo", "ground": "问题没有解决"});
    assert_eq!(supervisor.post(&path, &verdict).await.1["state"], "redo");
    let dispatcher = hotline.client(Role::Dispatcher).await;
    let path = format!("/api/v1/tickets/{number}/dispatch");
    let order = json!({"unit_code": "zhujian", "note": "改由住建局办理"});
    assert_eq!(dispatcher.post(&path, &order).await.0, StatusCode::OK);
}

#[tokio::test]
async fn silence_is_called_again_and_three_calls_over_two_days_are_enough() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    fail(&hotline, &only(switchboard.take_dialled()), Outcome::NoAnswer).await;
    let survey = show(&hotline, &number).await["survey"].clone();
    assert_eq!(
        survey["next_at"], "2026-03-02T06:30:00Z",
        "two hours on is lunch time, so 14:30 in China"
    );
    hotline.advance(TimeDelta::hours(2)).await;
    assert!(switchboard.take_dialled().is_empty(), "not at lunch");
    hotline
        .clock
        .set("2026-03-02T06:30:00Z".parse::<DateTime<Utc>>().expect("time"));
    hotline.settle().await;
    fail(&hotline, &only(switchboard.take_dialled()), Outcome::Busy).await;
    let survey = show(&hotline, &number).await["survey"].clone();
    assert_eq!(
        survey["next_at"], "2026-03-03T01:00:00Z",
        "the third call is on the next day"
    );
    hotline
        .clock
        .set("2026-03-03T01:00:00Z".parse::<DateTime<Utc>>().expect("time"));
    hotline.settle().await;
    fail(&hotline, &only(switchboard.take_dialled()), Outcome::Declined).await;
    let after = show(&hotline, &number).await;
    assert_eq!(
        (after["state"].as_str(), after["survey"]["state"].as_str()),
        (Some("closed"), Some("unreachable"))
    );
    let results: Vec<_> = after["survey"]["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|a| a["result"].clone())
        .collect();
    assert_eq!(results, ["no_answer", "busy", "declined"]);
}

#[tokio::test]
async fn a_citizen_who_presses_nothing_has_not_answered() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    let journey = Journey::survey(&hotline, &wish)
        .await
        .then(10, What::Connected)
        .await;
    journey
        .all(vec![pressed("solved", "1")])
        .await
        .ended(Outcome::Completed)
        .await;
    hotline.settle().await;
    let after = show(&hotline, &number).await;
    assert_eq!(
        (
            after["state"].as_str(),
            after["survey"]["attempts"][0]["result"].as_str()
        ),
        (Some("callback"), Some("no_input"))
    );
}

#[tokio::test]
async fn a_machine_that_picks_up_is_told_by_what_it_says_and_called_again_as_its_kind_asks() {
    let (hotline, switchboard) = start().await;
    FakeRecogniser::connect(
        &hotline,
        vec![Ok(vec![(Side::Citizen, 2_000, "您拨打的号码是空号")])],
    );
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    let path = format!("{}.wav", wish.call_id);
    let journey = Journey::survey(&hotline, &wish)
        .await
        .then(10, What::Connected)
        .await;
    let journey = journey.then(10, What::RecordingStarted { path }).await;
    journey.ended(Outcome::Completed).await.recorded().await;
    hotline.settle().await;
    // Who said nothing would be called this afternoon; a number that does not exist is confirmed on another day.
    assert_eq!(
        show(&hotline, &number).await["survey"]["next_at"],
        "2026-03-03T01:00:00Z"
    );
    let dialer = hotline
        .client(Role::Supervisor)
        .await
        .get("/api/v1/dialer")
        .await
        .1;
    let told = json!({"purpose": "survey", "word": "bad_number", "count": 1});
    assert!(
        dialer["today"]
            .as_array()
            .is_some_and(|today| today.contains(&told)),
        "{dialer}"
    );
}

#[tokio::test]
async fn who_says_nothing_twice_is_called_by_a_person() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    for _ in 0..2 {
        let wish = only(switchboard.take_dialled());
        let journey = Journey::survey(&hotline, &wish)
            .await
            .then(10, What::Connected)
            .await;
        journey.ended(Outcome::Completed).await;
        hotline.settle().await;
        hotline.advance(TimeDelta::hours(5)).await;
    }
    let after = show(&hotline, &number).await;
    assert_eq!(
        (after["state"].as_str(), after["survey"]["state"].as_str()),
        (Some("callback"), Some("person"))
    );
    restart(&hotline).await;
    hotline.advance(TimeDelta::days(3)).await;
    assert!(switchboard.take_dialled().is_empty(), "the machine calls no more");
}

#[tokio::test]
async fn who_wishes_for_a_person_has_one_and_the_ticket_waits_for_that_persons_word() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    let journey = Journey::survey(&hotline, &wish)
        .await
        .then(10, What::Connected)
        .await;
    let journey = journey.all(vec![pressed("contacted", "0")]).await.queued().await;
    journey.answered().await.ended(Outcome::Answered).await;
    hotline.settle().await;
    let after = show(&hotline, &number).await;
    assert_eq!(
        (
            after["state"].as_str(),
            after["survey"]["attempts"][0]["result"].as_str()
        ),
        (Some("callback"), Some("person"))
    );
    let result = json!({"reached": true, "solved": true, "satisfaction": 4, "note": "人工回访"});
    let path = format!("/api/v1/tickets/{number}/callback");
    let (status, answer) = hotline.client(Role::Supervisor).await.post(&path, &result).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(show(&hotline, &number).await["state"], "closed");
}

#[tokio::test]
async fn a_busy_trunk_costs_no_attempt() {
    let (hotline, switchboard) = start().await;
    switchboard.refuse(Some(Refused::NoLine));
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    hotline.advance(TimeDelta::minutes(1)).await;
    assert_eq!(show(&hotline, &number).await["survey"]["attempts"], json!([]));
    switchboard.refuse(None);
    hotline.advance(TimeDelta::minutes(1)).await;
    only(switchboard.take_dialled());
}

#[tokio::test]
async fn a_call_that_a_crash_left_without_a_record_is_not_placed_twice_and_another_follows() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let first = only(switchboard.take_dialled());
    // No call came of it: the daemon died with the wish. Perhaps it rang, so it does not ring again at once.
    hotline.advance(TimeDelta::minutes(1)).await;
    restart(&hotline).await;
    assert!(switchboard.take_dialled().is_empty());
    let survey = show(&hotline, &number).await["survey"].clone();
    assert_eq!(
        (survey["attempts"][0]["result"].as_str(), survey["state"].as_str()),
        (Some("interrupted"), Some("scheduled"))
    );
    hotline.advance(TimeDelta::minutes(5)).await;
    assert_ne!(only(switchboard.take_dialled()).call_id, first.call_id);
}

#[tokio::test]
async fn a_daemon_that_died_before_it_claimed_the_call_places_it_after_the_restart() {
    let (hotline, switchboard) = start().await;
    owed(&hotline).await;
    hotline.clock.advance(TimeDelta::minutes(10));
    restart(&hotline).await;
    only(switchboard.take_dialled());
}

#[tokio::test]
async fn a_call_that_a_crash_cut_short_is_an_attempt_and_the_next_follows() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    let journey = Journey::survey(&hotline, &wish)
        .await
        .then(10, What::Connected)
        .await;
    let cut = What::Ended {
        outcome: Outcome::Failed,
        cause: "restart".into(),
        by: "system".into(),
    };
    journey.then(60_000, cut).await;
    hotline.settle().await;
    let survey = show(&hotline, &number).await["survey"].clone();
    assert_eq!(
        (survey["attempts"][0]["result"].as_str(), survey["state"].as_str()),
        (Some("failed"), Some("scheduled"))
    );
    hotline.advance(TimeDelta::hours(5)).await;
    assert_ne!(only(switchboard.take_dialled()).call_id, wish.call_id);
}

#[tokio::test]
async fn a_call_whose_end_never_comes_is_lost_and_followed() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    Journey::survey(&hotline, &wish)
        .await
        .then(10, What::Connected)
        .await;
    hotline.advance(TimeDelta::minutes(31)).await;
    let survey = show(&hotline, &number).await["survey"].clone();
    assert_eq!(
        (survey["attempts"][0]["result"].as_str(), survey["state"].as_str()),
        (Some("lost"), Some("scheduled"))
    );
}

#[tokio::test]
async fn a_ticket_reopened_meanwhile_is_not_called_about() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    let supervisor = hotline.client(Role::Supervisor).await;
    let reason = json!({"reason": "答复不实"});
    let (status, _) = supervisor
        .post(&format!("/api/v1/tickets/{number}/reopen"), &reason)
        .await;
    assert_eq!(status, StatusCode::OK);
    hotline.advance(TimeDelta::minutes(10)).await;
    assert!(switchboard.take_dialled().is_empty());
}

#[tokio::test]
async fn settings_of_a_demonstration_call_at_once() {
    let hotline = TestApp::start_with(|config| {
        config.survey.permitted_hours = false;
        config.survey.first_after = std::time::Duration::ZERO;
    })
    .await;
    let switchboard = FakeSwitchboard::connect(&hotline);
    owed(&hotline).await;
    only(switchboard.take_dialled());
}

/// What `serve` does first: survey calls that were being dialled are looked at again.
async fn restart(hotline: &TestApp) {
    minsheng::dialer::recover(&hotline.app).await.expect("recover");
    minsheng::surveys::recover(&hotline.app).await.expect("recover");
    hotline.settle().await;
}

#[tokio::test]
async fn what_was_answered_in_words_is_attached_with_its_place_in_the_recording() {
    let (hotline, switchboard) = start().await;
    let said = vec![
        (Side::Citizen, 2_000, "喂"),
        (Side::Citizen, 8_200, "没有解决"),
        (Side::Citizen, 15_500, "非常不满意"),
    ];
    FakeRecogniser::connect(&hotline, vec![Ok(said)]);
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let wish = only(switchboard.take_dialled());
    let spoken = |at_ms: i64, key: &str, value: &str| {
        let what = What::Spoken {
            key: key.into(),
            value: value.into(),
            from_ms: at_ms,
            to_ms: at_ms + 2_000,
        };
        [pressed(key, value), (5_000, what)]
    };
    let path = format!("{}.wav", wish.call_id);
    let steps = [
        vec![(3_000, What::Connected), pressed("contacted", "1")],
        spoken(8_000, "solved", "2").to_vec(),
        spoken(15_000, "satisfaction", "1").to_vec(),
    ];
    let journey = Journey::survey(&hotline, &wish)
        .await
        .then(10, What::RecordingStarted { path })
        .await;
    journey
        .all(steps.concat())
        .await
        .ended(Outcome::Completed)
        .await
        .recorded()
        .await;
    hotline.settle().await;
    let after = show(&hotline, &number).await;
    assert_eq!(after["state"], "judging");
    let remark =
        json!({"call_id": wish.call_id, "from_ms": 8_000, "to_ms": 17_000, "text": "没有解决，非常不满意"});
    assert_eq!(after["survey"]["remark"], remark);
}

async fn to_call(hotline: &TestApp) -> Vec<Value> {
    let (status, list) = hotline
        .client(Role::Operator)
        .await
        .get("/api/v1/callbacks")
        .await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["items"].as_array().cloned().unwrap_or_default()
}

async fn tell(hotline: &TestApp, number: &str, result: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/tickets/{number}/callback");
    hotline.client(Role::Operator).await.post(&path, &result).await
}

#[tokio::test]
async fn a_dissatisfied_citizen_is_on_a_persons_list_until_somebody_talked_with_them_and_the_judge_decides() {
    let (hotline, switchboard) = start().await;
    let number = owed(&hotline).await;
    assert!(to_call(&hotline).await.is_empty(), "the machine calls first");
    hotline.advance(TimeDelta::minutes(10)).await;
    answer(&hotline, &only(switchboard.take_dialled()), "2", "1").await;
    let row = to_call(&hotline).await.remove(0);
    assert_eq!(
        (&row["why"], &row["contact_phone"]),
        (&json!("dissatisfied"), &json!(PHONE))
    );
    assert_eq!(
        (&row["survey"]["solved"], &row["survey"]["satisfaction"]),
        (&json!(false), &json!(1))
    );
    let (status, answer) = tell(&hotline, &number, json!({"reached": false})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(to_call(&hotline).await[0]["missed"], 1);
    let said =
        json!({"reached": true, "contacted": false, "solved": true, "satisfaction": 5, "note": "已修好"});
    let (status, answer) = tell(&hotline, &number, said).await;
    assert_eq!(
        (status, &answer["state"]),
        (StatusCode::OK, &json!("judging")),
        "{answer}"
    );
    assert!(to_call(&hotline).await.is_empty());
    let told = answer["timeline"]
        .as_array()
        .and_then(|timeline| timeline.last())
        .cloned();
    assert_eq!(
        told.map(|entry| entry["detail"]["contacted"].clone()),
        Some(json!(false))
    );
}

#[tokio::test]
async fn what_the_machine_gave_up_waits_for_a_person_with_its_reason_and_their_word_closes_it() {
    let (hotline, switchboard) = start().await;
    let entry = json!({"number": PHONE, "reason": "本人要求"});
    let (status, _) = hotline
        .client(Role::Operator)
        .await
        .post("/api/v1/do-not-call", &entry)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    assert!(switchboard.take_dialled().is_empty());
    let row = to_call(&hotline).await.remove(0);
    assert_eq!(
        (&row["why"], &row["reason"]),
        (&json!("handed_over"), &json!("号码在勿扰名单中"))
    );
    let (_, inboxes) = hotline.client(Role::Operator).await.get("/api/v1/inboxes").await;
    let own = json!({"name": "person_callback", "count": 1, "late": 0});
    assert!(
        inboxes.as_array().is_some_and(|all| all.contains(&own)),
        "{inboxes}"
    );
    let (status, problem) = tell(&hotline, &number, json!({"reached": true})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let said = json!({"reached": true, "contacted": true, "solved": true, "satisfaction": 4});
    assert_eq!(tell(&hotline, &number, said).await.1["state"], "closed");
    assert!(to_call(&hotline).await.is_empty());
}

#[tokio::test]
async fn a_number_that_is_none_closes_no_ticket_but_waits_for_a_person() {
    let (hotline, switchboard) = start().await;
    switchboard.refuse(Some(Refused::NumberNotAllowed));
    let number = owed(&hotline).await;
    hotline.advance(TimeDelta::minutes(10)).await;
    let row = to_call(&hotline).await.remove(0);
    assert_eq!(
        (&row["ticket"]["number"], &row["reason"]),
        (&json!(number), &json!("联系电话无法拨打，请核实"))
    );
    assert_eq!(row["survey"]["attempts"][0]["result"], "not_allowed");
}
