//! What the switchboard would report and do, without telephones: changes of calls, wishes to dial, a recogniser that has heard it all.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use minsheng::{
    accounts::Role,
    calls::{self, Change, Direction, Outcome, Purpose, What},
    live::{Contact, Originate, Refused, Switchboard},
    transcripts::{Recognised, Recogniser, RecogniserError, Segment, Short, Side, Skip, live::Followed},
};

use reqwest::StatusCode;
use serde_json::json;

use super::{TestApp, person};

/// The county that ships with the product.
pub async fn provision(hotline: &TestApp) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning");
    if let Err(error) = minsheng::provisioning::load(&hotline.app, &dir).await {
        panic!("provisioning: {error}");
    }
}

/// A ticket whose reply was accepted: the citizen is owed a call.
pub async fn owed_a_survey(hotline: &TestApp, phone: &str) -> String {
    provision(hotline).await;
    let mut water = person("water", Role::Unit);
    water.unit_code = Some("gongshui".into());
    hotline.add_person(&water).await;
    let fields = json!({"title": "停水", "class_code": "010101", "contact_phone": phone});
    let (_, ticket) = hotline
        .client(Role::Operator)
        .await
        .post("/api/v1/tickets", &fields)
        .await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    let contact = json!({"at": hotline.app.clock.now(), "number": "0534-8200001", "result": "reached"});
    let reply = json!({
        "outcome": "solved", "text": "已抢修管道并当面确认", "public_text": "停水已修复",
        "basis": "《城市供水条例》", "contact": contact,
    });
    for (who, verb, body) in [
        ("operator", "accept", json!({})),
        ("dispatcher", "dispatch", json!({"unit_code": "gongshui"})),
        ("water", "reply", reply),
        ("dispatcher", "close", json!({"note": "答复合格"})),
    ] {
        let path = format!("/api/v1/tickets/{number}/{verb}");
        let (status, answer) = hotline.client_of(who).await.post(&path, &body).await;
        assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
    }
    hotline.settle().await;
    number
}

pub fn call_id(n: u64) -> String {
    format!("{n:016x}")
}

/// One call, told step by step from the clock's now.
pub struct Journey<'a> {
    hotline: &'a TestApp,
    id: String,
    at: DateTime<Utc>,
}

impl<'a> Journey<'a> {
    pub async fn inbound(hotline: &'a TestApp, n: u64, caller: &str) -> Self {
        let started = started(Direction::Inbound, Purpose::Hotline, caller, None);
        let journey = Self {
            hotline,
            id: call_id(n),
            at: hotline.app.clock.now(),
        };
        journey
            .then(0, started)
            .await
            .then(10, What::Connected)
            .await
            .then(20, recording(n))
            .await
    }

    /// A survey call that the switchboard was asked to dial.
    pub async fn survey(hotline: &'a TestApp, wish: &Originate) -> Self {
        let number = wish.ticket_number.clone();
        let started = started(Direction::Outbound, Purpose::Survey, &wish.number, number);
        Self {
            hotline,
            id: wish.call_id.clone(),
            at: hotline.app.clock.now(),
        }
        .then(0, started)
        .await
    }

    /// A call back that the switchboard was asked to dial; the citizen has picked up.
    pub async fn called_back(hotline: &'a TestApp, wish: &Originate) -> Self {
        let What::Started {
            caller_kind,
            caller_private,
            caller_display,
            trunk,
            menu,
            diverted_from,
            ..
        } = started(Direction::Outbound, Purpose::Callback, &wish.number, None)
        else {
            unreachable!("started() starts");
        };
        let started = What::Started {
            direction: Direction::Outbound,
            purpose: Purpose::Callback,
            caller: wish.number.clone(),
            called: wish.number.clone(),
            ticket_number: None,
            caller_kind,
            caller_private,
            caller_display,
            trunk,
            menu,
            diverted_from,
        };
        let journey = Self {
            hotline,
            id: wish.call_id.clone(),
            at: hotline.app.clock.now(),
        };
        journey.then(0, started).await.then(3_000, What::Connected).await
    }

    pub async fn then(self, ms: i64, what: What) -> Self {
        self.all(vec![(ms, what)]).await
    }

    pub async fn all(mut self, whats: Vec<(i64, What)>) -> Self {
        let mut changes = Vec::new();
        for (ms, what) in whats {
            self.at += TimeDelta::milliseconds(ms);
            changes.push(Change {
                call_id: self.id.clone(),
                at: self.at,
                what,
            });
        }
        let mut tx = self.hotline.app.db.begin().await.expect("begin");
        calls::apply(&mut tx, &changes).await.expect("apply");
        tx.commit().await.expect("commit");
        self
    }

    pub async fn queued(self) -> Self {
        let step = What::MenuStep {
            node: "notice".into(),
            title: Some("问候与录音告知".into()),
            key: None,
        };
        self.all(vec![
            (4_000, step),
            (
                10,
                What::Queued {
                    queue: "general".into(),
                    position: 1,
                },
            ),
        ])
        .await
    }

    pub async fn answered(self) -> Self {
        let operator = || "operator".to_owned();
        self.all(vec![
            (1_000, What::Offered { operator: operator() }),
            (2_000, What::Answered { operator: operator() }),
        ])
        .await
    }

    pub async fn ended(self, outcome: Outcome) -> Self {
        self.then(
            30_000,
            What::Ended {
                outcome,
                cause: "bye".into(),
                by: "citizen".into(),
            },
        )
        .await
    }

    pub async fn recorded(self) -> Self {
        let path = format!("{}.wav", self.id);
        let what = What::Recorded {
            path,
            duration_ms: 37_000,
            bytes: 1_184_044,
            sha256: "ab".repeat(32),
            frames_lost: 0,
        };
        self.then(50, what).await
    }
}

fn recording(n: u64) -> What {
    What::RecordingStarted {
        path: format!("{}.wav", call_id(n)),
    }
}

fn started(direction: Direction, purpose: Purpose, caller: &str, ticket_number: Option<String>) -> What {
    What::Started {
        direction,
        purpose,
        caller: caller.into(),
        caller_kind: "mobile".into(),
        caller_private: false,
        caller_display: None,
        called: "12345".into(),
        trunk: Some("carrier".into()),
        menu: if purpose == Purpose::Survey {
            "survey"
        } else {
            "default"
        }
        .into(),
        diverted_from: None,
        ticket_number,
    }
}

/// Keeps what it was asked for.
#[derive(Clone, Default)]
pub struct FakeSwitchboard {
    pub dialled: Arc<Mutex<Vec<Originate>>>,
    pub hung_up: Arc<Mutex<Vec<String>>>,
    pub refuse: Arc<Mutex<Option<Refused>>>,
    pub contacts: Arc<Mutex<Vec<Contact>>>,
}

impl FakeSwitchboard {
    pub fn connect(hotline: &TestApp) -> Self {
        let switchboard = Self::default();
        hotline.app.live.connect(std::sync::Arc::new(switchboard.clone()));
        switchboard
    }

    /// The wishes since the last time.
    pub fn take_dialled(&self) -> Vec<Originate> {
        std::mem::take(&mut *self.dialled.lock().expect("lock"))
    }

    pub fn refuse(&self, refused: Option<Refused>) {
        *self.refuse.lock().expect("lock") = refused;
    }
}

impl Switchboard for FakeSwitchboard {
    fn hang_up(&self, call_id: &str) -> Result<(), Refused> {
        self.hung_up.lock().expect("lock").push(call_id.to_owned());
        Ok(())
    }

    fn dial(&self, call: Originate) -> Result<(), Refused> {
        if let Some(refused) = *self.refuse.lock().expect("lock") {
            return Err(refused);
        }
        self.dialled.lock().expect("lock").push(call);
        Ok(())
    }

    fn contact(&self, contact: Contact) -> Result<(), Refused> {
        if let Some(refused) = *self.refuse.lock().expect("lock") {
            return Err(refused);
        }
        self.contacts.lock().expect("lock").push(contact);
        Ok(())
    }

    fn set_paused(&self, _: &str, _: Option<String>) -> Result<(), Refused> {
        Ok(())
    }

    fn reload(&self) {}
}

type Heard<'a> = Vec<(Side, i64, &'a str)>;
type Said = Vec<(Side, i64, String)>;

/// Gives the same answers in turn, the last one for ever, and keeps what it was told to skip. Of running calls it hears what is put
/// into `steps`, and keeps which calls it was to follow from when, and to forget.
#[derive(Clone)]
pub struct FakeRecogniser {
    pub steps: Arc<Mutex<Vec<Followed>>>,
    pub followed: Arc<Mutex<Vec<(String, i64)>>>,
    pub forgotten: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<Result<Said, String>>>>,
    pub skipped: Arc<Mutex<Vec<Skip>>>,
}

impl FakeRecogniser {
    pub fn connect(hotline: &TestApp, answers: Vec<Result<Heard<'_>, &str>>) -> Self {
        let own = |answer: Result<Heard<'_>, &str>| match answer {
            Ok(said) => Ok(said
                .into_iter()
                .map(|(side, at, text)| (side, at, text.to_owned()))
                .collect()),
            Err(why) => Err(why.to_owned()),
        };
        let answers = Arc::new(Mutex::new(answers.into_iter().map(own).collect()));
        let recogniser = Self {
            answers,
            skipped: Arc::default(),
            steps: Arc::default(),
            followed: Arc::default(),
            forgotten: Arc::default(),
        };
        hotline.app.speech.connect(Box::new(recogniser.clone()));
        recogniser
    }

    fn answer(&self) -> Result<Recognised, RecogniserError> {
        let mut answers = self.answers.lock().expect("lock");
        let next = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        };
        let segment = |(side, start_ms, text): (Side, i64, String)| Segment {
            side,
            start_ms,
            end_ms: start_ms + 2_000,
            text,
        };
        match next {
            Ok(said) => Ok(Recognised {
                engine: "fake".into(),
                segments: said.into_iter().map(segment).collect(),
            }),
            Err(why) if why == "bad" => Err(RecogniserError::BadRecording(why)),
            Err(why) if why == "stopping" => Err(RecogniserError::Stopping),
            Err(why) => Err(RecogniserError::Failed(why)),
        }
    }
}

impl Recogniser for FakeRecogniser {
    fn recognise<'a>(
        &'a self,
        _: &'a Path,
        skip: &'a [Skip],
    ) -> BoxFuture<'a, Result<Recognised, RecogniserError>> {
        *self.skipped.lock().expect("lock") = skip.to_vec();
        let answer = self.answer();
        Box::pin(async move { answer })
    }

    fn follow<'a>(
        &'a self,
        call: &'a str,
        _: &'a Path,
        from_ms: i64,
    ) -> BoxFuture<'a, Result<Followed, RecogniserError>> {
        self.followed
            .lock()
            .expect("lock")
            .push((call.to_owned(), from_ms));
        let mut steps = self.steps.lock().expect("lock");
        let step = if steps.is_empty() {
            Followed::default()
        } else {
            steps.remove(0)
        };
        Box::pin(async move { Ok(step) })
    }

    fn hear<'a>(&'a self, _: &'a [i16], _: Short) -> BoxFuture<'a, Result<Option<String>, RecogniserError>> {
        Box::pin(async { Ok(None) })
    }

    fn forget(&self, call: &str) {
        self.forgotten.lock().expect("lock").push(call.to_owned());
    }
}
