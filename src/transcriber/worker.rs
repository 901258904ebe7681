//! The thread that holds the model. One recording at a time; who comes
//! while it works waits in a short queue.

use super::engine::Engine;
use super::live::{Followed, Following, Request};
use super::pass::Pass;
use super::short::{self, Hearing, Short, Urgent};
use super::text::Cleaner;
use super::{CancelFlag, Skip, SpeechError, TranscriberSettings, Transcript};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Behind everything that carries a call, before what the administrator runs at 19.
const NICENESS: i32 = 15;
const QUEUE: usize = 4;

enum Work {
    Recording(Job),
    /// Something short is waited for, or something is to be followed: see the other queues.
    Live,
}

struct Job {
    recording: PathBuf,
    skip: Vec<Skip>,
    cancel: CancelFlag,
    answer: oneshot::Sender<Result<Transcript, SpeechError>>,
    _pending: Pending,
}

/// Counts a job from its asking to its answer, whichever way it ends.
struct Pending(Arc<AtomicUsize>);

impl Pending {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub struct Transcriber {
    jobs: Option<mpsc::Sender<Work>>,
    live: std::sync::mpsc::Sender<Request>,
    short: std::sync::mpsc::Sender<short::Request>,
    urgent: Urgent,
    pending: Arc<AtomicUsize>,
    stopping: CancelFlag,
    worker: Option<JoinHandle<()>>,
}

impl Transcriber {
    /// Loads the model, a few hundred milliseconds; not to be called on an async thread.
    pub fn load(model: &Path, settings: TranscriberSettings) -> Result<Self, SpeechError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (live, requests) = std::sync::mpsc::channel();
        let (short, answers) = std::sync::mpsc::channel();
        let urgent = Urgent::default();
        let (loaded, outcome) = std::sync::mpsc::channel();
        let stopping = CancelFlag::default();
        let (path, stop, waiting) = (model.to_owned(), stopping.clone(), urgent.clone());
        let worker = std::thread::Builder::new()
            .name("speech".to_owned())
            .spawn(move || {
                lower_priority();
                let hearing = Hearing::new(answers, stop.clone());
                let following = Following::new(hearing, requests, stop.clone());
                match Worker::load(&path, &settings, stop, &waiting, following) {
                    Ok(worker) => {
                        let _ = loaded.send(Ok(()));
                        worker.run(queue);
                    }
                    Err(error) => {
                        let _ = loaded.send(Err(error));
                    }
                }
            })
            .map_err(SpeechError::engine)?;
        outcome
            .recv()
            .map_err(|_| SpeechError::Engine("the speech thread ended while loading".to_owned()))??;
        Ok(Self {
            jobs: Some(jobs),
            live,
            short,
            urgent,
            pending: Arc::default(),
            stopping,
            worker: Some(worker),
        })
    }

    /// Waits for the transcript; not to be called on an async thread.
    pub fn transcribe(
        &self,
        recording: &Path,
        skip: &[Skip],
        cancel: &CancelFlag,
    ) -> Result<Transcript, SpeechError> {
        let (job, answer) = self.job(recording, skip, cancel);
        self.queue()?
            .blocking_send(Work::Recording(job))
            .map_err(|_| SpeechError::Cancelled)?;
        answer.blocking_recv().map_err(|_| SpeechError::Cancelled)?
    }

    /// As `transcribe`, without holding a thread. Dropping the future cancels the work.
    pub async fn transcribe_async(&self, recording: &Path, skip: &[Skip]) -> Result<Transcript, SpeechError> {
        let cancel = CancelFlag::default();
        let _cancel_on_drop = SetOnDrop(cancel.clone());
        let (job, answer) = self.job(recording, skip, &cancel);
        self.queue()?
            .send(Work::Recording(job))
            .await
            .map_err(|_| SpeechError::Cancelled)?;
        answer.await.map_err(|_| SpeechError::Cancelled)?
    }

    /// Recordings asked for and not yet answered.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Ends what runs within a fraction of a second; everything asked from now on is cancelled.
    pub fn stop(&self) {
        self.stopping.set();
    }

    /// The next step of following a call. The first one begins at `from_ms`, as does one whose `from_ms` lies ahead.
    pub async fn follow(&self, call: &str, recording: &Path, from_ms: i64) -> Result<Followed, SpeechError> {
        let (sender, answer) = oneshot::channel();
        self.ask(Request::Follow {
            call: call.to_owned(),
            recording: recording.to_owned(),
            from_ms,
            answer: sender,
        })?;
        answer.await.map_err(|_| SpeechError::Cancelled)?
    }

    /// The words of something short, 8 kHz, that is waited for; None where nobody speaks in it. Dropping the future gives it up.
    pub async fn hear(&self, sound: &[i16], what: Short) -> Result<Option<String>, SpeechError> {
        let (request, answer) = short::Request::new(sound, what, &self.urgent);
        self.short.send(request).map_err(|_| SpeechError::Cancelled)?;
        // As with live calls, a full queue means that the worker looks there soon.
        let _ = self.queue()?.try_send(Work::Live);
        answer.await.map_err(|_| SpeechError::Cancelled)?
    }

    /// The call is over, or is not followed any more.
    pub fn forget(&self, call: &str) {
        // A worker that has ended has forgotten everything.
        let _ = self.ask(Request::Forget {
            call: call.to_owned(),
        });
    }

    fn ask(&self, request: Request) -> Result<(), SpeechError> {
        self.live.send(request).map_err(|_| SpeechError::Cancelled)?;
        // Where the queue is full the worker looks at the requests before it takes the next recording.
        let _ = self.queue()?.try_send(Work::Live);
        Ok(())
    }

    fn queue(&self) -> Result<&mpsc::Sender<Work>, SpeechError> {
        self.jobs.as_ref().ok_or(SpeechError::Cancelled)
    }

    fn job(
        &self,
        recording: &Path,
        skip: &[Skip],
        cancel: &CancelFlag,
    ) -> (Job, oneshot::Receiver<Result<Transcript, SpeechError>>) {
        let (sender, answer) = oneshot::channel();
        let job = Job {
            recording: recording.to_owned(),
            skip: skip.to_vec(),
            cancel: cancel.clone(),
            answer: sender,
            _pending: Pending::new(&self.pending),
        };
        (job, answer)
    }
}

impl Drop for Transcriber {
    /// The model has to be freed before the process ends, or the library's own teardown runs under its threads.
    fn drop(&mut self) {
        self.stopping.set();
        self.jobs = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

struct SetOnDrop(CancelFlag);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

struct Worker {
    engine: Engine,
    cleaner: Cleaner,
    name: String,
    stopping: CancelFlag,
    following: Following,
}

impl Worker {
    fn load(
        model: &Path,
        settings: &TranscriberSettings,
        stopping: CancelFlag,
        urgent: &Urgent,
        following: Following,
    ) -> Result<Self, SpeechError> {
        let stem = model
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let load = || Ok((Engine::load(model, settings, &stopping, urgent)?, Cleaner::new()?));
        let (engine, cleaner) = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| Err(panicked()))?;
        Ok(Self {
            engine,
            cleaner,
            name: format!("whisper.cpp {stem}"),
            stopping,
            following,
        })
    }

    fn run(mut self, mut queue: mpsc::Receiver<Work>) {
        while let Some(work) = queue.blocking_recv() {
            let serve = || self.following.serve(&mut self.engine, &self.cleaner);
            if catch_unwind(AssertUnwindSafe(serve)).is_err() {
                tracing::error!("the recogniser panicked over a running call");
            }
            let Work::Recording(job) = work else { continue };
            let outcome =
                catch_unwind(AssertUnwindSafe(|| self.transcribe(&job))).unwrap_or_else(|_| Err(panicked()));
            let Job { answer, _pending, .. } = job;
            drop(_pending);
            // Nobody waits any more when the asker was cancelled.
            let _ = answer.send(outcome);
        }
    }

    fn transcribe(&mut self, job: &Job) -> Result<Transcript, SpeechError> {
        if self.stopping.is_set() || job.answer.is_closed() {
            return Err(SpeechError::Cancelled);
        }
        let mut pass = Pass {
            engine: &mut self.engine,
            cleaner: &self.cleaner,
            cancel: &job.cancel,
            following: Some(&mut self.following),
        };
        match pass.transcribe(&job.recording, &job.skip) {
            Ok(segments) => Ok(Transcript {
                engine: self.name.clone(),
                segments,
            }),
            Err(_) if self.stopping.is_set() => Err(SpeechError::Cancelled),
            Err(error) => Err(error),
        }
    }
}

fn panicked() -> SpeechError {
    SpeechError::Engine("the recogniser panicked".to_owned())
}

/// On Linux "the calling process" of setpriority(2) is the calling thread; the threads it starts inherit it.
fn lower_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "speech recognition runs at normal priority");
    }
}
