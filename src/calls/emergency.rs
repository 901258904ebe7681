//! What a call's events say of an emergency service in it: who heard whom when, and who was left with the citizen. Pure.

use chrono::{DateTime, Utc};

use super::EventRow;
use crate::{calendar::CHINA, clock::from_millis};

const SERVICES: [&str; 4] = ["110", "119", "120", "122"];

/// An emergency service in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    pub party: String,
    /// Each step with its time, in words.
    pub log: Vec<String>,
    /// The citizen was left with the service: the matter is theirs.
    pub handed_over: bool,
}

/// None when no emergency service was called in. The last one counts where there were several.
pub fn emergency(events: &[EventRow]) -> Option<Emergency> {
    let mut found: Option<Emergency> = None;
    for event in events {
        let detail = event.detail();
        let text = |name: &str| {
            detail
                .get(name)
                .and_then(|value| value.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        let at = from_millis(event.at);
        if event.kind == "consulting" && SERVICES.contains(&text("party").as_str()) {
            let log = found.take().map(|earlier| earlier.log).unwrap_or_default();
            let party = text("party");
            found = Some(Emergency {
                party,
                log,
                handed_over: false,
            });
        }
        let Some(emergency) = found.as_mut() else { continue };
        let party = emergency.party.clone();
        let is_party = text("party") == party;
        let words = match event.kind.as_str() {
            "consulting" if is_party => format!("呼叫 {party}，市民与坐席继续通话"),
            "consult_answered" if is_party => format!("{party} 接听"),
            "swapped" if is_party && text("side") == "citizen" => format!("坐席与市民通话，{party} 等候"),
            "swapped" if is_party => format!("坐席与 {party} 通话，市民等候"),
            "conference" if is_party => format!("市民、坐席、{party} 三方通话"),
            "consult_ended" if is_party => format!("{party} 退出或未接通（{}）", outcome(&text("outcome"))),
            "transferred" if text("to") == party => {
                emergency.handed_over = true;
                format!("坐席退出，市民与 {party} 直接通话")
            }
            "ended" => "通话结束".to_owned(),
            _ => continue,
        };
        emergency.log.push(format!("{} {words}", clock(at)));
    }
    found
}

fn clock(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).format("%H:%M:%S").to_string()
}

fn outcome(word: &str) -> &'static str {
    match word {
        "normal" => "正常结束",
        "busy" => "忙线",
        "no_answer" => "无人接听",
        "cancelled" => "坐席取消",
        "declined" => "拒接",
        _ => "未能接通",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn log(steps: &[(&str, Value)]) -> Option<Emergency> {
        let row = |(n, (kind, detail)): (usize, &(&str, Value))| EventRow {
            n: n as i64 + 1,
            at: n as i64 * 1000,
            kind: (*kind).to_owned(),
            detail: detail.to_string(),
        };
        emergency(&steps.iter().enumerate().map(row).collect::<Vec<_>>())
    }

    fn party() -> Value {
        json!({"party": "110", "party_kind": "number"})
    }

    #[test]
    fn who_heard_whom_when_is_told_and_the_citizen_left_with_the_service_is_theirs() {
        let found = log(&[
            ("answered", json!({"operator": "a"})),
            ("consulting", party()),
            ("consult_answered", json!({"party": "110"})),
            ("conference", json!({"party": "110"})),
            ("transferred", json!({"from": "a", "to": "110"})),
            ("ended", json!({})),
        ])
        .expect("an emergency");
        assert!(found.handed_over);
        let expected = [
            "08:00:01 呼叫 110，市民与坐席继续通话",
            "08:00:02 110 接听",
            "08:00:03 市民、坐席、110 三方通话",
            "08:00:04 坐席退出，市民与 110 直接通话",
            "08:00:05 通话结束",
        ];
        assert_eq!(found.log, expected);
    }

    #[test]
    fn with_whom_the_operator_talked_in_between_is_told() {
        let found = log(&[
            ("consulting", party()),
            ("consult_answered", json!({"party": "110"})),
            ("swapped", json!({"party": "110", "side": "citizen"})),
            ("swapped", json!({"party": "110", "side": "third"})),
        ])
        .expect("an emergency");
        let expected = [
            "08:00:02 坐席与市民通话，110 等候",
            "08:00:03 坐席与 110 通话，市民等候",
        ];
        assert_eq!(found.log[2..], expected);
    }

    #[test]
    fn a_service_that_leaves_or_never_answers_leaves_the_matter_here() {
        let found = log(&[
            ("consulting", party()),
            ("consult_ended", json!({"party": "110", "outcome": "busy"})),
            ("ended", json!({})),
        ]);
        let found = found.expect("an emergency");
        assert!(!found.handed_over);
        assert_eq!(found.log[1], "08:00:01 110 退出或未接通（忙线）");
    }

    #[test]
    fn another_number_is_no_emergency() {
        let bank = json!({"party": "95588", "party_kind": "number"});
        assert_eq!(log(&[("consulting", bank), ("ended", json!({}))]), None);
    }
}
