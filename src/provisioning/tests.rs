use std::{fs, path::PathBuf};

use super::*;
use crate::{
    app::Registry,
    clock::{MockClock, Rng, from_millis},
    config::Config,
    db::{Db, fresh},
    scalar,
};

mod edits;

fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("provisioning")
}

/// A copy of the shipped folder that a test may spoil.
fn copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("directory");
    copy_folder(&shipped(), dir.path());
    dir
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folder");
    for entry in fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("type").is_dir() {
            true if entry.file_name() == "demo" => {}
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copy")),
        }
    }
}

fn spoil(dir: &Path, file: &str, from: &str, to: &str) {
    let path = dir.join(file);
    let text = fs::read_to_string(&path).expect("file");
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).expect("write");
}

async fn start() -> (App, tempfile::TempDir) {
    let (db, dir) = fresh().await;
    let config = Config {
        provisioning: crate::config::Provisioning { dir: shipped() },
        ..Config::local(dir.path())
    };
    let clock = MockClock::new(from_millis(1_000_000)).clock();
    (
        App::new(db, clock, Rng::seeded(1), config, Registry::default()),
        dir,
    )
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    scalar!(db.read().await.expect("read"), i64, sql).expect("count")
}

#[test]
fn the_shipped_county_is_without_fault() {
    let county = read(&shipped()).expect("no fault");
    assert_eq!(county.county["name"], "青禾县");
    assert_eq!(county.menus.len(), 5);
    assert!(county.classes.len() > 200 && county.duties.len() > 500 && county.places.len() > 200);
    assert_eq!(
        county.lines[0],
        Line {
            number: "12345".into(),
            menu: "default".into()
        }
    );
}

#[tokio::test]
async fn the_first_start_loads_it_and_the_second_does_not() {
    let (app, _dir) = start().await;
    assert!(load_at_first_start(&app).await.expect("loaded"));
    assert!(!load_at_first_start(&app).await.expect("left alone"));
    let classes = count(&app.db, "SELECT COUNT(*) FROM classes").await;
    assert!(classes > 200);
}

#[tokio::test]
async fn loading_again_changes_nothing() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("first");
    let versions = "SELECT COUNT(*) FROM settings";
    let before = (
        count(&app.db, versions).await,
        count(&app.db, "SELECT COUNT(*) FROM duties").await,
    );
    load(&app, &shipped()).await.expect("second");
    assert_eq!(
        (
            count(&app.db, versions).await,
            count(&app.db, "SELECT COUNT(*) FROM duties").await
        ),
        before
    );
}

#[tokio::test]
async fn one_fault_and_nothing_is_stored() {
    let (app, _dir) = start().await;
    let county = copy();
    spoil(
        county.path(),
        "queues.toml",
        "ring_seconds = 20",
        "ring_seconds = 0",
    );
    assert!(matches!(load(&app, county.path()).await, Err(Error::Faults(_))));
    assert_eq!(count(&app.db, "SELECT COUNT(*) FROM settings").await, 0);
    assert_eq!(count(&app.db, "SELECT COUNT(*) FROM classes").await, 0);
}

#[test]
fn every_fault_of_every_file_is_named_in_one_run() {
    let county = copy();
    let dir = county.path();
    spoil(dir, "county.toml", "area_code", "area");
    spoil(
        dir,
        "menus/default.toml",
        "next = \"general\"",
        "next = \"nowhere\"",
    );
    spoil(dir, "menus/one-level.toml", "\"menu-main\"", "\"menu-nowhere\"");
    spoil(dir, "queues.toml", "name = \"hrss\"", "name = \"general\"");
    spoil(dir, "schedules.toml", "09:00-12:00", "9-12");
    spoil(dir, "units.csv", "部门", "部们");
    spoil(dir, "duties.csv", "gongshui", "nobody");
    spoil(dir, "urgency.csv", ",S,", ",X,");
    spoil(dir, "kinds.csv", "kind,words", "kind,word");
    fs::write(dir.join("calendar/2026.json"), "{").expect("write");
    fs::write(dir.join("prompts/greeting.wav"), "not a sound").expect("write");
    let faults = read(dir).expect_err("faults").0;
    let found: Vec<String> = faults
        .iter()
        .map(|fault| {
            format!(
                "{} {}",
                fault.file.trim_start_matches(&*dir.display().to_string()),
                fault.key
            )
        })
        .collect();
    for expected in [
        "/county.toml area_code",
        "/county.toml area",
        "/menus/default.toml nodes.notice.next",
        "/menus/one-level.toml nodes.main.prompts",
        "/menus/one-level.toml nodes.hrss.queue",
        "/menus/specialist.toml nodes.hrss.queue",
        "/queues.toml queue[1].name",
        "/schedules.toml schedule[1].workdays[0]",
        "/units.csv line 2, kind",
        "/duties.csv line 2, unit_code",
        "/urgency.csv line 2, band",
        "/kinds.csv line 1",
        "/calendar/2026.json line 1",
        "/prompts/prompts.csv line 2, name",
    ] {
        assert!(
            found.iter().any(|found| found == expected),
            "{expected} not in {found:#?}"
        );
    }
    assert_eq!(found.len(), 14, "{found:#?}");
}

#[test]
fn the_duty_catalogue_may_say_from_when_to_when_an_entry_holds() {
    let county = copy();
    let file = |rows: &str| {
        let head = "class_code,area,unit_code,co_units,basis,note,valid_from,valid_until";
        fs::write(county.path().join("duties.csv"), format!("{head}\n{rows}")).expect("write");
        read(county.path())
    };
    let duties = file("010101,,gongshui,,,,2026-01-01,2026-06-30\n010102,,reli,,,,,\n")
        .expect("a county")
        .duties;
    let days = duties.iter().map(|duty| (duty.valid_from, duty.valid_until));
    let day = |text: &str| text.parse().ok();
    assert_eq!(
        days.collect::<Vec<_>>(),
        [(day("2026-01-01"), day("2026-06-30")), (None, None)]
    );
    let faults =
        file("010101,,gongshui,,,,soon,\n010102,,reli,,,,2026-07-01,2026-06-30\n").expect_err("faults");
    let keys: Vec<&str> = faults.0.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["line 2, valid_from", "line 3, valid_until"]);
}

#[test]
fn a_folder_that_is_not_there_is_one_fault() {
    assert_eq!(read(Path::new("/nowhere")).expect_err("fault").0.len(), 1);
}

#[tokio::test]
async fn the_demo_people_are_added_once() {
    let (app, _dir) = start().await;
    load(&app, &shipped()).await.expect("county");
    let people = load_demo(&app, "minsheng-demo").await.expect("people").len();
    load_demo(&app, "minsheng-demo").await.expect("again");
    assert_eq!(
        count(&app.db, "SELECT COUNT(*) FROM users").await,
        i64::try_from(people).expect("few")
    );
}

#[test]
fn number_areas_may_be_absent_and_are_checked_where_they_are() {
    let dir = copy();
    let shipped = read(dir.path()).expect("free of faults");
    assert!(
        shipped
            .areas
            .iter()
            .any(|area| area.prefix == "0534" && area.area == "山东德州")
    );
    fs::write(
        dir.path().join("mobile-segments.csv"),
        "prefix,area\n1380534,山东德州\n0534,山东德州\n1380534,山东\n",
    )
    .expect("write");
    let faults = read(dir.path()).expect_err("two faults").to_string();
    assert!(
        faults.contains("line 3, prefix") && faults.contains("line 4, prefix"),
        "{faults}"
    );
    fs::remove_file(dir.path().join("mobile-segments.csv")).expect("remove");
    fs::remove_file(dir.path().join("area-codes.csv")).expect("remove");
    assert!(read(dir.path()).expect("free of faults").areas.is_empty());
}

#[test]
fn faults_of_articles_name_the_article() {
    let dir = copy();
    let shipped = read(dir.path()).expect("free of faults");
    assert!(shipped.articles.len() >= 20);
    assert!(
        shipped
            .articles
            .iter()
            .all(|(_, draft)| !draft.reply_template.is_empty())
    );
    spoil(
        dir.path(),
        "articles.toml",
        "unit = \"gongshui\"",
        "unit = \"nobody\"",
    );
    spoil(
        dir.path(),
        "articles.toml",
        "slug = \"heating-cold\"",
        "slug = \"water-outage\"",
    );
    let faults = read(dir.path()).expect_err("two faults").to_string();
    assert!(
        faults.contains("article[0].unit") && faults.contains("article[1].slug"),
        "{faults}"
    );
}
