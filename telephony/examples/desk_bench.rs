//! How much the media thread works for a full hall of browsers, and how soon two people hear each other after the answer.
//!
//! Browsers are WebRTC peers of the same library on threads of their own; only the media thread's CPU time is counted.
//! `desk_bench [--operators 26] [--waiting 40] [--seconds 20] [--out FILE]`

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../tests/stage/mod.rs"]
mod stage;
#[path = "../tests/webrtc/mod.rs"]
mod webrtc;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use stage::{PATIENCE, Stage};
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::switch::{CallNews, Command, News, Wish};
use telephony::{CallId, LegId};
use webrtc::Browser;

struct Options {
    operators: usize,
    waiting: usize,
    seconds: u64,
    out: Option<String>,
}

fn options() -> Options {
    let mut options = Options {
        operators: 26,
        waiting: 40,
        seconds: 20,
        out: None,
    };
    let mut words = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        match name.as_str() {
            "--operators" => options.operators = value.parse().unwrap(),
            "--waiting" => options.waiting = value.parse().unwrap(),
            "--seconds" => options.seconds = value.parse().unwrap(),
            "--out" => options.out = Some(value),
            _ => panic!("unknown option {name}"),
        }
    }
    options
}

struct Hall {
    stage: Stage,
    browsers: HashMap<String, Browser>,
    /// The citizens' legs at the carrier, by number.
    legs: HashMap<String, LegId>,
    tag: u64,
    /// Answer to sound in both directions.
    delays: Vec<Duration>,
}

impl Hall {
    fn open(operators: usize) -> Self {
        let stage = Stage::with_operators(20, operators);
        let name = |n: usize| format!("operator{n}");
        let browsers = (1..=operators).map(|n| (name(n), stage.browser(&name(n))));
        let browsers: HashMap<String, Browser> = browsers.collect();
        browsers.values().for_each(|browser| browser.speak(1000));
        Self {
            stage,
            browsers,
            legs: HashMap::new(),
            tag: 1_000_000,
            delays: Vec::new(),
        }
    }

    fn dial(&mut self, n: usize) {
        let from = format!("139{n:08}");
        self.stage.carrier.command(PhoneCommand::Dial {
            tag: n as u64,
            account: "hotline".into(),
            number: "12345".into(),
            from: from.clone(),
            ring_for: PATIENCE,
        });
        let leg = self.stage.at_carrier(|n| match n {
            PhoneNews::Answered { leg } => Some(leg),
            _ => None,
        });
        self.stage.carrier.command(PhoneCommand::Play {
            leg,
            prompts: vec!["citizen".into(); 600],
        });
        self.legs.insert(from, leg);
    }

    /// Waits for a browser to ring and answers it; how long until both hear each other.
    fn answer_next(&mut self) {
        let (call, operator) = self.stage.wait("a browser rings", |n| match n {
            News::Call {
                call,
                what: CallNews::Offered { operator },
                ..
            } => Some((*call, operator.clone())),
            _ => None,
        });
        let leg = self.legs[&self.caller(call)];
        let browser = &self.browsers[&operator];
        while self.stage.carrier_news.try_recv().is_ok() {}
        browser.take_heard();
        self.tag += 1;
        let asked = Instant::now();
        self.stage.switch.command(Command::Wish {
            tag: self.tag,
            person: operator,
            wish: Wish::Answer,
        });
        let there = self.stage.at_carrier(|n| match n {
            PhoneNews::TalkSpurt { leg: l, at } if l == leg => Some(at),
            _ => None,
        });
        let mut here = None;
        self.stage.poll("the operator hears the citizen", || {
            here = *browser.shared.first_loud.lock().unwrap();
            here.is_some()
        });
        let here = here.unwrap();
        self.delays.push(there.max(here).saturating_duration_since(asked));
    }

    fn caller(&self, wanted: CallId) -> String {
        let mut found = None;
        self.stage.replay(|n| match n {
            News::Call {
                call,
                what: CallNews::Started { caller, .. },
                ..
            } if *call == wanted => found = Some(caller.number.clone()),
            _ => {}
        });
        found.unwrap()
    }

    fn hang_up(&mut self, operator: &str) {
        self.tag += 1;
        self.stage.switch.command(Command::Wish {
            tag: self.tag,
            person: operator.to_owned(),
            wish: Wish::Hangup,
        });
    }
}

/// Share of one core that the media and the recorder thread use in this time.
fn load(stage: &Stage, seconds: u64) -> (f64, f64) {
    let before = stage.switch.media().load();
    let began = Instant::now();
    stage.poll_for(Duration::from_secs(seconds));
    let after = stage.switch.media().load();
    let took = began.elapsed().as_secs_f64();
    (
        (after.media_cpu - before.media_cpu).as_secs_f64() / took,
        (after.recorder_cpu - before.recorder_cpu).as_secs_f64() / took,
    )
}

fn main() {
    let options = options();
    let mut hall = Hall::open(options.operators);
    for n in 0..options.operators {
        hall.dial(n);
        hall.answer_next();
    }
    for n in 0..options.waiting {
        hall.dial(options.operators + n);
    }
    let (media, recorder) = load(&hall.stage, options.seconds);
    // Everybody takes one of those who wait.
    let mut operators: Vec<String> = hall.browsers.keys().cloned().collect();
    operators.sort();
    for operator in operators.iter().take(options.waiting) {
        hall.hang_up(operator);
        hall.answer_next();
    }
    hall.delays.sort();
    let rank = |share: f64| {
        let at = ((hall.delays.len() as f64 * share).ceil() as usize).max(1) - 1;
        hall.delays[at].as_secs_f64() * 1000.0
    };
    println!("browsers in calls      {}", options.operators);
    println!("citizens waiting       {}", options.waiting);
    println!("media thread           {:.1} % of a core", media * 100.0);
    println!("recorder thread        {:.1} % of a core", recorder * 100.0);
    println!(
        "answer to both hearing {:.0} ms median, {:.0} ms p95",
        rank(0.5),
        rank(0.95)
    );
    let json = serde_json::json!({
        "operators": options.operators,
        "waiting": options.waiting,
        "media_cpu": media,
        "recorder_cpu": recorder,
        "answers": hall.delays.len(),
        "answer_ms_p50": rank(0.5),
        "answer_ms_p95": rank(0.95),
    });
    if let Some(file) = options.out {
        std::fs::write(file, json.to_string()).unwrap();
    }
}
