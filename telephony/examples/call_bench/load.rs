//! The load: citizens and desk phones, and what they and the switch's process report.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telephony::LegId;
use telephony::driver::media::MediaConfig;
use telephony::driver::{Config, Driver};
use telephony::phone::{PhoneCommand, PhoneNews, PhoneSettings, Phones};
use telephony::sip::{AgentSettings, Hop, Registration, Transport, Trunk, TrunkState};

use super::hotline::{LOCALHOST, tone};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One measurement: a name and its figures.
pub struct Row {
    name: String,
    figures: Vec<(&'static str, f64)>,
}

impl Row {
    pub fn table(&self) -> String {
        let figures: Vec<String> = self
            .figures
            .iter()
            .map(|(name, value)| format!("{name} {value:.2}"))
            .collect();
        format!("{:<28} {}", self.name, figures.join("  "))
    }

    pub fn json(&self) -> Value {
        let figures: HashMap<_, _> = self.figures.iter().copied().collect();
        json!({ "name": self.name, "figures": figures })
    }
}

enum Heard {
    Citizen(PhoneNews),
    Desk(PhoneNews),
    Switch(String),
}

pub struct Load {
    switch: Child,
    input: Option<ChildStdin>,
    _directory: tempfile::TempDir,
    carrier: Driver<Phones>,
    desks: Driver<Phones>,
    heard: Receiver<Heard>,
    tags: u64,
}

impl Load {
    pub fn start(operators: usize) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut switch = Command::new(std::env::current_exe()?)
            .arg("--hotline")
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = switch.stdin.take();
        let mut lines = BufReader::new(switch.stdout.take().ok_or("no output")?).lines();
        let first = lines.next().ok_or("the switch did not start")??;
        let server: SocketAddr = first.trim_start_matches("listening ").parse()?;
        let (sender, heard) = channel();
        let (to_citizens, to_desks) = (sender.clone(), sender.clone());
        std::thread::spawn(move || {
            for line in lines.map_while(std::io::Result::ok) {
                let _ = sender.send(Heard::Switch(line));
            }
        });
        let carrier = bank(
            vec![trunk("hotline".into(), server, None)],
            (16000, 23999),
            2,
            move |n| {
                let _ = to_citizens.send(Heard::Citizen(n));
            },
        )?;
        let accounts = (0..operators).map(|n| extension(n, server)).collect();
        let desks = bank(accounts, (24000, 27999), 3, move |n| {
            let _ = to_desks.send(Heard::Desk(n));
        })?;
        let speech = HashMap::from([("speech".into(), tone(440.0, 60))]);
        carrier.media().set_prompts(&speech);
        desks.media().set_prompts(&speech);
        let mut load = Self {
            switch,
            input,
            _directory: directory,
            carrier,
            desks,
            heard,
            tags: 0,
        };
        load.wait_for_phones(operators)?;
        Ok(load)
    }

    fn wait_for_phones(&mut self, wanted: usize) -> Result<()> {
        let (mut up, until) = (0, Instant::now() + Duration::from_secs(30));
        while up < wanted {
            if let Heard::Desk(PhoneNews::Account {
                state: TrunkState::Up,
                ..
            }) = self.next(until)?
            {
                up += 1;
            }
        }
        Ok(())
    }

    fn next(&self, until: Instant) -> Result<Heard> {
        match self
            .heard
            .recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            Ok(heard) => Ok(heard),
            Err(RecvTimeoutError::Timeout) => Err("nothing happened in time".into()),
            Err(error) => Err(error.into()),
        }
    }

    fn dial(&mut self, number: &str) -> u64 {
        self.tags += 1;
        self.carrier.command(PhoneCommand::Dial {
            tag: self.tags,
            account: "hotline".into(),
            number: number.into(),
            from: format!("139{:08}", self.tags),
            ring_for: Duration::from_secs(30),
        });
        self.tags
    }

    /// CPU seconds and resident megabytes of the switch's process.
    fn usage(&self) -> Result<(f64, f64)> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.switch.id()))?;
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let field = |n: usize| {
            fields
                .get(n)
                .and_then(|f| f.parse::<f64>().ok())
                .ok_or("short stat")
        };
        // utime, stime in hundredths of a second (fields 14, 15), resident pages (24).
        Ok((
            (field(11)? + field(12)?) / 100.0,
            field(21)? * 4096.0 / 1_048_576.0,
        ))
    }

    /// N bridged and recorded calls for some time; then all hang up.
    pub fn concurrent(&mut self, calls: usize, time: Duration) -> Result<Row> {
        let (_, memory_before) = self.usage()?;
        let until = Instant::now() + Duration::from_secs(60);
        let (mut citizens, mut talking, mut placed) = (Vec::new(), 0, 0);
        while talking < calls {
            while placed < calls && placed < talking + 30 {
                self.dial("1");
                placed += 1;
            }
            match self.next(until)? {
                Heard::Citizen(PhoneNews::Answered { leg }) => {
                    citizens.push(leg);
                    self.carrier.command(PhoneCommand::Play {
                        leg,
                        prompts: vec!["speech".into()],
                    });
                }
                Heard::Desk(PhoneNews::Incoming { leg, .. }) => {
                    self.desks.command(PhoneCommand::Answer { leg });
                }
                Heard::Desk(PhoneNews::Answered { leg }) => {
                    self.desks.command(PhoneCommand::Play {
                        leg,
                        prompts: vec!["speech".into()],
                    });
                    talking += 1;
                }
                _ => {}
            }
        }
        let settle = Instant::now() + Duration::from_secs(2);
        while self.next(settle).is_ok() {}
        let (cpu, begin) = (self.usage()?.0, Instant::now());
        while self.next(begin + time).is_ok() {}
        let (after, memory) = self.usage()?;
        let percent = (after - cpu) / begin.elapsed().as_secs_f64() * 100.0;
        let (received, lost, frames) = self.hang_up_all(&citizens)?;
        Ok(Row {
            name: format!("{calls} calls at once"),
            figures: vec![
                ("cpu_percent_of_a_core", percent),
                ("rtp_received", received),
                ("rtp_lost", lost),
                ("recording_frames_lost", frames),
                ("mb_a_call", (memory - memory_before) / calls as f64),
                ("rss_mb", memory),
            ],
        })
    }

    fn hang_up_all(&mut self, citizens: &[LegId]) -> Result<(f64, f64, f64)> {
        for &leg in citizens {
            self.carrier.command(PhoneCommand::Hangup { leg });
        }
        let until = Instant::now() + Duration::from_secs(60);
        let (mut received, mut lost, mut frames, mut legs, mut recorded) = (0.0, 0.0, 0.0, 0, 0);
        while legs < citizens.len() * 2 || recorded < citizens.len() {
            let Heard::Switch(line) = self.next(until)? else {
                continue;
            };
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["leg", r, l] => {
                    received += r.parse::<f64>()?;
                    lost += l.parse::<f64>()?;
                    legs += 1;
                }
                ["recorded", n] => {
                    frames += n.parse::<f64>()?;
                    recorded += 1;
                }
                _ => {}
            }
        }
        Ok((received, lost, frames))
    }

    /// So many new calls a second through menu and queue; each hangs up after two seconds in it.
    pub fn rate(&mut self, rate: u32, time: Duration) -> Result<Row> {
        let (cpu, begin) = (self.usage()?.0, Instant::now());
        let every = Duration::from_secs(1) / rate;
        let (mut dialled, mut spurts) = (HashMap::new(), Vec::new());
        let (mut legs, mut leaving) = (HashMap::new(), std::collections::VecDeque::new());
        let (mut placed, mut failed, mut ended) = (0u32, 0u32, 0u32);
        loop {
            let now = Instant::now();
            let next = begin + every * placed;
            if now < begin + time && now >= next {
                dialled.insert(self.dial("3"), now);
                placed += 1;
                continue;
            }
            while leaving.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, leg)) = leaving.pop_front() {
                    self.carrier.command(PhoneCommand::Hangup { leg });
                }
            }
            let over = now >= begin + time;
            if over && ended + failed >= placed {
                break;
            }
            if now > begin + time + Duration::from_secs(40) {
                failed += placed - ended - failed;
                break;
            }
            let wake = if over {
                now + Duration::from_millis(20)
            } else {
                next.min(now + Duration::from_millis(20))
            };
            match self.heard.recv_timeout(wake.saturating_duration_since(now)) {
                Ok(Heard::Citizen(PhoneNews::Dialled { tag, leg })) => {
                    legs.insert(leg, dialled.remove(&tag).unwrap_or(now));
                }
                Ok(Heard::Citizen(PhoneNews::NotDialled { .. })) => failed += 1,
                Ok(Heard::Citizen(PhoneNews::Answered { leg })) => {
                    leaving.push_back((now + Duration::from_secs(3), leg))
                }
                Ok(Heard::Citizen(PhoneNews::TalkSpurt { leg, at })) => {
                    if let Some(since) = legs.remove(&leg) {
                        spurts.push(at.saturating_duration_since(since));
                    }
                }
                Ok(Heard::Citizen(PhoneNews::Ended { status, .. })) if status >= 400 => failed += 1,
                Ok(Heard::Citizen(PhoneNews::Ended { .. })) => ended += 1,
                _ => {}
            }
        }
        let percent = (self.usage()?.0 - cpu) / begin.elapsed().as_secs_f64() * 100.0;
        Ok(Row {
            name: format!("{rate} new calls a second"),
            figures: vec![
                ("placed", f64::from(placed)),
                ("failed", f64::from(failed)),
                ("cpu_percent_of_a_core", percent),
                ("invite_to_rtp_p50_ms", percentile(&mut spurts, 50)),
                ("invite_to_rtp_p95_ms", percentile(&mut spurts, 95)),
            ],
        })
    }

    /// From the press of a key to the next prompt, and from INVITE to the greeting, with nothing else going on.
    pub fn answers(&mut self, keys: usize) -> Result<Row> {
        let (mut greetings, mut prompts) = (Vec::new(), Vec::new());
        let dialled = Instant::now();
        self.dial("2");
        let until = Instant::now() + Duration::from_secs(120);
        let (leg, at) = loop {
            if let Heard::Citizen(PhoneNews::TalkSpurt { leg, at }) = self.next(until)? {
                break (leg, at);
            }
        };
        greetings.push(at - dialled);
        for _ in 0..keys {
            // A key is held for 100 ms and followed by a pause: the next press waits for both.
            let settle = Instant::now() + Duration::from_millis(250);
            while self.next(settle).is_ok() {}
            let pressed = Instant::now();
            self.carrier.command(PhoneCommand::Press { leg, digit: '1' });
            loop {
                if let Heard::Citizen(PhoneNews::TalkSpurt { at, .. }) = self.next(until)? {
                    prompts.push(at.saturating_duration_since(pressed));
                    break;
                }
            }
        }
        self.carrier.command(PhoneCommand::Hangup { leg });
        Ok(Row {
            name: "one call".into(),
            figures: vec![
                ("invite_to_rtp_ms", percentile(&mut greetings, 50)),
                ("digit_to_prompt_p50_ms", percentile(&mut prompts, 50)),
                ("digit_to_prompt_p99_ms", percentile(&mut prompts, 99)),
            ],
        })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // The switch ends when its input does.
        self.input = None;
        let _ = self.switch.wait();
    }
}

fn percentile(values: &mut [Duration], percent: usize) -> f64 {
    values.sort_unstable();
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).map_or(f64::NAN, |v| v.as_secs_f64() * 1000.0)
}

fn bank(
    trunks: Vec<Trunk>,
    rtp: (u16, u16),
    seed: u64,
    news: impl Fn(PhoneNews) + Send + 'static,
) -> Result<Driver<Phones>> {
    let agent = AgentSettings {
        udp_port: None,
        tcp_port: None,
        tls_port: None,
        ws_port: None,
        source_for: std::sync::Arc::new(|_| LOCALHOST),
        realm: "bench".into(),
        trunks,
        users: Vec::new(),
        stranger_rate: 100_000,
    };
    let config = Config {
        listen: vec![(Transport::Udp, SocketAddr::new(LOCALHOST, 0))],
        advertise: None,
        media: MediaConfig::new(LOCALHOST, seed),
        settings: PhoneSettings {
            agent,
            rtp_ports: rtp.0..=rtp.1,
            tells_spurts: true,
        },
        seed,
    };
    Ok(Driver::start(config, news)?)
}

fn extension(n: usize, server: SocketAddr) -> Trunk {
    let name = format!("operator{n}");
    let expires = Duration::from_secs(3600);
    let register = Registration {
        username: name.clone(),
        password: "secret".into(),
        realm: String::new(),
        expires,
    };
    trunk(name, server, Some(register))
}

fn trunk(name: String, server: SocketAddr, register: Option<Registration>) -> Trunk {
    Trunk {
        name,
        hops: vec![Hop {
            transport: Transport::Udp,
            addr: server,
        }],
        domain: "127.0.0.1".into(),
        register,
        numbers: Vec::new(),
        caller_id: String::new(),
        max_calls: 100_000,
        priority: 1,
        options_every: Duration::ZERO,
        from_anywhere: false,
    }
}
