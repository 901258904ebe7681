//! A bank of telephones on one SIP agent, each call under the hand of whoever holds it: the demo's citizens and operators,
//! tests and benchmarks. Real SIP and RTP, no menu and no queue.
//!
//! Not responsible for what is said: it plays what it is told.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::LegId;
use crate::core::{Core, Input, Listening, Output};
use crate::media::{Codec, MediaCommand, MediaEvent, PlaybackId, PromptName, Quality, Sound, Utterance};
use crate::ports::Ports;
use crate::sdp::{self, Direction, Origin};
use crate::sip::{self, Agent, AgentSettings, Caller, Cause, Dial, Source, Target, TrunkState};

#[derive(Clone)]
pub struct PhoneSettings {
    /// Each account is a trunk: one that registers is an extension, one that does not is the carrier's side of a trunk.
    pub agent: AgentSettings,
    pub rtp_ports: RangeInclusive<u16>,
    /// Tell of each `TalkSpurt`: for measuring.
    pub tells_spurts: bool,
}

#[derive(Debug, Clone)]
pub enum PhoneCommand {
    /// Calls `number` by the account; `tag` comes back with the leg.
    Dial {
        tag: u64,
        account: String,
        number: String,
        from: String,
        ring_for: Duration,
    },
    Answer {
        leg: LegId,
    },
    Reject {
        leg: LegId,
        status: u16,
    },
    Play {
        leg: LegId,
        prompts: Vec<PromptName>,
    },
    Press {
        leg: LegId,
        digit: char,
    },
    /// `PhoneNews::Quiet` once the far end has been silent for so long.
    WatchSilence {
        leg: LegId,
        after: Duration,
    },
    /// `PhoneNews::Spoken` once the far end has said something and pauses.
    Listen {
        leg: LegId,
        how: Utterance,
    },
    /// Holds or resumes by re-INVITE.
    Hold {
        leg: LegId,
        hold: bool,
    },
    Hangup {
        leg: LegId,
    },
}

#[derive(Debug, Clone)]
pub enum PhoneNews {
    Dialled {
        tag: u64,
        leg: LegId,
    },
    /// The call could not even be tried.
    NotDialled {
        tag: u64,
        why: String,
    },
    Incoming {
        leg: LegId,
        account: Option<String>,
        caller: Caller,
        called: String,
        headers: Vec<(String, String)>,
    },
    Answered {
        leg: LegId,
    },
    /// What `Play` named has been heard.
    Played {
        leg: LegId,
    },
    Digit {
        leg: LegId,
        digit: char,
    },
    Quiet {
        leg: LegId,
    },
    Spoken {
        leg: LegId,
        sound: Sound,
    },
    TalkSpurt {
        leg: LegId,
        at: Instant,
    },
    Ended {
        leg: LegId,
        cause: Cause,
        status: u16,
    },
    Closed {
        leg: LegId,
        quality: Quality,
    },
    Account {
        name: String,
        state: TrunkState,
    },
}

struct Line {
    local: SocketAddr,
    origin: Origin,
    offer: Option<Bytes>,
    playback: PlaybackId,
}

pub struct Phones {
    agent: Agent,
    listening: Listening,
    lines: HashMap<LegId, Line>,
    ports: Ports,
    tells_spurts: bool,
    rng: StdRng,
    out: VecDeque<Output<PhoneNews>>,
    due: Instant,
}

const CODECS: [Codec; 2] = [Codec::Alaw, Codec::Mulaw];

impl Core for Phones {
    type Settings = PhoneSettings;
    type Command = PhoneCommand;
    type News = PhoneNews;

    fn start(settings: PhoneSettings, listening: Listening, seed: u64, now: Instant) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let agent = Agent::new(listening.settle(settings.agent), rng.random(), now);
        let (ports, tells_spurts) = (Ports::new(settings.rtp_ports), settings.tells_spurts);
        let mut phones = Self {
            agent,
            listening,
            lines: HashMap::new(),
            ports,
            tells_spurts,
            rng,
            out: VecDeque::new(),
            due: now,
        };
        phones.settle();
        phones
    }

    fn handle_input(&mut self, now: Instant, input: Input<PhoneCommand>) {
        match input {
            Input::Bytes { hop, local, bytes } => self.agent.handle_bytes(now, hop, local, &bytes),
            Input::Closed { hop } => self.agent.handle_closed(now, hop),
            Input::Media(event) => self.handle_media(now, event),
            Input::Command(command) => self.handle_command(now, command),
        }
        self.settle_at(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        self.settle_at(now);
    }

    fn poll_output(&mut self) -> Output<PhoneNews> {
        self.out.pop_front().unwrap_or(Output::Timeout(self.due))
    }
}

impl Phones {
    fn settle(&mut self) {
        self.settle_at(self.due);
    }

    fn settle_at(&mut self, now: Instant) {
        loop {
            match self.agent.poll_output() {
                sip::Output::Transmit { hop, bytes } => self.out.push_back(Output::Transmit { hop, bytes }),
                sip::Output::Close { hop } => self.out.push_back(Output::Close { hop }),
                sip::Output::Known { hop } => self.out.push_back(Output::Known { hop }),
                sip::Output::Event(event) => self.handle_sip(now, event),
                sip::Output::Timeout(at) => {
                    self.due = at;
                    return;
                }
            }
        }
    }

    fn tell(&mut self, news: PhoneNews) {
        self.out.push_back(Output::News(news));
    }

    fn media(&mut self, command: MediaCommand) {
        self.out.push_back(Output::Media(command));
    }

    fn handle_command(&mut self, now: Instant, command: PhoneCommand) {
        match command {
            PhoneCommand::Dial {
                tag,
                account,
                number,
                from,
                ring_for,
            } => {
                let news = match self.dial(now, account, number, from, ring_for) {
                    Ok(leg) => PhoneNews::Dialled { tag, leg },
                    Err(why) => PhoneNews::NotDialled { tag, why },
                };
                self.tell(news);
            }
            PhoneCommand::Answer { leg } => self.answer(now, leg),
            PhoneCommand::Reject { leg, status } => self.agent.reject(now, leg, status, "Rejected"),
            PhoneCommand::Play { leg, prompts } => {
                let Some(line) = self.lines.get_mut(&leg) else {
                    return;
                };
                line.playback = PlaybackId(line.playback.0 + 1);
                let playback = line.playback;
                self.media(MediaCommand::Play {
                    leg,
                    playback,
                    prompts,
                    looped: false,
                });
            }
            PhoneCommand::Press { leg, digit } => self.media(MediaCommand::SendDigit { leg, digit }),
            PhoneCommand::WatchSilence { leg, after } => self.media(MediaCommand::WatchSilence {
                leg,
                after: Some(after),
            }),
            PhoneCommand::Listen { leg, how } => self.media(MediaCommand::Listen { leg, how: Some(how) }),
            PhoneCommand::Hold { leg, hold } => self.hold(now, leg, hold),
            PhoneCommand::Hangup { leg } => {
                self.agent.hangup(now, leg, Cause::Normal);
                self.media(MediaCommand::Close { leg });
            }
        }
    }

    fn dial(
        &mut self,
        now: Instant,
        account: String,
        number: String,
        from: String,
        ring_for: Duration,
    ) -> Result<LegId, String> {
        let to = Target::Number {
            number,
            trunk: Some(account),
        };
        let peer = self.agent.hop_for(&to).ok_or("no such account")?.addr.ip();
        let port = self.ports.take().ok_or("no free port")?;
        let (local, origin) = (self.local(peer, port), Origin::new(self.rng.random()));
        let sdp = sdp::offer(local, &CODECS, origin, Direction::SendRecv);
        let dial = Dial {
            to,
            from_number: from,
            from_display: String::new(),
            sdp,
            headers: Vec::new(),
            ring_for,
        };
        let leg = self.agent.dial(now, dial).map_err(|e| {
            self.ports.give_back(port);
            e.to_string()
        })?;
        self.open(leg, local, origin, None);
        Ok(leg)
    }

    fn local(&self, peer: IpAddr, port: u16) -> SocketAddr {
        SocketAddr::new((self.listening.source_for)(peer), port)
    }

    fn open(&mut self, leg: LegId, local: SocketAddr, origin: Origin, offer: Option<Bytes>) {
        self.lines.insert(
            leg,
            Line {
                local,
                origin,
                offer,
                playback: PlaybackId(0),
            },
        );
        self.media(MediaCommand::Open {
            leg,
            port: local.port(),
        });
        if self.tells_spurts {
            self.media(MediaCommand::WatchTalkSpurts { leg });
        }
    }

    fn answer(&mut self, now: Instant, leg: LegId) {
        let Some(line) = self.lines.get_mut(&leg) else {
            return;
        };
        let Some(offer) = line.offer.take() else { return };
        match sdp::answer(&offer, line.local, line.origin, Direction::SendRecv) {
            Ok((answer, stream)) => {
                self.agent.answer(now, leg, answer);
                self.media(MediaCommand::Negotiate { leg, stream });
                self.tell(PhoneNews::Answered { leg });
            }
            Err(error) => self.agent.reject(now, leg, error.status(), "Not Acceptable Here"),
        }
    }

    fn hold(&mut self, now: Instant, leg: LegId, hold: bool) {
        let Some(line) = self.lines.get_mut(&leg) else {
            return;
        };
        line.origin = line.origin.next();
        let direction = if hold {
            Direction::SendOnly
        } else {
            Direction::SendRecv
        };
        let offer = sdp::offer(line.local, &CODECS, line.origin, direction);
        self.agent.reoffer(now, leg, offer);
    }

    fn handle_sip(&mut self, now: Instant, event: sip::Event) {
        match event {
            sip::Event::Incoming(incoming) => self.incoming(now, *incoming),
            sip::Event::Answered { leg, sdp, .. } => {
                self.negotiated(leg, sdp);
                self.tell(PhoneNews::Answered { leg });
            }
            sip::Event::Progress { leg, sdp, .. } | sip::Event::Confirmed { leg, sdp } => {
                self.negotiated(leg, sdp)
            }
            sip::Event::Reoffer { leg, sdp } => self.reoffered(now, leg, sdp),
            sip::Event::Digit { leg, digit } => self.tell(PhoneNews::Digit { leg, digit }),
            sip::Event::Ended {
                leg, cause, status, ..
            } => {
                self.media(MediaCommand::Close { leg });
                self.tell(PhoneNews::Ended { leg, cause, status });
            }
            sip::Event::TrunkChanged { name, state } => self.tell(PhoneNews::Account { name, state }),
            sip::Event::Reanswer { leg, result } => self.negotiated(leg, result.ok()),
            sip::Event::Registered { .. } | sip::Event::Refused { .. } => {}
        }
    }

    fn incoming(&mut self, now: Instant, incoming: sip::Incoming) {
        let leg = incoming.leg;
        let (Some(offer), Some(port)) = (incoming.sdp, self.ports.take()) else {
            return self.agent.reject(now, leg, 488, "Not Acceptable Here");
        };
        let (local, origin) = (self.local(incoming.hop.addr.ip(), port), Origin::new(leg.0));
        self.open(leg, local, origin, Some(offer));
        self.agent.ring(now, leg);
        let account = match incoming.source {
            Source::Trunk(name) => Some(name),
            Source::User(_) => None,
        };
        let (caller, called, headers) = (incoming.caller, incoming.called, incoming.headers);
        self.tell(PhoneNews::Incoming {
            leg,
            account,
            caller,
            called,
            headers,
        });
    }

    fn negotiated(&mut self, leg: LegId, sdp: Option<Bytes>) {
        if let Some(Ok(stream)) = sdp.map(|sdp| sdp::accept_answer(&sdp)) {
            self.media(MediaCommand::Negotiate { leg, stream });
        }
    }

    fn reoffered(&mut self, now: Instant, leg: LegId, sdp: Option<Bytes>) {
        let Some(line) = self.lines.get_mut(&leg) else {
            return self.agent.answer_reoffer(now, leg, Err(481));
        };
        line.origin = line.origin.next();
        let answer = match sdp {
            Some(offer) => sdp::answer(&offer, line.local, line.origin, Direction::SendRecv),
            None => return self.agent.answer_reoffer(now, leg, Err(488)),
        };
        match answer {
            Ok((answer, stream)) => {
                self.agent.answer_reoffer(now, leg, Ok(answer));
                self.media(MediaCommand::Negotiate { leg, stream });
            }
            Err(error) => self.agent.answer_reoffer(now, leg, Err(error.status())),
        }
    }

    fn handle_media(&mut self, now: Instant, event: MediaEvent) {
        match event {
            MediaEvent::Digit { leg, digit, .. } => self.tell(PhoneNews::Digit { leg, digit }),
            MediaEvent::Played { leg, playback } => {
                if self.lines.get(&leg).is_some_and(|l| l.playback == playback) {
                    self.tell(PhoneNews::Played { leg });
                }
            }
            MediaEvent::OpenFailed { leg, .. } | MediaEvent::TimedOut { leg } => {
                self.agent.hangup(now, leg, Cause::MediaTimeout);
                self.media(MediaCommand::Close { leg });
            }
            MediaEvent::Closed { leg, quality } => {
                if let Some(line) = self.lines.remove(&leg) {
                    self.ports.give_back(line.local.port());
                    self.tell(PhoneNews::Closed { leg, quality });
                }
            }
            MediaEvent::TalkSpurt { leg, at } => self.tell(PhoneNews::TalkSpurt { leg, at }),
            MediaEvent::Quiet { leg } => self.tell(PhoneNews::Quiet { leg }),
            MediaEvent::Recorded { .. } | MediaEvent::RecordingFailed { .. } => {}
            MediaEvent::Spoken { leg, sound } => self.tell(PhoneNews::Spoken { leg, sound }),
            MediaEvent::Speaking { .. } | MediaEvent::Progress { .. } => {}
            // Telephones have no browsers.
            MediaEvent::LineUp { .. } | MediaEvent::LineLost { .. } | MediaEvent::LineEnded { .. } => {}
        }
    }
}

impl Listening {
    /// Agent settings with what the driver knows.
    pub(crate) fn settle(&self, settings: AgentSettings) -> AgentSettings {
        AgentSettings {
            udp_port: self.udp_port,
            tcp_port: self.tcp_port,
            tls_port: self.tls_port,
            ws_port: self.ws_port,
            source_for: self.source_for.clone(),
            ..settings
        }
    }
}
