use super::*;
use crate::{db, execute};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// 自来水供应: one unit's until the middle of the year, another's from then on.
async fn catalogue(tx: &mut Tx) -> Result<(), db::Error> {
    for code in ["old", "new"] {
        let sql = "INSERT INTO units (code, name, kind, parent, phone, position) VALUES ($1, $1, '部门', NULL, '', 1)";
        execute!(tx, sql, code)?;
    }
    let sql = "INSERT INTO classes (code, level1, level2, level3, keywords, position) VALUES ('w', '', '', '自来水供应', '[]', 1)";
    execute!(tx, sql)?;
    for (unit, from, until) in [("old", "", "2026-06-30"), ("new", "2026-07-01", "")] {
        let sql = "INSERT INTO duties (class_code, area, unit_code, co_units, basis, note, position, valid_from, valid_until) \
                   VALUES ('w', '', $1, '[]', '《城市供水条例》', '', 1, $2, $3)";
        execute!(tx, sql, unit, from, until)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_entry_of_the_catalogue_holds_from_its_first_day_to_its_last() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    catalogue(&mut tx).await.expect("a catalogue");
    for (on, unit) in [
        ("2026-06-30", "old"),
        ("2026-07-01", "new"),
        ("2031-01-01", "new"),
    ] {
        let suggested = suggest(&mut tx, "w", None, day(on)).await.expect("suggested");
        let units: Vec<&str> = suggested.iter().map(|one| one.unit_code.as_str()).collect();
        assert_eq!(units, [unit], "{on}");
        let found = find_duties(&mut tx, "供水", day(on)).await.expect("found");
        assert_eq!(found.len(), 1, "{on}");
        assert_eq!(found[0].unit_code, unit, "{on}");
    }
    let old = suggest(&mut tx, "w", None, day("2026-03-01"))
        .await
        .expect("suggested");
    assert!(
        old[0].reason.ends_with("《城市供水条例》；有效期至2026-06-30"),
        "{}",
        old[0].reason
    );
}
