//! How much the media thread works for a full hall of browsers, how soon two people hear each other after the answer, and how much later
//! a voice arrives because the daemon is between.
//!
//! Browsers are WebRTC peers of the same library on threads of their own, and real ones in another process; only the media thread's CPU
//! time is counted.
//! `desk_bench [--operators 26] [--waiting 40] [--seconds 20] [--chromium 4 --browsers COMMAND] [--out FILE]`

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "desk_bench/chromium.rs"]
mod chromium;
#[path = "desk_bench/figures.rs"]
mod figures;
#[path = "../tests/stage/mod.rs"]
mod stage;
#[path = "../tests/webrtc/mod.rs"]
mod webrtc;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chromium::Chromium;
use figures::Delays;
use stage::{PATIENCE, Stage};
use telephony::phone::{PhoneCommand, PhoneNews};
use telephony::switch::{CallNews, Command, LineState, Mode, News, Wish};
use telephony::{CallId, LegId, LineId};
use webrtc::{Browser, LOCALHOST};

struct Options {
    operators: usize,
    waiting: usize,
    seconds: u64,
    chromium: usize,
    browsers: String,
    out: Option<String>,
}

fn options() -> Options {
    let mut options = Options {
        operators: 26,
        waiting: 40,
        seconds: 20,
        chromium: 0,
        browsers: "node tests/browser/bench-peers.mjs".into(),
        out: None,
    };
    let mut words = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        match name.as_str() {
            "--operators" => options.operators = value.parse().unwrap(),
            "--waiting" => options.waiting = value.parse().unwrap(),
            "--seconds" => options.seconds = value.parse().unwrap(),
            "--chromium" => options.chromium = value.parse().unwrap(),
            "--browsers" => options.browsers = value,
            "--out" => options.out = Some(value),
            _ => panic!("unknown option {name}"),
        }
    }
    assert!(options.chromium < options.operators, "some are of the library");
    options
}

enum Peer {
    Library(Browser),
    Chromium(usize),
}

struct Hall {
    stage: Stage,
    peers: HashMap<String, Peer>,
    real: Option<Chromium>,
    /// The citizens' legs at the carrier, by number.
    legs: HashMap<String, LegId>,
    /// What each operator is in: the call and the citizen's leg at the carrier.
    talks: HashMap<String, (CallId, LegId)>,
    /// Answer to sound in both directions.
    answers: Delays,
    /// The same of real browsers alone, whose own buffers count.
    real_answers: Delays,
}

impl Hall {
    fn open(options: &Options) -> Self {
        let stage = Stage::with_operators(20, options.operators);
        let name = |n: usize| format!("operator{n}");
        let mut real = (options.chromium > 0).then(|| Chromium::start(&options.browsers, options.chromium));
        let mut peers = HashMap::new();
        for n in 1..=options.operators {
            let peer = match &mut real {
                Some(real) if n <= options.chromium => {
                    connect(&stage, real, n - 1, &name(n));
                    Peer::Chromium(n - 1)
                }
                _ => {
                    let browser = stage.browser(&name(n));
                    browser.speak(1000);
                    Peer::Library(browser)
                }
            };
            peers.insert(name(n), peer);
        }
        Self {
            stage,
            peers,
            real,
            legs: HashMap::new(),
            talks: HashMap::new(),
            answers: Delays::default(),
            real_answers: Delays::default(),
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
        self.listen(&operator);
        while self.stage.carrier_news.try_recv().is_ok() {}
        let asked = Instant::now();
        self.wish(&operator, Wish::Answer);
        let there = self.stage.spurt(leg);
        let here = self.heard(&operator);
        let took = there.max(here).saturating_duration_since(asked);
        self.answers.push(took);
        if matches!(self.peers[&operator], Peer::Chromium(_)) {
            self.real_answers.push(took);
        }
        self.talks.insert(operator, (call, leg));
    }

    fn listen(&mut self, operator: &str) {
        match (&self.peers[operator], &mut self.real) {
            (Peer::Chromium(n), Some(real)) => real.listen(*n),
            (Peer::Library(browser), _) => drop(browser.take_heard()),
            (Peer::Chromium(_), None) => unreachable!("opened with the peers"),
        }
    }

    /// When the operator heard the citizen.
    fn heard(&mut self, operator: &str) -> Instant {
        match (&self.peers[operator], &mut self.real) {
            (Peer::Chromium(n), Some(real)) => real.heard(*n),
            (Peer::Library(browser), _) => {
                let heard = || *browser.shared.first_loud.lock().unwrap();
                self.stage.moment("the operator hears the citizen", heard)
            }
            (Peer::Chromium(_), None) => unreachable!("opened with the peers"),
        }
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

    fn wish(&self, person: &str, wish: Wish) {
        let what = format!("{person}: {wish:?}");
        assert_eq!(self.stage.wish(person, wish), Ok(()), "{what}");
    }
}

/// A real browser's line.
fn connect(stage: &Stage, real: &mut Chromium, n: usize, person: &str) {
    let line = LineId(1_000_000 + n as u64);
    stage.switch.command(Command::OpenLine {
        person: person.to_owned(),
        line,
    });
    let offer = real.offer(n);
    let answer = stage.switch.media().open_line(line, &offer, LOCALHOST);
    real.accept(n, &answer.unwrap());
    stage.wait("the browser is heard", |n| {
        matches!(n, News::Line { line: l, state: LineState::Connected, .. } if *l == line).then_some(())
    });
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

/// A voice's way through the daemon, between the sender's and the receiver's socket: passed on, and mixed with others.
struct Ways {
    /// Operator to citizen.
    passed: Delays,
    /// Supervisor to operator, and operator to supervisor, in a call with both voices.
    mixed: Delays,
}

const TURNS: u32 = 25;

fn ways(hall: &Hall) -> Ways {
    let mut ways = Ways {
        passed: Delays::default(),
        mixed: Delays::default(),
    };
    let supervisor = hall.stage.browser("supervisor1");
    let is_of_library = |name: &&String| matches!(hall.peers[*name], Peer::Library(_));
    let operator = hall.talks.keys().filter(is_of_library).min().unwrap().clone();
    let (call, leg) = hall.talks[&operator];
    let Peer::Library(browser) = &hall.peers[&operator] else {
        unreachable!("chosen so");
    };
    let stage = &hall.stage;
    for turn in 0..TURNS {
        ways.passed
            .push(to_citizen(stage, browser, leg, 1500 + turn * 40));
    }
    let mode = Mode::Whisper;
    assert_eq!(stage.wish("supervisor1", Wish::Monitor { call, mode }), Ok(()));
    for turn in 0..TURNS {
        let hertz = 1500 + turn * 40;
        ways.mixed.push(between(stage, &supervisor, browser, hertz));
        ways.mixed.push(between(stage, browser, &supervisor, hertz + 500));
    }
    assert_eq!(stage.wish("supervisor1", Wish::Unmonitor { call }), Ok(()));
    browser.speak(1000);
    ways
}

fn to_citizen(stage: &Stage, from: &Browser, leg: LegId, hertz: u32) -> Duration {
    while stage.carrier_news.try_recv().is_ok() {}
    from.speak(hertz);
    let heard = stage.spurt(leg);
    heard.saturating_duration_since(stage.moment("it is said", || from.said()))
}

fn between(stage: &Stage, from: &Browser, to: &Browser, hertz: u32) -> Duration {
    to.listen_for(hertz);
    from.speak(hertz);
    let heard = stage.moment("it is heard", || to.found());
    heard.saturating_duration_since(stage.moment("it is said", || from.said()))
}

fn main() {
    let options = options();
    let mut hall = Hall::open(&options);
    for n in 0..options.operators {
        hall.dial(n);
        hall.answer_next();
    }
    for n in 0..options.waiting {
        hall.dial(options.operators + n);
    }
    let (media, recorder) = load(&hall.stage, options.seconds);
    let ways = ways(&hall);
    // Everybody takes one of those who wait.
    let mut operators: Vec<String> = hall.peers.keys().cloned().collect();
    operators.sort();
    for operator in operators.iter().take(options.waiting) {
        hall.wish(operator, Wish::Hangup);
        hall.answer_next();
    }
    let mut added = Delays::default();
    added.extend(&ways.passed);
    added.extend(&ways.mixed);
    println!(
        "browsers in calls      {} (Chromium: {})",
        options.operators, options.chromium
    );
    println!("citizens waiting       {}", options.waiting);
    println!("media thread           {:.1} % of a core", media * 100.0);
    println!("recorder thread        {:.1} % of a core", recorder * 100.0);
    hall.answers.told("answer to both hearing");
    hall.real_answers.told("  of Chromium alone");
    ways.passed.told("added to a voice");
    ways.mixed.told("  mixed with others");
    let json = serde_json::json!({
        "operators": options.operators,
        "chromium": options.chromium,
        "waiting": options.waiting,
        "media_cpu": media,
        "recorder_cpu": recorder,
        "answers": hall.answers.len(),
        "answer_ms_p50": hall.answers.rank(0.5),
        "answer_ms_p95": hall.answers.rank(0.95),
        "chromium_answer_ms_p95": hall.real_answers.rank(0.95),
        "added_ms_p95": added.rank(0.95),
        "added_passed_ms_p95": ways.passed.rank(0.95),
        "added_mixed_ms_p95": ways.mixed.rank(0.95),
    });
    if let Some(file) = options.out {
        std::fs::write(file, json.to_string()).unwrap();
    }
}
