//! Forms of one ticket, from what its page shows. Pure.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    band, day, level, minute,
    paper::{Paper, Row, pair, room, wide},
    span,
};
use crate::{supervision::EntryView, tickets::TicketView};

/// A kind of form, by the word in its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dispatch,
    Return,
    Callback,
}

impl Kind {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "dispatch" => Some(Self::Dispatch),
            "return" => Some(Self::Return),
            "callback" => Some(Self::Callback),
            _ => None,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Dispatch => "交办单",
            Self::Return => "退回单",
            Self::Callback => "回访单",
        }
    }
}

/// None: there is nothing yet that such a form would be about.
pub(super) fn paper(kind: Kind, ticket: &TicketView, county: &str, now: DateTime<Utc>) -> Option<Paper> {
    let rows = match kind {
        Kind::Dispatch => dispatch(ticket)?,
        Kind::Return => returned(ticket)?,
        Kind::Callback => callback(ticket)?,
    };
    Some(Paper {
        title: format!("{county}12345热线{}", kind.title()),
        head: (format!("编号：{}", ticket.summary.number), day(now)),
        rows,
        foot: format!("由民声系统于{}生成", minute(now)),
    })
}

fn matter(ticket: &TicketView) -> Vec<Row> {
    let summary = &ticket.summary;
    let class = summary.class.as_ref().map(|class| {
        let levels = [&class.level1, &class.level2, &class.level3];
        levels.map(String::as_str).join("/")
    });
    let kept = |text: &str| match summary.sight {
        "hidden" => "保密".to_owned(),
        _ => text.to_owned(),
    };
    vec![
        pair(
            ("诉求类型", summary.kind.clone()),
            ("紧急程度", band(&summary.band).into()),
        ),
        wide("诉求分类", class.unwrap_or_default()),
        pair(
            ("诉求人", kept(&summary.caller_name)),
            ("联系电话", kept(&ticket.contact_phone)),
        ),
        wide("诉求地点", kept(&summary.place)),
        wide("诉求标题", summary.title.clone()),
        wide("诉求内容", ticket.content.clone()),
    ]
}

fn dispatch(ticket: &TicketView) -> Option<Vec<Row>> {
    let is = |part: &'static str| {
        ticket.assignments.iter().filter(move |given| {
            given.part == part && given.state != "returned" && given.state != "withdrawn"
        })
    };
    let lead = is("lead").next_back()?;
    let co: Vec<&str> = is("co").map(|given| given.unit.name.as_str()).collect();
    let mut rows = vec![
        pair(
            ("主办单位", lead.unit.name.clone()),
            ("派单时间", minute(lead.dispatched_at)),
        ),
        wide(
            "协办单位",
            if co.is_empty() {
                "无".into()
            } else {
                co.join("、")
            },
        ),
    ];
    rows.extend(matter(ticket));
    rows.push(wide("派单依据", lead.basis.clone()));
    rows.push(wide("交办意见", lead.note.clone()));
    let limits = ticket.limits.iter().filter_map(|limit| {
        let due = limit.due?;
        let shown = ["sign", "first_contact", "handle"].contains(&limit.timer);
        shown.then(|| format!("{}：{}前（{}）", limit.title, minute(due), span(&limit.limit)))
    });
    let limits: Vec<String> = limits.collect();
    rows.push(wide("办理时限", limits.join("\n")));
    if let Some(open) = &ticket.life.supervision {
        rows.push(instruction(
            open.level.into(),
            &open.instruction,
            &open.leader,
            open.instructed_at,
        ));
    }
    match &lead.reply {
        Some(reply) => {
            rows.push(wide("办理情况", reply.text.clone()));
            rows.push(wide("政策依据", reply.basis.clone()));
            rows.push(wide("答复群众", reply.public_text.clone()));
        }
        None => rows.push(room("办理情况", 120)),
    }
    let instructed = ticket.life.supervision.as_ref();
    if instructed.is_none_or(|open| open.leader.is_empty()) {
        rows.push(room("领导批示", 70));
    }
    rows.push(pair(
        ("签收人", String::new()),
        ("签收时间", lead.signed_at.map(minute).unwrap_or_default()),
    ));
    Some(rows)
}

fn instruction(of: i64, text: &str, leader: &str, at: Option<DateTime<Utc>>) -> Row {
    if leader.is_empty() {
        return wide("督办要求", format!("（{}）{text}", level(of)));
    }
    let at = at.map(|at| format!("  {}", day(at))).unwrap_or_default();
    wide("领导批示", format!("{text}\n批示人：{leader}{at}"))
}

fn returned(ticket: &TicketView) -> Option<Vec<Row>> {
    let last = ticket.life.returns.last()?;
    let named = |code: &str| {
        let given = ticket.assignments.iter().find(|given| given.unit.code == code);
        given.map_or_else(|| code.to_owned(), |given| given.unit.name.clone())
    };
    let mut rows = vec![pair(
        ("退回单位", named(&last.unit_code)),
        ("退回时间", minute(last.at)),
    )];
    rows.extend(matter(ticket));
    let suggested = last.suggested.as_ref().map(|unit| unit.name.clone());
    rows.extend([
        wide("退回理由", last.reason.clone()),
        wide("退回依据", last.basis.clone()),
        wide("建议单位", suggested.unwrap_or_default()),
    ]);
    match last.approved {
        Some(approved) => {
            let verdict = if approved { "退回成立" } else { "不当退回" };
            rows.push(wide("审核意见", format!("{verdict}\n{}", last.ground)));
        }
        None => rows.push(room("审核意见", 90)),
    }
    rows.push(pair(("审核人", String::new()), ("审核时间", String::new())));
    Some(rows)
}

fn callback(ticket: &TicketView) -> Option<Vec<Row>> {
    let calls: Vec<_> = ticket
        .timeline
        .iter()
        .filter(|entry| entry.kind == "called_back")
        .collect();
    let survey = ticket.survey.as_ref();
    let reply = ticket
        .assignments
        .iter()
        .rev()
        .find_map(|given| Some((given, given.reply.as_ref()?)));
    if calls.is_empty() && survey.is_none() && reply.is_none() {
        return None;
    }
    let mut rows = matter(ticket);
    if let Some((given, reply)) = reply {
        rows.push(pair(
            ("承办单位", given.unit.name.clone()),
            ("答复时间", minute(reply.at)),
        ));
        rows.push(wide("答复内容", reply.public_text.clone()));
    }
    for entry in &calls {
        rows.push(pair(
            ("回访时间", minute(entry.at)),
            ("回访人", entry.actor.clone()),
        ));
        rows.push(wide("回访结果", result(&entry.detail)));
    }
    if let Some(survey) = survey {
        let attempts = survey.attempts.iter().map(|attempt| minute(attempt.at));
        rows.push(wide("自动回访", attempts.collect::<Vec<_>>().join("\n")));
        let mut said = answer(survey.solved, survey.satisfaction.map(u64::from));
        if let Some(text) = survey.remark.as_ref().and_then(|remark| remark.text.as_ref()) {
            said = format!("{said}\n群众留言：{text}");
        }
        rows.push(wide("自动回访结果", said));
    }
    if calls.is_empty() && survey.and_then(|survey| survey.satisfaction).is_none() {
        rows.push(room("回访结果", 110));
    }
    rows.push(pair(("回访人", String::new()), ("回访时间", String::new())));
    Some(rows)
}

fn result(detail: &Value) -> String {
    let note = detail["note"].as_str().unwrap_or_default();
    let said = match detail["reached"].as_bool() {
        Some(false) => "未联系上".to_owned(),
        _ => answer(detail["solved"].as_bool(), detail["satisfaction"].as_u64()),
    };
    [said.as_str(), note].join("\n").trim().to_owned()
}

fn answer(solved: Option<bool>, satisfaction: Option<u64>) -> String {
    let solved = match solved {
        Some(true) => "已解决",
        Some(false) => "未解决",
        None => "是否解决未答复",
    };
    let satisfaction = match satisfaction {
        Some(5) => "非常满意",
        Some(4) => "满意",
        Some(3) => "基本满意",
        Some(2) => "不满意",
        Some(1) => "非常不满意",
        _ => "未评价",
    };
    format!("{solved}；{satisfaction}")
}

/// 督办单 or 督办卡: an entry of the ledger.
pub(super) fn supervision(entry: &EntryView, county: &str, now: DateTime<Utc>) -> Paper {
    let form = if entry.form == "sheet" {
        "督办单"
    } else {
        "督办卡"
    };
    let mut rows = vec![
        pair(
            ("督办级别", level(entry.level).into()),
            ("立项时间", minute(entry.opened_at)),
        ),
        pair(
            ("承办单位", entry.unit_name.clone().unwrap_or_default()),
            ("反馈时限", entry.due.map(minute).unwrap_or_default()),
        ),
        pair(
            ("工单编号", entry.ticket_number.clone()),
            ("紧急程度", band(&entry.band).into()),
        ),
        wide("工单标题", entry.ticket_title.clone()),
        wide("督办事由", entry.reason.clone()),
    ];
    for given in &entry.instructions {
        rows.push(instruction(
            given.level.into(),
            &given.text,
            &given.leader,
            given.instructed_at,
        ));
    }
    if entry.instructions.iter().all(|given| given.leader.is_empty()) {
        rows.push(room("领导批示", 80));
    }
    let feedback = entry
        .feedback
        .iter()
        .map(|told| format!("{}  {}", minute(told.at), told.text));
    let feedback: Vec<String> = feedback.collect();
    if feedback.is_empty() {
        rows.push(room("反馈情况", 120));
    } else {
        rows.push(wide("反馈情况", feedback.join("\n")));
    }
    match &entry.discharge {
        Some(done) => {
            rows.push(wide("销号依据", done.ground.clone()));
            rows.push(pair(("销号人", done.by.clone()), ("销号时间", minute(done.at))));
        }
        None => rows.push(pair(("销号人", String::new()), ("销号时间", String::new()))),
    }
    Paper {
        title: format!("{county}12345热线{form}"),
        head: (format!("编号：{}", entry.number), day(entry.opened_at)),
        rows,
        foot: format!("由民声系统于{}生成", minute(now)),
    }
}
