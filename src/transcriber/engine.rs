//! whisper.cpp behind one call: samples of one window in, tokens with times out. One model, one state, one thread.

use super::lines::{Heard, Token};
use super::short::{Short, Urgent};
use super::{CancelFlag, Effort, SpeechError, TranscriberSettings, model_file};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperSegment, WhisperState,
};

/// Where decoding fails it is tried again at the next temperature; each try costs as much as the first.
const TEMPERATURE_STEP: f32 = 0.4;
/// The encoder makes 50 frames of a second of sound.
const FRAMES_PER_SECOND: usize = 50;
const FULL_FRAMES: usize = 1500;
/// Cut closer than this the decoder runs past the end of the sound and repeats itself.
const SPARE_FRAMES: usize = 96;
/// On clips of a few seconds the errors fall from 19 to 17 of 100 characters with this, and to 15 with all frames,
/// which cost three times as much.
const FEWEST_FRAMES: usize = 768;
/// Of calls that still go on: a sentence of some seconds at a third of the cost.
const QUICK_FRAMES: usize = 256;
const SCENE: &str = "以下是市民拨打12345政务服务热线的通话，普通话。";
/// The model keeps 224 tokens of prompt; what is longer would push out the scene.
const PROMPT_CHARS: usize = 120;

pub(super) struct Engine {
    context: WhisperContext,
    state: WhisperState,
    params: FullParams<'static, 'static>,
    answers: FullParams<'static, 'static>,
    announcements: FullParams<'static, 'static>,
    interrupt: Interrupt,
}

/// What ends a recognition under way.
#[derive(Clone)]
struct Interrupt {
    stopping: CancelFlag,
    current: Arc<Mutex<CancelFlag>>,
    /// Something that is waited for comes first, where the window can be done once more.
    urgent: Urgent,
    yields: Arc<AtomicBool>,
}

impl Interrupt {
    fn is_asked(&self) -> bool {
        self.stopping.is_set()
            || self
                .current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_set()
            || self.is_urgent()
    }

    fn is_urgent(&self) -> bool {
        self.yields.load(Ordering::Relaxed) && self.urgent.is_any()
    }
}

impl Engine {
    pub(super) fn load(
        path: &Path,
        settings: &TranscriberSettings,
        stopping: &CancelFlag,
        urgent: &Urgent,
    ) -> Result<Self, SpeechError> {
        whisper_rs::install_logging_hooks();
        let failed = |reason: &str| SpeechError::Model {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        model_file::check(path).map_err(|error| failed(&error.to_string()))?;
        let mut options = WhisperContextParameters::new();
        options.use_gpu(false);
        let context = WhisperContext::new_with_params(path, options)
            .map_err(|_| failed("not a whisper model in ggml format, or damaged"))?;
        if settings.language != "en" && !context.is_multilingual() {
            return Err(failed("this model knows English only"));
        }
        let state = context
            .create_state()
            .map_err(|error| failed(&error.to_string()))?;
        let interrupt = Interrupt {
            stopping: stopping.clone(),
            current: Arc::default(),
            urgent: urgent.clone(),
            yields: Arc::default(),
        };
        let params = |prompt: &str| params(settings, prompt, interrupt.clone());
        Ok(Self {
            params: params(&prompt(&settings.lexicon))?,
            answers: short(params(Short::Answer.prompt())?),
            announcements: short(params(Short::Announcement.prompt())?),
            context,
            state,
            interrupt,
        })
    }

    pub(super) fn recognise(
        &mut self,
        samples: &[f32],
        effort: Effort,
        cancel: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        let mut params = self.params.clone();
        params.set_audio_ctx(audio_frames(samples.len(), effort) as i32);
        if effort == Effort::Quick {
            // A second try would come later than the sentence's own end.
            params.set_temperature_inc(0.0);
            // A loop costs seconds, and all that is said meanwhile waits for it.
            params.set_single_segment(true);
            params.set_max_tokens(most_tokens(samples.len()));
        }
        self.run(params, samples, cancel)
    }

    /// As `recognise`, but gives way to what is waited for: `Interrupted` then.
    pub(super) fn recognise_yielding(
        &mut self,
        samples: &[f32],
        effort: Effort,
        cancel: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        self.interrupt.yields.store(true, Ordering::Relaxed);
        let outcome = self.recognise(samples, effort, cancel);
        self.interrupt.yields.store(false, Ordering::Relaxed);
        outcome
    }

    /// A few words of which it is known what they may be.
    pub(super) fn recognise_short(
        &mut self,
        samples: &[f32],
        what: Short,
        cancel: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        let mut params = match what {
            Short::Answer => self.answers.clone(),
            Short::Announcement => self.announcements.clone(),
        };
        params.set_audio_ctx(audio_frames(samples.len(), Effort::Quick) as i32);
        params.set_max_tokens(most_tokens(samples.len()));
        self.run(params, samples, cancel)
    }

    fn run(
        &mut self,
        params: FullParams<'_, '_>,
        samples: &[f32],
        cancel: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        *self
            .interrupt
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = cancel.clone();
        let outcome = self.state.full(params, samples);
        if let Err(error) = outcome {
            // What an aborted or failed run leaves in the state is not specified.
            self.state = self.context.create_state().map_err(SpeechError::engine)?;
            return Err(if cancel.is_set() {
                SpeechError::Cancelled
            } else if self.interrupt.is_urgent() {
                SpeechError::Interrupted
            } else {
                SpeechError::engine(error)
            });
        }
        let end_of_text = self.context.token_eot();
        Ok(self
            .state
            .as_iter()
            .map(|segment| heard(&segment, end_of_text))
            .collect())
    }
}

/// Made once and cloned for every window: the library never frees the strings and the closure given to it.
fn params(
    settings: &TranscriberSettings,
    prompt: &str,
    interrupt: Interrupt,
) -> Result<FullParams<'static, 'static>, SpeechError> {
    let language = language(&settings.language)
        .ok_or_else(|| SpeechError::Engine(format!("the language {:?} is not known", settings.language)))?;
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 2 });
    params.set_n_threads(settings.threads.max(1).try_into().unwrap_or(1));
    params.set_language(Some(language));
    params.set_initial_prompt(prompt);
    params.set_no_context(true);
    params.set_token_timestamps(true);
    params.set_suppress_nst(true);
    params.set_temperature_inc(TEMPERATURE_STEP);
    params.set_print_special(false);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    // The library calls the closure through the very type it was given, but stores it boxed once more: only a
    // boxed closure is sound here (whisper-rs 0.16.0, set_abort_callback_safe).
    let abort: Box<dyn FnMut() -> bool> = Box::new(move || interrupt.is_asked());
    params.set_abort_callback_safe(abort);
    Ok(params)
}

/// For a few words: one try, one segment.
fn short(mut params: FullParams<'static, 'static>) -> FullParams<'static, 'static> {
    params.set_temperature_inc(0.0);
    params.set_single_segment(true);
    params
}

fn language(name: &str) -> Option<&'static str> {
    if name.contains('\0') {
        return None;
    }
    whisper_rs::get_lang_id(name).and_then(whisper_rs::get_lang_str)
}

fn prompt(lexicon: &[String]) -> String {
    let mut names = String::new();
    for name in lexicon.iter().filter(|name| !name.contains('\0')) {
        if SCENE.chars().count() + names.chars().count() + name.chars().count() + 8 > PROMPT_CHARS {
            break;
        }
        names.push_str(if names.is_empty() {
            "提到的名称有"
        } else {
            "、"
        });
        names.push_str(name);
    }
    if names.is_empty() {
        SCENE.to_owned()
    } else {
        format!("{SCENE}{names}。")
    }
}

fn audio_frames(samples: usize, effort: Effort) -> usize {
    let fewest = match effort {
        Effort::Thorough => FEWEST_FRAMES,
        Effort::Quick => QUICK_FRAMES,
    };
    let needed = samples * FRAMES_PER_SECOND / super::audio::RATE as usize + SPARE_FRAMES;
    // The matrix kernels like whole blocks.
    needed.next_multiple_of(64).clamp(fewest, FULL_FRAMES)
}

/// More than a fast speaker fills: five characters a second, of which some take two tokens.
fn most_tokens(samples: usize) -> i32 {
    let seconds = samples.div_ceil(super::audio::RATE as usize);
    i32::try_from(8 + 8 * seconds).unwrap_or(i32::MAX)
}

fn heard(segment: &WhisperSegment<'_>, end_of_text: i32) -> Heard {
    let (start_ms, end_ms) = (segment.start_timestamp() * 10, segment.end_timestamp() * 10);
    let tokens = (0..segment.n_tokens())
        .filter_map(|index| segment.get_token(index))
        .filter(|token| token.token_id() < end_of_text)
        .filter_map(|token| {
            let data = token.token_data();
            let within = |centiseconds: i64| (centiseconds * 10).clamp(start_ms, end_ms.max(start_ms));
            let bytes = token.to_bytes().ok()?.to_vec();
            Some(Token {
                bytes,
                start_ms: within(data.t0),
                end_ms: within(data.t1),
                probability: data.p,
            })
        })
        .collect();
    Heard {
        tokens,
        no_speech: segment.no_speech_probability(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_names_the_county_but_never_outgrows_its_room() {
        assert_eq!(prompt(&[]), SCENE);
        let few = prompt(&["城关街道".to_owned(), "县供水公司".to_owned()]);
        assert!(
            few.starts_with(SCENE) && few.ends_with("城关街道、县供水公司。"),
            "{few}"
        );
        let many: Vec<String> = (0..500).map(|n| format!("第{n}小区")).collect();
        assert!(prompt(&many).chars().count() <= PROMPT_CHARS);
        assert!(prompt(&many).contains("第0小区"));
    }

    #[test]
    fn a_short_window_is_listened_to_only_as_far_as_it_goes() {
        let frames = |seconds: usize| {
            [Effort::Thorough, Effort::Quick].map(|effort| audio_frames(seconds * 16_000, effort))
        };
        assert_eq!(frames(28), [FULL_FRAMES; 2]);
        assert_eq!(frames(16), [896; 2]);
        assert_eq!(frames(5), [FEWEST_FRAMES, 384]);
        assert_eq!(frames(1), [FEWEST_FRAMES, QUICK_FRAMES]);
    }

    #[test]
    fn a_loop_ends_soon_and_a_fast_speaker_is_not_cut_off() {
        let most = |seconds: usize| most_tokens(seconds * 16_000);
        assert_eq!([most(1), most(6)], [16, 56]);
    }
}
