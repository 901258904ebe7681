//! `minsheng deadline` through the binary: the worked table, pauses, extensions, a calendar that changes, bad input.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn minsheng(dir: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_minsheng"))
        .args(["deadline", "--provisioning"])
        .arg(dir)
        .args(arguments)
        .output()
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn shipped() -> std::path::PathBuf {
    Path::new(ROOT).join("provisioning")
}

fn deadline(arguments: &[&str]) -> Value {
    deadline_in(&shipped(), arguments)
}

fn deadline_in(dir: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = minsheng(dir, arguments);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.lines().count(), 1, "one object");
    serde_json::from_str(&out).expect("JSON")
}

/// A folder with the shipped calendar alone, changed by the test.
fn calendar(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("directory");
    let years = dir.path().join("calendar");
    fs::create_dir(&years).expect("folder");
    for year in ["2025.json", "2026.json"] {
        fs::copy(shipped().join("calendar").join(year), years.join(year)).expect("copy");
    }
    change(&years);
    dir
}

#[test]
fn the_worked_table_comes_out_as_one_json_object() {
    for (from, limit, due, counted) in [
        (
            "2026-02-12T09:00:00+08:00",
            "5wd",
            "2026-02-26",
            json!([
                "2026-02-13",
                "2026-02-14",
                "2026-02-24",
                "2026-02-25",
                "2026-02-26"
            ]),
        ),
        (
            "2026-02-13T09:00:00+08:00",
            "1wd",
            "2026-02-14",
            json!(["2026-02-14"]),
        ),
        (
            "2026-09-18T01:00:00Z",
            "3wd",
            "2026-09-22",
            json!(["2026-09-20", "2026-09-21", "2026-09-22"]),
        ),
        (
            "2026-09-30",
            "5wd",
            "2026-10-13",
            json!([
                "2026-10-08",
                "2026-10-09",
                "2026-10-10",
                "2026-10-12",
                "2026-10-13"
            ]),
        ),
        (
            "2025-12-31T17:00",
            "3wd",
            "2026-01-06",
            json!(["2026-01-04", "2026-01-05", "2026-01-06"]),
        ),
        (
            "2026-05-08T09:00:00+08:00",
            "2wd",
            "2026-05-11",
            json!(["2026-05-09", "2026-05-11"]),
        ),
    ] {
        let found = deadline(&["--limit", limit, "--from", from]);
        assert_eq!(found["due"], format!("{due}T23:59:59+08:00"), "{from}");
        assert_eq!(found["counted"], counted, "{from}");
        assert_eq!(found["warnings"], json!([]));
    }
}

#[test]
fn pauses_and_extensions_move_the_due_date_and_the_original_is_kept() {
    let found = deadline(&[
        "--limit",
        "5wd",
        "--from",
        "2026-02-12T09:00",
        "--pause",
        "2026-02-13T10:00,2026-02-25T09:00",
        "--extend",
        "3wd",
    ]);
    assert_eq!(found["due"], "2026-03-05T23:59:59+08:00");
    assert_eq!(found["original_due"], "2026-02-26T23:59:59+08:00");
    let stopped = deadline(&[
        "--limit",
        "5wd",
        "--from",
        "2026-02-12T09:00",
        "--pause",
        "2026-02-13T10:00",
    ]);
    assert_eq!((&stopped["due"], &stopped["left"]), (&Value::Null, &json!(5)));
    let hours = deadline(&["--limit", "90min", "--from", "2026-02-12T23:00:00+08:00"]);
    assert_eq!(hours["due"], "2026-02-13T00:30:00+08:00");
    assert_eq!(
        hours["counted"],
        json!([{"from": "2026-02-12T23:00:00+08:00", "to": "2026-02-13T00:30:00+08:00"}])
    );
}

#[test]
fn a_year_that_is_not_published_is_warned_of_until_it_is() {
    let arguments = ["--limit", "3wd", "--from", "2026-12-30T09:00"];
    let before = deadline(&arguments);
    assert_eq!(before["due"], "2027-01-04T23:59:59+08:00");
    assert!(
        before["warnings"][0]
            .as_str()
            .is_some_and(|text| text.contains("2027")),
        "{before}"
    );
    let empty = calendar(|years| {
        fs::write(years.join("2027.json"), r#"{"year": 2027, "days": []}"#).expect("write");
    });
    assert_eq!(
        deadline_in(empty.path(), &arguments)["warnings"]
            .as_array()
            .map(Vec::len),
        Some(1),
        "a notice without days"
    );
    let published = calendar(|years| {
        let days = r#"{"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}"#;
        fs::write(years.join("2027.json"), days).expect("write");
    });
    let after = deadline_in(published.path(), &arguments);
    assert_eq!(
        (&after["due"], &after["warnings"]),
        (&json!("2027-01-05T23:59:59+08:00"), &json!([]))
    );
}

#[test]
fn a_holiday_taken_out_of_the_calendar_is_worked() {
    let dir = calendar(|years| {
        let path = years.join("2026.json");
        let mut year: Value = serde_json::from_str(&fs::read_to_string(&path).expect("read")).expect("JSON");
        year["days"]
            .as_array_mut()
            .expect("days")
            .retain(|day| day["date"] != "2026-02-16");
        fs::write(path, year.to_string()).expect("write");
    });
    let found = deadline_in(dir.path(), &["--limit", "2wd", "--from", "2026-02-13T09:00"]);
    assert_eq!(found["counted"], json!(["2026-02-14", "2026-02-16"]));
}

#[test]
fn another_profile_counts_its_own_way() {
    let dir = calendar(|years| {
        let limits = years.with_file_name("limits");
        fs::create_dir(&limits).expect("folder");
        let text = fs::read_to_string(shipped().join("limits/shandong.toml")).expect("read");
        let text = text
            .replace("name = \"shandong\"", "name = \"ours\"")
            .replace("due_at = \"24:00\"", "due_at = \"17:30\"")
            .replace("day_after", "same_day");
        fs::write(limits.join("ours.toml"), text).expect("write");
    });
    let found = deadline_in(
        dir.path(),
        &[
            "--limit",
            "1wd",
            "--from",
            "2026-03-05T09:00",
            "--profile",
            "ours",
        ],
    );
    assert_eq!(found["due"], "2026-03-05T17:30:00+08:00");
    for profile in [
        "shandong",
        "weihai",
        "kaijiang",
        "linyi",
        "within-a-day",
        "beijing",
    ] {
        let found = deadline(&["--limit", "5wd", "--from", "2026-02-12", "--profile", profile]);
        assert_eq!(found["due"], "2026-02-26T23:59:59+08:00", "{profile}");
    }
}

#[test]
fn bad_input_is_refused_with_what_is_expected() {
    for arguments in [
        ["--limit", "5", "--from", "2026-02-12"],
        ["--limit", "0wd", "--from", "2026-02-12"],
        ["--limit", "5wd", "--from", "yesterday"],
        ["--limit", "5wd", "--from", "2026-02-30"],
    ] {
        let (code, out, err) = minsheng(&shipped(), &arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains("应写作"), "{err}");
    }
    let (code, _, err) = minsheng(
        &shipped(),
        &[
            "--limit",
            "5wd",
            "--from",
            "2026-02-12",
            "--pause",
            "2026-02-13,2026-02-13",
        ],
    );
    assert_eq!(code, Some(2));
    assert!(err.contains("暂停的结束应晚于开始"), "{err}");
    let (code, _, err) = minsheng(
        &shipped(),
        &["--limit", "5wd", "--from", "2026-02-12", "--profile", "none"],
    );
    assert!(code == Some(2) && err.contains("none.toml"), "{err}");
    let (code, _, err) = minsheng(Path::new("/nowhere"), &["--limit", "5wd", "--from", "2026-02-12"]);
    assert!(code == Some(2) && err.contains("calendar"), "{err}");
}
