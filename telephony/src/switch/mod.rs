//! The whole core: calls, menus, queues and operators over one SIP agent, with media by command.
//!
//! Not responsible for sockets, packets of audio, tickets, or what a schedule means.

mod citizen;
mod contact;
mod control;
mod desk;
mod early;
mod flow;
mod lines;
mod monitors;
mod news;
mod rings;
pub(crate) mod routes;
mod settings;
mod spoken;
mod third;
mod trial;

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

pub use news::{
    CallNews, ConsultNews, ConsultState, Denied, DeskNews, EndedBy, LegNews, LineState, Mode, News,
};
pub use news::{Outcome, PartyKind, Question, Side, WaitingNews};
pub use settings::{Answer, Command, Contact, Destination, Line, Outbound, Party, Settings, Wish};

use crate::call::{Call, Leg};
use crate::core::{Core, Input, Listening, Output};
use crate::media::{DigitSource, MediaCommand, MediaEvent, Quality};
use crate::ports::Ports;
use crate::queue::{OperatorState, Queues};
use crate::sip::{self, Agent, Cause};
use crate::{CallId, LegId, LineId};

/// A switch never waits longer than this, so that a lost wake-up heals.
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(1);

pub struct Switch {
    settings: Settings,
    listening: Listening,
    agent: Agent,
    queues: Queues,
    calls: HashMap<CallId, Call>,
    legs: HashMap<LegId, Leg>,
    /// Browsers' lines by person.
    lines: HashMap<String, lines::Line>,
    line_legs: u64,
    /// Which line a leg goes over.
    attached: HashMap<LegId, LineId>,
    /// Flows tried out, by whom; a call stays here until its leg is gone.
    trials: HashMap<CallId, String>,
    ports: Ports,
    rng: StdRng,
    out: VecDeque<Output<News>>,
    now: Instant,
    agent_due: Instant,
    draining: bool,
    drained: bool,
    told_operators: HashMap<String, (OperatorState, Instant)>,
    told_queues: HashMap<String, Vec<WaitingNews>>,
    told_desks: HashMap<String, DeskNews>,
    /// Clerks' numbers by the citizens' who may ring back.
    returns: HashMap<String, String>,
    /// Who was rung for a call that somebody else has answered, and when that was.
    outrun: HashMap<String, Instant>,
}

impl Core for Switch {
    type Settings = Settings;
    type Command = Command;
    type News = News;

    fn start(mut settings: Settings, listening: Listening, seed: u64, now: Instant) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        settings.agent = listening.settle(settings.agent);
        let agent = Agent::new(settings.agent.clone(), rng.random(), now);
        let mut queues = Queues::default();
        queues.configure(settings.queues.clone(), settings.operators.clone(), now);
        let mut switch = Self {
            agent,
            listening,
            queues,
            calls: HashMap::new(),
            legs: HashMap::new(),
            lines: HashMap::new(),
            line_legs: 0,
            attached: HashMap::new(),
            trials: HashMap::new(),
            ports: Ports::new(settings.rtp_ports.clone()),
            rng,
            out: VecDeque::new(),
            now,
            agent_due: now,
            draining: false,
            drained: false,
            told_operators: HashMap::new(),
            told_queues: HashMap::new(),
            told_desks: HashMap::new(),
            returns: HashMap::new(),
            outrun: HashMap::new(),
            settings,
        };
        switch.settle();
        switch
    }

    fn handle_input(&mut self, now: Instant, input: Input<Command>) {
        self.now = now;
        match input {
            Input::Bytes { hop, local, bytes } => self.agent.handle_bytes(now, hop, local, &bytes),
            Input::Closed { hop } => self.agent.handle_closed(now, hop),
            Input::Media(event) => self.handle_media(event),
            Input::Command(command) => self.handle_command(command),
        }
        self.settle();
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.agent.handle_timeout(now);
        self.queues.handle_timeout(now);
        let due = |call: &&Call| call.menu_deadline().is_some_and(|at| at <= now);
        let calls: Vec<CallId> = self.calls.values().filter(due).map(|c| c.id).collect();
        for call in calls {
            self.with_menu(call, |menu, open, now| menu.handle_timeout(open, now));
        }
        self.time_out_rings();
        self.time_out_lines();
        self.settle();
    }

    fn poll_output(&mut self) -> Output<News> {
        self.out
            .pop_front()
            .unwrap_or_else(|| Output::Timeout(self.deadline()))
    }
}

impl Switch {
    /// Calls not yet over.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    fn deadline(&self) -> Instant {
        let menus = self.calls.values().filter_map(Call::menu_deadline);
        let queues = self.queues.deadline(self.now);
        menus
            .chain(queues)
            .chain(self.lines_deadline())
            .chain(self.rings_deadline())
            .chain([self.agent_due, self.now + LONGEST_WAIT])
            .min()
            .unwrap_or(self.now)
    }

    /// Works off what the agent has to say and what the queues can now do, until nothing moves.
    fn settle(&mut self) {
        loop {
            match self.agent.poll_output() {
                sip::Output::Transmit { hop, bytes } => self.out.push_back(Output::Transmit { hop, bytes }),
                sip::Output::Close { hop } => self.out.push_back(Output::Close { hop }),
                sip::Output::Known { hop } => self.out.push_back(Output::Known { hop }),
                sip::Output::Event(event) => self.handle_sip(event),
                sip::Output::Timeout(at) => {
                    self.agent_due = at;
                    self.spare_who_tests();
                    if !self.serve_queues() {
                        break;
                    }
                }
            }
        }
        self.tell_changes();
    }

    fn handle_sip(&mut self, event: sip::Event) {
        match event {
            sip::Event::Incoming(incoming) => self.incoming(*incoming),
            // A reliable 183 may carry the only answer there will be: the 200 comes without one.
            sip::Event::Progress { leg, sdp, .. } => {
                if let Some(sdp) = sdp
                    && self.negotiated(leg, &sdp)
                {
                    self.heard_early(leg);
                }
            }
            sip::Event::Answered { leg, sdp, .. } => self.leg_answered(leg, sdp),
            sip::Event::Confirmed { leg, sdp } => self.leg_confirmed(leg, sdp),
            sip::Event::Reoffer { leg, sdp } => self.leg_reoffered(leg, sdp),
            sip::Event::Reanswer { leg, result } => {
                if let Ok(sdp) = result {
                    self.negotiated(leg, &sdp);
                }
            }
            sip::Event::Digit { leg, digit } => self.digit(leg, digit, DigitSource::Info),
            sip::Event::Ended {
                leg,
                cause,
                status,
                by_peer,
            } => self.leg_ended(leg, cause, status, by_peer),
            sip::Event::Registered { user, present } => {
                let present = present || self.is_up(&user);
                if let Some(operator) = self.queues.operator_mut(&user) {
                    operator.phone_present(present, self.now);
                }
            }
            sip::Event::TrunkChanged { name, state } => self.tell(News::Trunk { name, state }),
            sip::Event::Refused { hop, method, why } => self.tell(News::Refused { hop, method, why }),
        }
    }

    fn handle_media(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::Digit { leg, digit, source } => self.digit(leg, digit, source),
            MediaEvent::Played { leg, playback } => self.played(leg, playback),
            MediaEvent::Quiet { leg } => {
                if let Some(call) = self.citizen_call(leg) {
                    self.with_menu(call, |menu, open, now| menu.handle_quiet(open, now));
                }
            }
            MediaEvent::Speaking { leg } => {
                if let Some(call) = self.citizen_call(leg) {
                    self.with_menu_of(call, |menu, _, now| menu.handle_speaking(now));
                }
            }
            MediaEvent::Spoken { leg, sound } => self.spoken(leg, sound),
            MediaEvent::Progress { leg, tone } => self.progress(leg, tone),
            MediaEvent::TimedOut { leg } if self.attached.contains_key(&leg) => self.deaf_leg(leg),
            MediaEvent::TimedOut { leg } => self.drop_leg(leg, Cause::MediaTimeout, EndedBy::System),
            MediaEvent::LineUp { line } => self.line_up(line),
            MediaEvent::LineLost { line } | MediaEvent::LineEnded { line } => self.line_lost(line),
            MediaEvent::TalkSpurt { .. } => {}
            MediaEvent::OpenFailed { leg, .. } => {
                self.drop_leg(leg, Cause::Failed, EndedBy::System);
                if let Some(state) = self.legs.get(&leg) {
                    self.ports.set_aside(state.local.port());
                }
                self.leg_closed(leg, Quality::default());
            }
            MediaEvent::Closed { leg, quality } => self.leg_closed(leg, quality),
            MediaEvent::Recorded { call, recorded } => self.tell_call(call, CallNews::Recorded(recorded)),
            MediaEvent::RecordingFailed { call, reason } => {
                self.tell_call(call, CallNews::RecordingFailed { reason })
            }
        }
    }

    fn handle_command(&mut self, command: Command) {
        let now = self.now;
        match command {
            Command::Configure(settings) => self.configure(*settings),
            Command::Schedules(schedules) => self.settings.schedules = schedules,
            Command::Ready { operator } => {
                if let Some(operator) = self.queues.operator_mut(&operator) {
                    operator.set_ready(now);
                }
            }
            Command::Pause { operator, reason } => {
                if let Some(operator) = self.queues.operator_mut(&operator) {
                    operator.pause(reason, now);
                }
            }
            Command::Dial(outbound) => self.dial(*outbound),
            Command::Hangup { call } => self.end_call(call, Cause::Normal, EndedBy::Office),
            Command::Answer { call, answer } => self.answered_question(call, answer),
            Command::OpenLine { person, line } => self.open_line(person, line),
            Command::CloseLine { person } => self.close_line(&person),
            Command::Wish { tag, person, wish } => self.wish(tag, &person, wish),
            Command::Contact(contact) => self.contact(*contact),
            Command::Returns(returns) => self.returns = returns,
            Command::Recollect(past) => self.queues.recollect(past, self.now),
            Command::Drain => self.drain(),
            Command::EndAll => self.end_all(),
        }
    }

    /// Takes over new settings; calls under way keep the version of the flow that they began with.
    fn configure(&mut self, mut settings: Settings) {
        let now = self.now;
        settings.agent = self.listening.settle(settings.agent);
        self.agent.configure(now, settings.agent.clone());
        self.queues
            .configure(settings.queues.clone(), settings.operators.clone(), now);
        // An operator added after the phone registered must not stay offline until the next refresh.
        let lines = self.lines.iter().filter(|(_, l)| l.state == lines::Phase::Up);
        let present: Vec<String> = lines.map(|(person, _)| person.clone()).collect();
        for user in self.agent.registered().into_iter().chain(present) {
            if let Some(operator) = self
                .queues
                .operator_mut(&user)
                .filter(|o| o.state == OperatorState::Offline)
            {
                operator.phone_present(true, now);
            }
        }
        self.settings = settings;
    }

    fn drain(&mut self) {
        self.draining = true;
        self.end_trials();
        self.agent.begin_drain();
    }

    fn end_all(&mut self) {
        self.drain();
        let mut calls: Vec<CallId> = self.calls.keys().copied().collect();
        calls.sort_unstable();
        for call in calls {
            self.end_call(call, Cause::Failed, EndedBy::System);
        }
    }

    fn media(&mut self, command: MediaCommand) {
        self.out.push_back(Output::Media(command));
    }

    fn tell(&mut self, news: News) {
        self.out.push_back(Output::News(news));
    }

    fn tell_call(&mut self, call: CallId, what: CallNews) {
        let at = self.now;
        self.tell(match self.trials.get(&call) {
            Some(person) => News::Trial {
                person: person.clone(),
                call,
                what,
            },
            None => News::Call { call, at, what },
        });
    }

    fn citizen_call(&self, leg: LegId) -> Option<CallId> {
        self.legs
            .get(&leg)
            .filter(|l| l.side == Side::Citizen)
            .map(|l| l.call)
    }

    /// Tells what became of operators and queues since the last time.
    fn tell_changes(&mut self) {
        let operators: Vec<_> = self
            .queues
            .operators()
            .map(|o| (o.settings.name.clone(), (o.state.clone(), o.since)))
            .collect();
        for (name, told) in operators {
            if self.told_operators.get(&name) != Some(&told) {
                self.told_operators.insert(name.clone(), told.clone());
                self.tell(News::Operator {
                    name,
                    state: told.0,
                    since: told.1,
                });
            }
        }
        let queues: Vec<String> = self.queues.queues().map(|q| q.name.clone()).collect();
        for name in queues {
            let waiting: Vec<_> = self.queues.waiting(&name).map(waiting_news).collect();
            if self.told_queues.get(&name) != Some(&waiting) {
                self.told_queues.insert(name.clone(), waiting.clone());
                self.tell(News::Queue { name, waiting });
            }
        }
        self.tell_desks();
        if self.draining && !self.drained && self.calls.is_empty() && self.legs.is_empty() {
            self.drained = true;
            self.tell(News::Drained);
        }
    }
}

impl Switch {
    /// Tells everybody who has a line or a call what they have in hand, where that changed.
    fn tell_desks(&mut self) {
        let mut people: Vec<&String> = self.lines.keys().chain(self.told_desks.keys()).collect();
        let calls = self.calls.values();
        people.extend(calls.clone().filter_map(|c| Some(&c.desk.as_ref()?.operator)));
        people.extend(calls.clone().flat_map(|c| &c.rings).map(|d| &d.operator));
        people.extend(calls.filter_map(|c| Some(&c.colleague()?.party)));
        people.sort_unstable();
        people.dedup();
        let desks: Vec<(String, DeskNews)> =
            people.into_iter().map(|p| (p.clone(), self.desk_of(p))).collect();
        for (person, desk) in desks {
            if self.told_desks.get(&person).cloned().unwrap_or_default() == desk {
                continue;
            }
            if desk == DeskNews::default() {
                self.told_desks.remove(&person);
            } else {
                self.told_desks.insert(person.clone(), desk.clone());
            }
            self.tell(News::Desk { person, desk });
        }
    }

    fn desk_of(&self, person: &str) -> DeskNews {
        let call = self.call_in_hand(person).and_then(|id| self.calls.get(&id));
        DeskNews {
            line: self.lines.get(person).map(|l| l.state == lines::Phase::Up),
            call: call.map(|c| c.id),
            held: call.is_some_and(|c| c.stage == crate::call::Stage::Talking { held: true }),
            recording_paused: call.is_some_and(|c| c.recording_paused),
            consult: call.and_then(|c| consult_news(c, person)),
            monitoring: self.calls.values().find_map(|c| {
                let monitor = c.monitors.iter().find(|m| m.supervisor == person)?;
                Some((c.id, monitor.mode))
            }),
            echo: self.lines.get(person).is_some_and(|l| l.echo.is_some()),
            pause_after: self
                .queues
                .operator(person)
                .and_then(|o| o.pause_after())
                .map(str::to_owned),
        }
    }
}

fn consult_news(call: &Call, person: &str) -> Option<ConsultNews> {
    use crate::call::ThirdStage;
    let third = call.third.as_ref()?;
    let asked = call.colleague().is_some_and(|t| t.party == person);
    // Who has handed the call on blindly has left it.
    let asks = call.desk.as_ref().map(|d| &d.operator).or(call.left_by.as_ref());
    let party = asks.filter(|_| asked).unwrap_or(&third.party);
    Some(ConsultNews {
        party: party.clone(),
        kind: third.kind,
        asked,
        state: match third.stage {
            ThirdStage::Ringing => ConsultState::Ringing,
            ThirdStage::Talking => ConsultState::Talking,
            ThirdStage::Waiting => ConsultState::Waiting,
            ThirdStage::ThreeWay => ConsultState::ThreeWay,
        },
    })
}

fn waiting_news(waiting: &crate::queue::Waiting) -> WaitingNews {
    WaitingNews {
        call: waiting.call,
        since: waiting.since,
        ringing: waiting.rung.clone(),
    }
}
