//! Operators in browsers: their lines, their wishes and the answers to them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use telephony::LineId;
use telephony::driver::media::OfferError;
use telephony::switch::{self, Command, ConsultNews, ConsultState, DeskNews, LineState, PartyKind};
use tokio::sync::oneshot;

use super::outbound::{Wishes, call_of, is_allowed, is_service};
use super::{answers, trials};
use crate::calls::Purpose;
use crate::live::desks::{
    Consult, Denied, Desk, DeskError, Desks, Destination, Granted, Line, LineNews, Mode, OfferFault, Opened,
    Party, SIGN_IN, Wish,
};
use crate::live::{Changed, Live, Refused};

/// Wishes that the switch has not answered yet.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<Inner>);

#[derive(Default)]
struct Inner {
    last: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Result<(), switch::Denied>>>>,
}

impl Asked {
    fn add(&self) -> (u64, oneshot::Receiver<Result<(), switch::Denied>>) {
        let tag = self.0.last.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.lock().insert(tag, sender);
        (tag, answer)
    }

    pub(super) fn answer(&self, tag: u64, result: Result<(), switch::Denied>) {
        if let Some(sender) = self.lock().remove(&tag) {
            // Whoever asked may have gone away meanwhile.
            let _ = sender.send(result);
        }
    }

    fn forget(&self, tag: u64) {
        self.lock().remove(&tag);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Result<(), switch::Denied>>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desks for Wishes {
    fn open_line(&self, username: &str, offer: &str, peer: IpAddr) -> Result<Opened, DeskError> {
        let line = LineId(self.app.rng.u64());
        let sdp = self.driver.open_line(line, offer, peer).map_err(fault)?;
        let replaced = self
            .app
            .live
            .state()
            .desks
            .get(username)
            .is_some_and(|d| d.line != Line::None);
        // The browser cannot connect before it has the answer: the switch knows the line by then.
        self.ask(Command::OpenLine {
            person: username.to_owned(),
            line,
        })?;
        Ok(Opened {
            sdp,
            line: name(line),
            replaced,
        })
    }

    fn begin_shift(&self, username: &str) -> Result<(), DeskError> {
        // Said while nobody is there yet, it is how the operator comes in.
        Ok(self.ask(Command::Pause {
            operator: username.to_owned(),
            reason: SIGN_IN.to_owned(),
        })?)
    }

    fn close_line(&self, username: &str) -> Result<(), DeskError> {
        let person = username.to_owned();
        Ok(self.ask(Command::CloseLine { person })?)
    }

    fn wish(&self, username: &str, wish: Wish) -> Granted {
        let (tag, answer) = self.asked.add();
        let asked = self.words(wish).and_then(|wish| {
            let person = username.to_owned();
            Ok(self.ask(Command::Wish { tag, person, wish })?)
        });
        if asked.is_err() {
            self.asked.forget(tag);
        }
        Box::pin(async move {
            asked?;
            match answer.await {
                Ok(result) => result.map_err(|denied| DeskError::Denied(denial(denied))),
                Err(_) => Err(Refused::NotRunning.into()),
            }
        })
    }
}

fn name(line: LineId) -> String {
    format!("{:016x}", line.0)
}

fn fault(error: OfferError) -> DeskError {
    DeskError::Offer(match error {
        OfferError::TooLong => OfferFault::TooLong,
        OfferError::Malformed(why) => {
            tracing::debug!(why, "a browser's offer was refused");
            OfferFault::Malformed
        }
        OfferError::NotOneAudioLine => OfferFault::NotOneAudioLine,
        OfferError::NoMicrophone => OfferFault::NoMicrophone,
        OfferError::NoCodec => OfferFault::NoCodec,
        OfferError::NoPort => return Refused::NotRunning.into(),
    })
}

impl Wishes {
    fn words(&self, wish: Wish) -> Result<switch::Wish, DeskError> {
        let call = |id: &str| call_of(id).ok_or(Refused::NoSuchCall);
        Ok(match wish {
            Wish::Answer => switch::Wish::Answer,
            Wish::Decline => switch::Wish::Decline,
            Wish::Hold => switch::Wish::Hold,
            Wish::Resume => switch::Wish::Resume,
            Wish::Hangup => switch::Wish::Hangup,
            Wish::Dtmf { digits, to } => switch::Wish::Dtmf {
                digits,
                to: to.map(party),
            },
            Wish::Transfer { to, attended } => {
                let to = destination(to)?;
                switch::Wish::Transfer { to, attended }
            }
            Wish::Complete => switch::Wish::Complete,
            Wish::Cancel => switch::Wish::Cancel,
            Wish::Swap => switch::Wish::Swap,
            Wish::Conference => switch::Wish::Conference,
            Wish::Emergency { number, leave } => switch::Wish::Emergency { number, leave },
            Wish::PauseRecording => switch::Wish::PauseRecording,
            Wish::ResumeRecording => switch::Wish::ResumeRecording,
            Wish::Monitor { call_id, mode } => switch::Wish::Monitor {
                call: call(&call_id)?,
                mode: match mode {
                    Mode::Listen => switch::Mode::Listen,
                    Mode::Whisper => switch::Mode::Whisper,
                    Mode::Barge => switch::Mode::Barge,
                },
            },
            Wish::Unmonitor { call_id } => switch::Wish::Unmonitor {
                call: call(&call_id)?,
            },
            Wish::TakeOver { call_id } => switch::Wish::TakeOver {
                call: call(&call_id)?,
            },
            Wish::Call {
                call_id,
                number,
                ticket_number,
            } => {
                if !is_allowed(&number) {
                    return Err(Refused::NumberNotAllowed.into());
                }
                let call = call(&call_id)?;
                let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
                placed.insert(call, (Purpose::Callback, ticket_number));
                switch::Wish::Call { call, number }
            }
            Wish::Try { call_id, flow, facts } => switch::Wish::Try {
                call: call(&call_id)?,
                flow: trials::flow(flow).map_err(|_| DeskError::Denied(Denied::NoFlow))?,
                facts: facts.iter().filter_map(|word| answers::fact(word)).collect(),
            },
            Wish::Echo(on) => switch::Wish::Echo(on),
        })
    }
}

fn party(to: Party) -> switch::Party {
    match to {
        Party::Citizen => switch::Party::Citizen,
        Party::Third => switch::Party::Third,
    }
}

fn destination(to: Destination) -> Result<switch::Destination, Refused> {
    Ok(match to {
        Destination::Operator(name) => switch::Destination::Operator(name),
        Destination::Queue(name) => switch::Destination::Queue(name),
        Destination::Number(number) if is_allowed(&number) || is_service(&number) => {
            switch::Destination::Number(number)
        }
        Destination::Number(_) => return Err(Refused::NumberNotAllowed),
    })
}

fn denial(denied: switch::Denied) -> Denied {
    match denied {
        switch::Denied::NothingRings => Denied::NothingRings,
        switch::Denied::Taken => Denied::Taken,
        switch::Denied::OnPhone => Denied::OnPhone,
        switch::Denied::NoCall => Denied::NoCall,
        switch::Denied::Held => Denied::Held,
        switch::Denied::NotHeld => Denied::NotHeld,
        switch::Denied::NotAKey => Denied::NotAKey,
        switch::Denied::Consulting => Denied::Consulting,
        switch::Denied::NoConsult => Denied::NoConsult,
        switch::Denied::NotAnswered => Denied::NotAnswered,
        switch::Denied::ThreeWay => Denied::ThreeWay,
        switch::Denied::Yourself => Denied::Yourself,
        switch::Denied::TargetBusy => Denied::TargetBusy,
        switch::Denied::NobodyFree => Denied::NobodyFree,
        switch::Denied::NoSuchTarget => Denied::NoSuchTarget,
        switch::Denied::NoChannel => Denied::NoChannel,
        switch::Denied::NoLine => Denied::NoLine,
        switch::Denied::Busy => Denied::Busy,
        switch::Denied::NotRecording => Denied::NotRecording,
    }
}

pub(super) fn mode(mode: switch::Mode) -> &'static str {
    match mode {
        switch::Mode::Listen => "listen",
        switch::Mode::Whisper => "whisper",
        switch::Mode::Barge => "barge",
    }
}

pub(super) fn party_kind(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Operator => "operator",
        PartyKind::Number => "number",
    }
}

fn consult(news: ConsultNews) -> Consult {
    Consult {
        party: news.party,
        kind: party_kind(news.kind),
        asked: news.asked,
        state: match news.state {
            ConsultState::Ringing => "ringing",
            ConsultState::Talking => "talking",
            ConsultState::Waiting => "waiting",
            ConsultState::ThreeWay => "three_way",
        },
    }
}

/// Keeps the live state of a desk, and has its owner told.
pub(super) fn desk_changed(live: &Live, username: String, news: DeskNews) {
    let desk = Desk {
        line: match news.line {
            None => Line::None,
            Some(true) => Line::Connected,
            Some(false) => Line::Lost,
        },
        call_id: news.call.map(|call| call.to_string()),
        held: news.held,
        recording_paused: news.recording_paused,
        consult: news.consult.map(consult),
        monitoring: news.monitoring.map(|(call, how)| (call.to_string(), mode(how))),
        echo: news.echo,
        pause_after: news.pause_after,
    };
    if desk == Desk::default() {
        live.state().desks.remove(&username);
    } else {
        live.state().desks.insert(username.clone(), desk);
    }
    live.changed(Changed::Desk(username));
}

pub(super) fn line_changed(live: &Live, username: String, line: LineId, state: LineState) {
    let state = match state {
        LineState::Connected => "connected",
        LineState::Lost => "lost",
        LineState::Replaced => "replaced",
        LineState::Silent => "silent",
        LineState::Closed => "closed",
    };
    let line = name(line);
    live.changed(Changed::Line(LineNews {
        username,
        line,
        state,
    }));
}
