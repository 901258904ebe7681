//! Speech recognition through its public door, on the shipped prompts as spoken Chinese. The model is not part of
//! the repository: where none lies beside the checkout these tests say so and check nothing.

mod support;

use minsheng::{
    audio,
    dialer::{self, Fate},
    provisioning, surveys,
    tickets::lexicon,
    transcriber::{
        self, CancelFlag, LiveSegment, ModelPlaces, Segment, Short, Side, Skip, Span, Speech, SpeechError,
        SpeechState, Transcriber, TranscriberSettings,
    },
};
use std::path::{Path, PathBuf};
use support::TestApp;

const RATE: usize = 8_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Not `eprintln!`, which a test that passes keeps to itself.
fn not_run(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "NOT RUN: tests of speech recognition, {why}");
}

fn tiny_model() -> Option<PathBuf> {
    if cfg!(not(feature = "speech")) {
        not_run("built without speech recognition");
        return None;
    }
    let model = root().join("../shared/data/speech/ggml-tiny-q5_1.bin");
    if !model.is_file() {
        not_run(&format!("no speech model at {}", model.display()));
        return None;
    }
    Some(model)
}

fn prompt(name: &str) -> Vec<i16> {
    let bytes =
        std::fs::read(root().join(format!("provisioning/prompts/{name}.wav"))).expect("a shipped prompt");
    bytes[44..]
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

fn call(seconds: usize, citizen: &[(usize, Vec<i16>)], office: &[(usize, Vec<i16>)]) -> Vec<u8> {
    let mut frames = vec![[0i16; 2]; seconds * RATE];
    for (side, turns) in [citizen, office].into_iter().enumerate() {
        for (at_ms, sound) in turns {
            let from = at_ms * RATE / 1000;
            sound
                .iter()
                .zip(&mut frames[from..])
                .for_each(|(sample, frame)| frame[side] = *sample);
        }
    }
    let data: Vec<u8> = frames
        .iter()
        .flatten()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let mut wav = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    wav.extend((RATE as u32).to_le_bytes());
    wav.extend((RATE as u32 * 4).to_le_bytes());
    wav.extend([4, 0, 16, 0]);
    wav.extend(b"data\xff\xff\xff\xff");
    wav.extend(data);
    wav
}

struct Scene {
    folder: tempfile::TempDir,
    recording: PathBuf,
}

fn scene(wav: &[u8]) -> Scene {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = folder.path().join("call.wav");
    std::fs::write(&recording, wav).expect("written");
    Scene { folder, recording }
}

fn text_of(segments: &[Segment], side: Side) -> String {
    segments
        .iter()
        .filter(|segment| segment.side == side)
        .map(|segment| segment.text.as_str())
        .collect()
}

#[test]
fn each_side_is_recognised_with_its_times_in_the_call() {
    let Some(model) = tiny_model() else { return };
    let (question, answer) = (prompt("survey-solved"), prompt("after-hours"));
    let question_ms = (question.len() * 1000 / RATE) as i64;
    let answer_ms = (answer.len() * 1000 / RATE) as i64;
    let scene = scene(&call(40, &[(20_000, answer)], &[(3_000, question)]));
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let transcript = transcriber
        .transcribe(&scene.recording, &[], &CancelFlag::default())
        .expect("a transcript");

    assert!(
        transcript.engine.contains("ggml-tiny-q5_1"),
        "{}",
        transcript.engine
    );
    let office = text_of(&transcript.segments, Side::Office);
    let citizen = text_of(&transcript.segments, Side::Citizen);
    assert!(office.contains("问题"), "{office}");
    assert!(
        ["诉求", "地点", "联系方式"]
            .iter()
            .all(|word| citizen.contains(word)),
        "{citizen}"
    );
    for segment in &transcript.segments {
        let (from, length) = match segment.side {
            Side::Office => (3_000, question_ms),
            Side::Citizen => (20_000, answer_ms),
        };
        assert!(segment.start_ms <= segment.end_ms, "{segment:?}");
        assert!(
            segment.start_ms >= from - 400 && segment.end_ms <= from + length + 400,
            "{segment:?}"
        );
    }
}

#[test]
fn what_the_machine_played_is_not_in_the_transcript() {
    let Some(model) = tiny_model() else { return };
    let scene = scene(&call(
        20,
        &[],
        &[(1_000, prompt("survey-solved")), (12_000, prompt("goodbye"))],
    ));
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let skip = [Skip {
        side: Side::Office,
        span: Span {
            start_ms: 0,
            end_ms: 11_000,
        },
    }];
    let transcript = transcriber
        .transcribe(&scene.recording, &skip, &CancelFlag::default())
        .expect("a transcript");
    assert!(!transcript.segments.is_empty());
    assert!(
        transcript
            .segments
            .iter()
            .all(|segment| segment.start_ms >= 11_000),
        "{:?}",
        transcript.segments
    );
}

#[test]
fn a_silent_call_has_an_empty_transcript() {
    let Some(model) = tiny_model() else { return };
    let scene = scene(&call(30, &[], &[]));
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let transcript = transcriber
        .transcribe(&scene.recording, &[], &CancelFlag::default())
        .expect("a transcript");
    assert_eq!(transcript.segments, []);
}

#[test]
fn telephone_tones_give_no_text() {
    let Some(model) = tiny_model() else { return };
    let scene = scene(&call(
        20,
        &[(1_000, prompt("busy"))],
        &[(1_000, prompt("ringback")), (9_000, prompt("beep"))],
    ));
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let transcript = transcriber
        .transcribe(&scene.recording, &[], &CancelFlag::default())
        .expect("a transcript");
    assert_eq!(transcript.segments, []);
}

#[test]
fn a_cancelled_recording_ends_and_the_next_is_served() {
    let Some(model) = tiny_model() else { return };
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let long = scene(&call(
        120,
        &[(0, prompt("after-hours")), (60_000, prompt("menu-main"))],
        &[],
    ));
    let cancel = CancelFlag::default();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| transcriber.transcribe(&long.recording, &[], &cancel));
        while transcriber.pending() == 0 {
            std::thread::yield_now();
        }
        cancel.set();
        assert!(matches!(
            running.join().expect("no panic"),
            Err(SpeechError::Cancelled)
        ));
    });
    let short = scene(&call(6, &[(1_000, prompt("message-saved"))], &[]));
    let transcript = transcriber
        .transcribe(&short.recording, &[], &CancelFlag::default())
        .expect("a transcript");
    assert!(
        text_of(&transcript.segments, Side::Citizen).contains("留言"),
        "{:?}",
        transcript.segments
    );
    assert_eq!(transcriber.pending(), 0);
}

/// The words of a call whose recording has grown to `seconds`.
async fn words_until(
    transcriber: &Transcriber,
    whole: &[u8],
    scene: &Scene,
    seconds: usize,
) -> Vec<LiveSegment> {
    std::fs::write(&scene.recording, &whole[..44 + seconds * RATE * 4]).expect("written");
    let mut heard = Vec::new();
    loop {
        let step = transcriber
            .follow("call", &scene.recording, 2_000)
            .await
            .expect("a step");
        assert!(!step.is_behind);
        if step.segments.is_empty() && !step.has_more {
            return heard;
        }
        heard.extend(step.segments);
    }
}

#[tokio::test]
async fn a_running_call_is_heard_while_it_is_spoken_and_once_more_when_a_sentence_is_over() {
    let Some(model) = tiny_model() else { return };
    let whole = call(
        20,
        &[(3_000, prompt("message-saved"))],
        &[(500, prompt("beep")), (12_000, prompt("goodbye"))],
    );
    let scene = scene(b"");
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let early = words_until(&transcriber, &whole, &scene, 5).await;
    assert!(
        !early.is_empty() && early.iter().all(|segment| !segment.is_final),
        "{early:?}"
    );
    let middle = words_until(&transcriber, &whole, &scene, 11).await;
    let last = middle.last().expect("a sentence");
    assert!(last.is_final && last.text.contains("留言"), "{middle:?}");
    assert_eq!(
        (last.side, early[0].start_ms),
        (Side::Citizen, middle[0].start_ms),
        "the same sentence"
    );
    let late = words_until(&transcriber, &whole, &scene, 20).await;
    assert!(
        late.iter()
            .any(|segment| segment.is_final && segment.side == Side::Office),
        "{late:?}"
    );
    assert!(
        late.iter().all(|segment| segment.start_ms >= last.end_ms),
        "nothing is said twice: {late:?}"
    );
    assert_eq!(words_until(&transcriber, &whole, &scene, 20).await, []);
    transcriber.forget("call");
    let again = words_until(&transcriber, &whole, &scene, 20).await;
    assert!(
        again.iter().any(|segment| segment.text.contains("留言")),
        "forgotten, it begins anew: {again:?}"
    );
}

#[tokio::test]
async fn a_recording_that_is_not_there_yet_is_no_reason_to_stop() {
    let Some(model) = tiny_model() else { return };
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let missing = transcriber
        .follow("call", Path::new("/nonexistent/call.wav"), 0)
        .await;
    assert!(matches!(missing, Err(SpeechError::Audio { .. })), "{missing:?}");
    let scene = scene(&call(2, &[], &[]));
    assert_eq!(
        transcriber
            .follow("call", &scene.recording, 0)
            .await
            .expect("a step")
            .segments,
        []
    );
}

#[test]
fn a_recording_that_is_none_is_an_error_and_the_next_is_served() {
    let Some(model) = tiny_model() else { return };
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let broken = scene(b"RIFF\0\0\0\0WAVEdata");
    let refused = transcriber.transcribe(&broken.recording, &[], &CancelFlag::default());
    assert!(matches!(refused, Err(SpeechError::Audio { .. })), "{refused:?}");
    let silent = scene(&call(2, &[], &[]));
    assert!(
        transcriber
            .transcribe(&silent.recording, &[], &CancelFlag::default())
            .is_ok()
    );
}

#[test]
fn a_damaged_model_is_an_error_in_words() {
    let Some(model) = tiny_model() else { return };
    let scene = scene(b"");
    let damaged = scene.folder.path().join("ggml-half.bin");
    let whole = std::fs::read(model).expect("the model");
    for content in [
        &whole[..whole.len() / 2],
        &whole[..3000],
        &whole[..2],
        b"nothing of a model".as_slice(),
    ] {
        std::fs::write(&damaged, content).expect("written");
        let refused = Transcriber::load(&damaged, TranscriberSettings::default())
            .err()
            .expect("an error");
        assert!(refused.to_string().contains("ggml-half.bin"), "{refused}");
    }
}

#[tokio::test]
async fn without_a_model_speech_says_why_and_calls_go_on() {
    let places = ModelPlaces {
        named: Some("/nonexistent/model.bin".into()),
        ..ModelPlaces::default()
    };
    let speech = Speech::open(&places, TranscriberSettings::default());
    assert!(
        matches!(speech.state(), SpeechState::NoModel(reason) if reason.contains("/nonexistent/model.bin"))
    );
    let refused = speech.transcribe(Path::new("call.wav"), &[]).await;
    assert!(matches!(refused, Err(SpeechError::NoModel(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_cancels_what_runs_and_what_waits() {
    let Some(model) = tiny_model() else { return };
    let places = ModelPlaces {
        named: Some(model),
        ..ModelPlaces::default()
    };
    let speech = tokio::task::spawn_blocking(move || Speech::open(&places, TranscriberSettings::default()))
        .await
        .expect("no panic");
    assert_eq!(speech.state(), SpeechState::Ready);
    let scene = scene(&call(
        120,
        &[(0, prompt("after-hours")), (60_000, prompt("menu-main"))],
        &[],
    ));
    let (first, second, ()) = tokio::join!(
        speech.transcribe(&scene.recording, &[]),
        speech.transcribe(&scene.recording, &[]),
        async {
            assert_eq!((speech.state(), speech.pending()), (SpeechState::Busy, 2));
            speech.stop();
        }
    );
    assert!(matches!(
        (&first, &second),
        (Err(SpeechError::Cancelled), Err(SpeechError::Cancelled))
    ));
    assert_eq!(speech.pending(), 0);
}

#[tokio::test]
async fn a_daemon_with_a_model_is_ready_and_one_without_says_so() {
    let without =
        TestApp::start_with(|config| config.speech.model = Some("/nonexistent/model.bin".into())).await;
    transcriber::connect(&without.app).await;
    let (_, health) = without.stranger().get("/api/v1/health").await;
    assert_eq!(health["speech"], "no_model");

    let Some(model) = tiny_model() else { return };
    let with = TestApp::start_with(|config| config.speech.model = Some(model)).await;
    transcriber::connect(&with.app).await;
    let (_, health) = with.stranger().get("/api/v1/health").await;
    assert_eq!(health["speech"], "ready");
}

#[tokio::test]
async fn the_recogniser_expects_towns_before_streets_and_villages() {
    let hotline = TestApp::start().await;
    provisioning::load(&hotline.app, &root().join("provisioning"))
        .await
        .expect("provisioning loads");
    let names = lexicon::spoken_places(&hotline.app).await.expect("places");
    let at = |name: &str| {
        names
            .iter()
            .position(|known| known == name)
            .expect("a place of the sample county")
    };
    assert_eq!(at("城关街道"), 0);
    assert!(at("双井乡") < at("清河湾小区") && at("清河湾小区") < at("清河湾社区"));
}

#[tokio::test]
async fn a_few_words_are_heard_and_silence_is_none() {
    let Some(model) = tiny_model() else { return };
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let heard = async |sound: &[i16]| {
        let heard = transcriber.hear(sound, Short::Answer).await;
        heard.expect("an answer")
    };
    assert_eq!(heard(&[0; 8_000]).await, None);
    assert_eq!(heard(&[]).await, None);
    let words = heard(&prompt("survey-solved")).await.unwrap_or_default();
    assert!(words.contains("解决"), "{words}");
}

#[tokio::test]
async fn an_answer_that_is_waited_for_goes_before_a_recording_that_was_asked_for_earlier() {
    let Some(model) = tiny_model() else { return };
    let scene = scene(&call(
        60,
        &[(1_000, prompt("after-hours")), (35_000, prompt("after-hours"))],
        &[(15_000, prompt("survey-solved"))],
    ));
    let transcriber = Transcriber::load(&model, TranscriberSettings::default()).expect("the model loads");
    let done = std::cell::RefCell::new(Vec::new());
    let recording = async {
        let transcript = transcriber.transcribe_async(&scene.recording, &[]).await;
        done.borrow_mut().push("recording");
        transcript.expect("a transcript, though it was interrupted")
    };
    let answer = async {
        let sound = prompt("survey-solved");
        let heard = transcriber.hear(&sound, Short::Answer).await;
        done.borrow_mut().push("answer");
        heard.expect("an answer")
    };
    let (transcript, heard) = tokio::join!(recording, answer);
    assert_eq!(*done.borrow(), ["answer", "recording"]);
    assert!(heard.is_some());
    assert!(text_of(&transcript.segments, Side::Citizen).contains("诉求"));
}

/// The shipped answers are measured by `scripts/bench`; a handful that every model must get are looked at here.
#[tokio::test]
async fn answers_and_announcements_are_taken_for_what_they_mean() {
    let folder = root().join("provisioning/demo/answers");
    let Some(tiny) = tiny_model() else { return };
    let base = tiny.with_file_name("ggml-base-q5_1.bin");
    if !base.is_file() {
        eprintln!("SKIPPED: no speech model at {}", base.display());
        return;
    }
    let transcriber = Transcriber::load(&base, TranscriberSettings::default()).expect("the model loads");
    let sound = |file: &str| audio::read(&folder.join(file)).expect("a shipped answer");
    for (file, question, meaning) in [
        ("a001.wav", "satisfaction", '5'),
        ("a028.wav", "satisfaction", '2'),
        ("a043.wav", "solved", '1'),
        ("a058.wav", "solved", '2'),
        ("a085.wav", "contacted", '2'),
    ] {
        let heard = transcriber
            .hear(&sound(file), Short::Answer)
            .await
            .expect("an answer");
        let heard = heard.unwrap_or_default();
        assert_eq!(
            surveys::meaning(question, "012345", &heard),
            Some(meaning),
            "{file}: {heard}"
        );
    }
    for (file, fate) in [
        ("n01.wav", Fate::SwitchedOff),
        ("n02.wav", Fate::BadNumber),
        ("n03.wav", Fate::Busy),
    ] {
        let heard = transcriber
            .hear(&sound(file), Short::Announcement)
            .await
            .expect("an answer");
        let heard = heard.unwrap_or_default();
        assert_eq!(dialer::announced([heard.as_str()]), Some(fate), "{file}: {heard}");
    }
}
