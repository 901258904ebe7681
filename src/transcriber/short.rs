//! Speech to text of something short that is being waited for: an answer on the telephone, an announcement of the network. Goes before
//! everything else on the one speech thread; an answer even interrupts a window of a finished recording.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use super::audio::{self, Span};
use super::engine::Engine;
use super::text::Cleaner;
use super::vad::Vad;
use super::{CancelFlag, SpeechError};

/// Of the telephone.
const TELEPHONE_RATE: u32 = 8_000;
/// Under a second the engine hears nothing at all.
const SHORTEST: usize = audio::RATE as usize * 11 / 10;
/// Sound around the speech that is listened to with it.
const MARGIN_MS: i64 = 200;
/// Words that the model itself believes less are its guesses over noise.
const GUESSED: f32 = 0.3;

/// What it is about: the model is told, which is worth more than a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// Somebody waits for it on the telephone.
    Answer,
    Announcement,
}

/// What is said in answer to a survey's questions, and what networks announce: a model that expects it hears it.
const ANSWERS: &str = "市民在回访电话中回答：非常满意。很满意。满意。比较满意。基本满意。一般。还行。不满意。很不满意。非常不满意。\
     一点都不满意。解决了。修好了。没解决。没有。联系过。打过电话。没有联系。转人工。人工服务。我要找人说。";
const ANNOUNCEMENTS: &str = "您好，您拨打的电话已关机。您拨打的号码是空号，请核对后再拨。您拨打的用户正在通话中，请稍后再拨。暂时无法接通。";

impl Short {
    pub(super) fn prompt(self) -> &'static str {
        match self {
            Self::Answer => ANSWERS,
            Self::Announcement => ANNOUNCEMENTS,
        }
    }

    /// Over noise the model reads its own prompt aloud. Nobody says three of those sentences in that order.
    fn is_echoed_by(self, text: &str) -> bool {
        let sentences: Vec<&str> = text.split('。').filter(|sentence| !sentence.is_empty()).collect();
        let is_echo = |three: &[&str]| self.prompt().contains(&three.join("。"));
        sentences.windows(3).any(is_echo)
    }
}

/// Answers that somebody waits for and that have not been looked at yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Urgent(Arc<AtomicUsize>);

impl Urgent {
    pub(super) fn is_any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    fn one_more(&self) -> Waiting {
        self.0.fetch_add(1, Ordering::Relaxed);
        Waiting(self.clone())
    }
}

struct Waiting(Urgent);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

type Answered = Result<Option<String>, SpeechError>;

pub(super) struct Request {
    sound: Vec<i16>,
    what: Short,
    answer: oneshot::Sender<Answered>,
    _waiting: Option<Waiting>,
}

impl Request {
    pub(super) fn new(sound: &[i16], what: Short, urgent: &Urgent) -> (Self, oneshot::Receiver<Answered>) {
        let (answer, answered) = oneshot::channel();
        let request = Self {
            sound: sound.to_vec(),
            what,
            answer,
            _waiting: (what == Short::Answer).then(|| urgent.one_more()),
        };
        (request, answered)
    }
}

/// Requests as they come to the speech thread.
pub(super) struct Hearing {
    requests: Receiver<Request>,
    stopping: CancelFlag,
}

impl Hearing {
    pub(super) fn new(requests: Receiver<Request>, stopping: CancelFlag) -> Self {
        Self { requests, stopping }
    }

    /// Everything that is waited for, answers first.
    pub(super) fn serve(&mut self, engine: &mut Engine, cleaner: &Cleaner) {
        let mut announcements = Vec::new();
        loop {
            match self.requests.try_recv() {
                Ok(request) if request.what == Short::Answer => self.answer(request, engine, cleaner),
                Ok(request) => announcements.push(request),
                Err(_) => match announcements.pop() {
                    Some(request) => self.answer(request, engine, cleaner),
                    None => return,
                },
            }
        }
    }

    fn answer(&self, request: Request, engine: &mut Engine, cleaner: &Cleaner) {
        let Request {
            sound,
            what,
            answer,
            _waiting,
        } = request;
        // Who waited has given up: the call went on by keys.
        if answer.is_closed() {
            return;
        }
        let outcome = match self.stopping.is_set() {
            true => Err(SpeechError::Cancelled),
            false => hear(&sound, what, engine, cleaner, &self.stopping),
        };
        drop(_waiting);
        let _ = answer.send(outcome);
    }
}

/// None where nobody speaks.
fn hear(sound: &[i16], what: Short, engine: &mut Engine, cleaner: &Cleaner, cancel: &CancelFlag) -> Answered {
    let narrow: Vec<f32> = sound.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
    let wide = audio::resample(narrow, TELEPHONE_RATE).map_err(SpeechError::engine)?;
    let Some(speech) = speech(&wide) else {
        return Ok(None);
    };
    let at = |ms: i64| ((ms.max(0) * i64::from(audio::RATE) / 1000) as usize).min(wide.len());
    let mut window = wide[at(speech.start_ms - MARGIN_MS)..at(speech.end_ms + MARGIN_MS)].to_vec();
    window.resize(window.len().max(SHORTEST), 0.0);
    let heard = engine.recognise_short(&window, what, cancel)?;
    let tokens: Vec<_> = heard.iter().flat_map(|heard| &heard.tokens).collect();
    let belief = tokens.iter().map(|token| token.probability).sum::<f32>() / tokens.len().max(1) as f32;
    if belief < GUESSED {
        return Ok(Some(String::new()));
    }
    let bytes: Vec<u8> = tokens
        .iter()
        .flat_map(|token| token.bytes.iter().copied())
        .collect();
    let text = cleaner.simplified(&String::from_utf8_lossy(&bytes));
    Ok(Some(if what.is_echoed_by(&text) {
        String::new()
    } else {
        text
    }))
}

/// From the first word to the last.
fn speech(samples: &[f32]) -> Option<Span> {
    let mut vad = Vad::new();
    vad.feed(samples);
    let spans = vad.spans();
    Some(Span::new(spans.first()?.start_ms, spans.last()?.end_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_read_aloud_is_no_answer_and_a_repeated_answer_is_one() {
        assert!(Short::Answer.is_echoed_by("非常满意。很满意。满意。比较满意。"));
        assert!(Short::Answer.is_echoed_by("嗯。联系过。打过电话。没有联系"));
        assert!(!Short::Answer.is_echoed_by("不满意。不满意。不满意。不满意。"));
        assert!(!Short::Answer.is_echoed_by("是的。解决了。修好了。"));
    }

    #[test]
    fn answers_are_urgent_until_they_are_looked_at() {
        let urgent = Urgent::default();
        let (announcement, _) = Request::new(&[], Short::Announcement, &urgent);
        assert!(!urgent.is_any());
        let (answer, _) = Request::new(&[], Short::Answer, &urgent);
        assert!(urgent.is_any());
        drop((answer, announcement));
        assert!(!urgent.is_any());
    }
}
