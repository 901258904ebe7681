//! The ledger as a spreadsheet.

use super::{EntryView, minute};
use crate::{sheets::Sheet, supervision::rules::Standing};

/// 督办五级
const LEVELS: [&str; 5] = ["热线督办", "媒体督办", "政务督办", "人大政协督办", "纪委督办"];

pub(super) fn level_name(level: i64) -> &'static str {
    let at = usize::try_from(level - 1).unwrap_or(usize::MAX);
    LEVELS.get(at).copied().unwrap_or("督办")
}

pub(super) fn ledger(entries: &[EntryView]) -> Sheet {
    let mut sheet = Sheet::new(
        "督办台账",
        &[
            "督办编号",
            "形式",
            "级别",
            "工单编号",
            "工单标题",
            "承办单位",
            "事由",
            "督办要求",
            "批示人",
            "立项时间",
            "立项人",
            "反馈时限",
            "状态",
            "反馈情况",
            "销号时间",
            "销号人",
            "销号依据",
        ],
    );
    sheet.rows = entries.iter().map(ledger_row).collect();
    sheet
}

fn ledger_row(entry: &EntryView) -> Vec<String> {
    let joined = |texts: Vec<String>| texts.join("；");
    let instructions = entry.instructions.iter().map(|given| given.text.clone());
    let mut leaders: Vec<String> = entry
        .instructions
        .iter()
        .map(|given| given.leader.clone())
        .collect();
    leaders.retain(|leader| !leader.is_empty());
    let feedback = entry
        .feedback
        .iter()
        .map(|told| format!("{} {}", minute(told.at), told.text));
    let state = Standing::parse(&entry.state).map_or("", Standing::title);
    let late = if entry.late { "（超期）" } else { "" };
    let done = entry.discharge.as_ref();
    vec![
        entry.number.clone(),
        if entry.form == "sheet" {
            "督办单"
        } else {
            "督办卡"
        }
        .into(),
        level_name(entry.level).into(),
        entry.ticket_number.clone(),
        entry.ticket_title.clone(),
        entry.unit_name.clone().unwrap_or_default(),
        entry.reason.clone(),
        joined(instructions.collect()),
        joined(leaders),
        minute(entry.opened_at),
        entry.opened_by.clone(),
        entry.due.map(minute).unwrap_or_default(),
        format!("{state}{late}"),
        joined(feedback.collect()),
        done.map(|done| minute(done.at)).unwrap_or_default(),
        done.map(|done| done.by.clone()).unwrap_or_default(),
        done.map(|done| done.ground.clone()).unwrap_or_default(),
    ]
}
