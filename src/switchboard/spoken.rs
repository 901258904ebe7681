//! What callers and networks say, understood for the switch: sound to words by the recogniser, words to keys and causes by the slices that
//! know what they mean. Nobody waits for longer than a flow does.

use std::sync::Arc;
use std::time::Duration;

use telephony::CallId;
use telephony::driver::Driver;
use telephony::media::Sound;
use telephony::menu::Heard;
use telephony::sip::Cause;
use telephony::switch::{Answer, Command, Switch};

use crate::app::App;
use crate::dialer::{self, Fate};
use crate::surveys;
use crate::transcripts::{RecogniserError, Short};

/// A flow waits for five seconds; the answer has a way to go.
const PATIENCE: Duration = Duration::from_millis(4_700);
/// A network says the same thing again after some seconds.
const OF_NETWORK: Duration = Duration::from_secs(12);

/// An answer to a question of a flow's.
pub(super) struct Spoken {
    pub(super) number: u32,
    pub(super) key: String,
    pub(super) digits: String,
    pub(super) sound: Sound,
}

/// Understands it, and tells the switch.
pub(super) fn understand(app: App, driver: Arc<Driver<Switch>>, call: CallId, spoken: Spoken) {
    tokio::spawn(async move {
        let number = spoken.number;
        let heard = heard(&app, call, spoken).await;
        driver.command(Command::Answer {
            call,
            answer: Answer::Heard { number, heard },
        });
    });
}

async fn heard(app: &App, call: CallId, spoken: Spoken) -> Heard {
    let Spoken {
        key, digits, sound, ..
    } = spoken;
    let words = app.speech.hear(&sound.0, Short::Answer);
    match tokio::time::timeout(PATIENCE, words).await {
        Ok(Ok(None)) => Heard::Nothing,
        // What was said is in the recording, for those who may hear it; a log is no place for it.
        Ok(Ok(Some(words))) => surveys::meaning(&key, &digits, &words).map_or(Heard::Unclear, Heard::Key),
        Ok(Err(RecogniserError::NoModel(why))) => {
            tracing::info!(%call, why, "an answer in words is asked for by keys: there is no speech model");
            Heard::Deaf
        }
        Ok(Err(error)) => {
            tracing::warn!(%call, %error, "an answer in words is asked for by keys");
            Heard::Deaf
        }
        Err(_) => {
            tracing::info!(%call, "an answer in words is asked for by keys: speech recognition is busy");
            Heard::Deaf
        }
    }
}

/// Looks for the reason why whom we called will not answer, and tells the switch.
pub(super) fn look_for_announcement(app: App, driver: Arc<Driver<Switch>>, call: CallId, sound: Sound) {
    tokio::spawn(async move {
        let words = app.speech.hear(&sound.0, Short::Announcement);
        let words = match tokio::time::timeout(OF_NETWORK, words).await {
            Ok(Ok(words)) => words.unwrap_or_default(),
            // Without a model the call rings on until its time is up.
            _ => String::new(),
        };
        let cause = dialer::announced([words.as_str()]).and_then(cause);
        if let Some(cause) = cause {
            tracing::info!(%call, ?cause, "the network says why nobody will answer");
        }
        let answer = Answer::Announced(cause);
        driver.command(Command::Answer { call, answer });
    });
}

/// As if the network had said so by SIP. A machine that will take messages has not picked up yet: it is waited for.
fn cause(fate: Fate) -> Option<Cause> {
    match fate {
        Fate::BadNumber => Some(Cause::NoSuchNumber),
        Fate::SwitchedOff => Some(Cause::SwitchedOff),
        Fate::Busy => Some(Cause::Busy),
        Fate::NoAnswer => Some(Cause::NoAnswer),
        _ => None,
    }
}
