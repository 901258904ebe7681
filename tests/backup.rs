//! Backups: made while the office works, killed half-way, on a full disk; and what comes back out of them.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicBool, Ordering},
};

use minsheng::{
    accounts::Role,
    app::App,
    audit::verify::verify,
    backup,
    calls::{Outcome, What},
    config::Config,
    db::transfer,
    prompts::{self, New, sound::Prepared},
};
use reqwest::Method;
use serde_json::json;
use sha2::Digest as _;
use support::{
    Client, TestApp, answer,
    journey::{Journey, call_id, provision},
};

const SECOND: usize = 32_000;
const PDF: &[u8] = b"%PDF-1.7 a document";

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

/// A recording as it looks while it is written: the header does not say yet how long it is.
fn wav(seconds: usize, more: usize) -> Vec<u8> {
    let mut header = Vec::from(
        *b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\0\0\0\0",
    );
    assert_eq!(header.len(), 44);
    header.extend(noise(seconds * SECOND + more));
    header
}

async fn recorded(hotline: &TestApp, n: u64, bytes: &[u8]) {
    let path = format!("{}.wav", call_id(n));
    let dir = hotline.app.config.recordings();
    fs::create_dir_all(&dir).expect("directory");
    fs::write(dir.join(&path), bytes).expect("recording");
    let what = What::Recorded {
        path,
        duration_ms: 1000,
        bytes: bytes.len() as i64,
        sha256: hex::encode(sha2::Sha256::digest(bytes)),
        frames_lost: 0,
    };
    let journey = Journey::inbound(hotline, n, "13800001111").await;
    journey.then(50, what).await.ended(Outcome::Answered).await;
}

async fn ticket(client: &Client, title: &str) -> String {
    let (status, made) = client.post("/api/v1/tickets", &json!({ "title": title })).await;
    assert_eq!(status, 201, "{made}");
    made["number"].as_str().expect("number").to_owned()
}

/// A county with one of everything that lies in a file: a recording, one that still grows, an attachment, a prompt of its own.
async fn county() -> TestApp {
    let hotline = TestApp::start_on_sqlite().await;
    provision(&hotline).await;
    recorded(&hotline, 1, &wav(3, 0)).await;
    let growing = hotline
        .app
        .config
        .recordings()
        .join(format!("{}.wav", call_id(2)));
    fs::write(growing, wav(2, 777)).expect("recording");
    Journey::inbound(&hotline, 2, "13800002222").await;
    let operator = hotline.client(Role::Operator).await;
    let number = ticket(&operator, "清河湾停水").await;
    let upload = operator
        .request(Method::POST, &format!("/api/v1/tickets/{number}/attachments"))
        .query(&[("name", "说明.pdf")])
        .body(PDF);
    let (status, made) = answer(upload).await;
    assert_eq!(status, 201, "{made}");
    let mut tx = hotline.app.db.begin().await.expect("begin");
    let new = New {
        name: "welcome",
        text: "您好",
        source: "uploaded",
        now: hotline.app.clock.now(),
        by: "admin",
    };
    let sound = Prepared {
        samples: vec![5; 8000],
        loudness: None,
    };
    prompts::keep(&hotline.app, &mut tx, new, &sound)
        .await
        .expect("kept");
    tx.commit().await.expect("commit");
    hotline.settle().await;
    hotline
}

/// Everything below a folder, without what SQLite keeps beside its database.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_backup_made_while_the_office_works_comes_back_as_the_same_hotline() {
    let hotline = county().await;
    let away = tempfile::tempdir().expect("directory");
    let file = away.path().join("county.backup");
    let operator = hotline.client(Role::Operator).await;
    let done = AtomicBool::new(false);
    let work = async {
        let mut made = 0;
        while !done.load(Ordering::Relaxed) {
            ticket(&operator, "路灯不亮").await;
            made += 1;
        }
        made
    };
    let copy = async {
        let made = backup::create(&hotline.app, &file).await;
        done.store(true, Ordering::Relaxed);
        made.expect("a backup")
    };
    let (worked, made) = tokio::join!(work, copy);
    assert!(worked > 0, "the office worked meanwhile");
    assert_eq!(
        files(away.path()),
        vec![file.clone()],
        "nothing is left beside it"
    );
    let cut = format!("recordings/{}.wav", call_id(2));
    assert_eq!(made.manifest.files[&cut].bytes, 44 + 2 * SECOND as u64);
    let remarks: Vec<_> = made.manifest.remarks.iter().map(|remark| &remark.file).collect();
    assert_eq!(
        remarks,
        [&cut],
        "only the recording under way is not as it will be"
    );

    let data = away.path().join("data");
    let config = Config::local(&data);
    let restored = backup::restore(config.clone(), &file).await.expect("restored");
    assert_eq!(restored.manifest, made.manifest);
    let mut counts = transfer::counts(&data.join("minsheng.db")).await.expect("counts");
    *counts.get_mut("audit_log").expect("log") -= 1;
    assert_eq!(
        counts, made.manifest.tables,
        "all rows, and one that says they were restored"
    );
    let same = |name: &str| {
        let before = fs::read(hotline.dir.path().join(name)).expect("before");
        assert_eq!(before, fs::read(data.join(name)).expect("after"), "{name}");
    };
    same(&format!("recordings/{}.wav", call_id(1)));
    same("audit.key");
    assert!(
        files(&data.join("attachments"))
            .iter()
            .any(|file| fs::read(file).expect("read") == PDF)
    );
    assert_eq!(files(&data.join("prompts")).len(), 1);

    let app = App::open(config).await.expect("the daemon starts on it");
    let report = verify(&app, None).await.expect("verified");
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.recordings, 1);
    let mut tx = app.db.read().await.expect("read");
    for prompt in prompts::all(&mut tx).await.expect("prompts") {
        let path = prompt.path(&data).expect("recorded");
        assert!(path.starts_with(&data) && path.is_file(), "{}", path.display());
    }
}

#[tokio::test]
async fn a_restore_takes_only_what_is_whole_and_only_where_nothing_is() {
    let hotline = county().await;
    let away = tempfile::tempdir().expect("directory");
    let file = away.path().join("county.backup");
    backup::create(&hotline.app, &file).await.expect("a backup");
    let bytes = fs::read(&file).expect("read");
    let data = away.path().join("data");
    let bent = {
        let mut bent = bytes.clone();
        bent[bytes.len() / 2] ^= 1;
        bent
    };
    for (name, bytes) in [("cut", &bytes[..bytes.len() - 1]), ("bent", &bent)] {
        let broken = away.path().join(name);
        fs::write(&broken, bytes).expect("written");
        let refused = backup::restore(Config::local(&data), &broken).await;
        assert!(
            matches!(refused, Err(backup::Error::Unsound { .. })),
            "{name}: {refused:?}"
        );
        assert_eq!(files(&data), Vec::<PathBuf>::new(), "{name}: nothing is left");
    }
    let occupied = Config::local(hotline.dir.path());
    let refused = backup::restore(occupied, &file).await;
    assert!(
        matches!(refused, Err(backup::Error::DatabaseNotEmpty)),
        "{refused:?}"
    );
    fs::write(data.join("letter"), "dear").expect("written");
    let refused = backup::restore(Config::local(&data), &file).await;
    assert!(matches!(refused, Err(backup::Error::NotEmpty(_))), "{refused:?}");
    fs::remove_file(data.join("letter")).expect("removed");

    // As a restore leaves it that was killed.
    fs::create_dir_all(data.join(".restoring/recordings")).expect("directory");
    fs::write(data.join(".restoring/audit.key"), "half").expect("written");
    let refused = App::open(Config::local(&data))
        .await
        .err()
        .expect("not on half a hotline");
    assert!(refused.to_string().contains("恢复没有做完"), "{refused}");
    backup::restore(Config::local(&data), &file).await.expect("again");
    App::open(Config::local(&data))
        .await
        .expect("the daemon starts on it");
}

fn configuration(dir: &Path, data: &Path) -> String {
    let file = dir.join("minsheng.toml");
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!("[service]\ndata_dir = {data:?}\n[provisioning]\ndir = \"{root}/provisioning\"\n");
    fs::write(&file, text).expect("written");
    file.display().to_string()
}

fn minsheng(verb: &str, file: &Path, config: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minsheng"));
    command.args([verb, &file.display().to_string(), "--config", config]);
    command
}

/// With no room for files above so many kilobytes.
fn cramped(verb: &str, file: &Path, config: &str, kilobytes: usize) -> Output {
    let line = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"");
    let command = minsheng(verb, file, config);
    let mut shell = Command::new("bash");
    shell.args(["-c", &line, "bash"]).arg(command.get_program());
    shell.args(command.get_args()).output().expect("bash")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[tokio::test]
async fn a_backup_that_is_killed_or_finds_the_disk_full_leaves_the_last_one_alone() {
    let hotline = county().await;
    recorded(&hotline, 3, &wav(1200, 0)).await;
    hotline.settle().await;
    hotline.app.db.checkpoint().await.expect("all in one file");
    let away = tempfile::tempdir().expect("directory");
    let (file, part) = (away.path().join("b"), away.path().join("b.part"));
    fs::write(&file, "the last one").expect("written");
    let config = configuration(away.path(), hotline.dir.path());
    let mut child = minsheng("backup", &file, &config).spawn().expect("started");
    let length = || fs::metadata(&part).map_or(0, |part| part.len());
    while length() < 1 << 20 && child.try_wait().expect("waited").is_none() {
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(part.exists(), "it was killed half-way");
    assert_eq!(fs::read(&file).expect("read"), b"the last one");

    let full = cramped("backup", &file, &config, 30_000);
    assert_eq!(full.status.code(), Some(1), "{}", said(&full));
    assert!(said(&full).contains("磁盘已满"), "{}", said(&full));
    assert!(!part.exists(), "nothing half is left");
    assert_eq!(fs::read(&file).expect("read"), b"the last one");

    let done = minsheng("backup", &file, &config).output().expect("started");
    assert!(done.status.success(), "{}", said(&done));
    let there = away.path().join("data");
    fs::create_dir(&there).expect("directory");
    let config = configuration(away.path(), &there);
    let full = cramped("restore", &file, &config, 30_000);
    assert_eq!(full.status.code(), Some(1), "{}", said(&full));
    assert!(said(&full).contains("磁盘已满"), "{}", said(&full));
    assert_eq!(files(&there), Vec::<PathBuf>::new(), "nothing half is left");
    let done = minsheng("restore", &file, &config).output().expect("started");
    assert!(done.status.success(), "{}", said(&done));
    let mut audit = Command::new(env!("CARGO_BIN_EXE_minsheng"));
    let audit = audit
        .args(["audit", "verify", "--config", &config])
        .output()
        .expect("started");
    assert!(audit.status.success(), "{}", said(&audit));
    assert!(said(&audit).contains("录音 2 段"), "{}", said(&audit));
}
