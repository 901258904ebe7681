//! Real browsers beside those of the library: a process that holds them, one JSON object a line in both directions.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Chromium {
    process: Child,
    input: ChildStdin,
    said: Receiver<Value>,
    /// The same moment by both clocks: a browser tells the time of day.
    epoch: (Instant, SystemTime),
}

impl Chromium {
    /// `command` with the number of browsers behind it.
    pub fn start(command: &str, browsers: usize) -> Self {
        let mut words = command.split_whitespace();
        let mut process = Command::new(words.next().expect("a command"))
            .args(words)
            .arg(browsers.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the browsers start");
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let value: Value = serde_json::from_str(&line).expect("the browsers speak JSON");
                let _ = sender.send(value);
            }
        });
        Self {
            process,
            input,
            said,
            epoch: (Instant::now(), SystemTime::now()),
        }
    }

    pub fn offer(&mut self, n: usize) -> String {
        self.tell(&json!({ "n": n, "do": "offer" }));
        self.wait(n, "offer").as_str().unwrap().to_owned()
    }

    pub fn accept(&mut self, n: usize, answer: &str) {
        self.tell(&json!({ "n": n, "do": "accept", "answer": answer }));
        self.wait(n, "connected");
    }

    /// What is heard from now on counts.
    pub fn listen(&mut self, n: usize) {
        self.tell(&json!({ "n": n, "do": "listen" }));
        self.wait(n, "listening");
    }

    /// When the page first heard something.
    pub fn heard(&mut self, n: usize) -> Instant {
        let at = self.wait(n, "heard");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(at.as_f64().unwrap() / 1000.0);
        let (then, time) = self.epoch;
        then + at.duration_since(time).expect("after the start")
    }

    fn tell(&mut self, value: &Value) {
        writeln!(self.input, "{value}").expect("the browsers listen");
    }

    fn wait(&self, n: usize, what: &str) -> Value {
        loop {
            let value = self.said.recv_timeout(PATIENCE);
            let mut value = value.unwrap_or_else(|_| panic!("browser {n} never said {what}"));
            if value["n"] == n && !value[what].is_null() {
                return value[what].take();
            }
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It ends with its input; what hangs is ended.
        let _ = writeln!(self.input, "{}", json!({ "do": "end" }));
        let _ = self.input.flush();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let _ = self.process.kill();
    }
}
