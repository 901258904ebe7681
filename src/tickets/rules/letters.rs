//! What a citizen is told of their own matter, and at which number. Pure.

use chrono::{DateTime, Utc};

use super::events::What;
use super::facts::REJECTIONS;
use super::privacy::{Scrubber, Sight};
use super::projection::Ticket;
use crate::calendar::CHINA;

/// In characters: a message of five parts. The rest is told on the telephone.
const LONGEST: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub step: &'static str,
    /// Follows "您反映的《title》".
    said: String,
    /// Concerns whoever asked the same as well.
    pub for_all: bool,
}

/// None: the citizen is not told of it. `due`: when it is to be done now. What people wrote for each other is not passed on.
pub fn told(ticket: &Ticket, what: &What, due: Option<DateTime<Utc>>) -> Option<Told> {
    let (step, said) = match what {
        What::Rejected { reason, channel } => ("rejected", rejected(reason, channel)),
        What::Merged { .. } => (
            "merged",
            "已与反映同一事项的工单合并办理，办理情况将一并告知您。".to_owned(),
        ),
        What::Progressed { text, .. } => ("progress", format!("办理进展：{text}")),
        What::Extended { .. } => ("extended", extended(due)),
        What::Suspended { cause, resume_at, .. } => ("suspended", suspended(cause, *resume_at)),
        What::CallbackDue { .. } => ("replied", replied(ticket)?),
        _ => return None,
    };
    Some(Told {
        step,
        said,
        for_all: !matches!(step, "rejected" | "merged"),
    })
}

fn rejected(reason: &str, channel: &str) -> String {
    let why = REJECTIONS.iter().find(|(code, _)| *code == reason);
    let why = why.map_or(reason, |(_, title)| title);
    format!("不予受理（{why}）。您可以通过以下途径反映：{channel}")
}

fn extended(due: Option<DateTime<Utc>>) -> String {
    let by = due.map(|due| format!("，预计{}前办结", day(due)));
    format!("情况较复杂，经批准延长办理时间{}。", by.unwrap_or_default())
}

fn suspended(cause: &str, resume_at: DateTime<Utc>) -> String {
    let why = match cause {
        "legal" => "须等待法定程序",
        "season" => "受季节条件限制",
        _ => "已列入计划",
    };
    format!("{why}，暂缓办理，预计{}恢复办理。", day(resume_at))
}

/// What passed the review for the citizen to read.
fn replied(ticket: &Ticket) -> Option<String> {
    let reply = ticket.body.lead()?.reply.as_ref()?;
    let text = reply.reply.public_text.trim();
    (!text.is_empty()).then(|| format!("办理结果：{text}"))
}

fn day(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).format("%Y年%-m月%-d日").to_string()
}

/// The message to the citizen of `of`, which is `ticket` or one that was merged into it: nobody is told who else asked.
pub fn text(ticket: &Ticket, of: &Ticket, told: &Told) -> String {
    // A telephone lies on a table.
    if ticket.body.confidential.is_some() || of.body.confidential.is_some() {
        return "您反映的事项有新的办理情况，详情请拨打12345查询。".to_owned();
    }
    let own = ticket.number == of.number;
    let sight = if own { Sight::Full } else { Sight::Masked };
    let said = Scrubber::new(ticket, sight).text(&told.said);
    let whole = match of.title.trim() {
        "" => format!("您反映的事项：{said}"),
        title => format!("您反映的《{title}》：{said}"),
    };
    if whole.chars().count() <= LONGEST {
        return whole;
    }
    let begin: String = whole.chars().take(LONGEST).collect();
    format!("{begin}……详情请拨打12345查询。")
}

/// Where the citizen reads messages: the number they left, else the one they called from, if it is a mobile's.
pub fn mobile(ticket: &Ticket) -> Option<String> {
    [&ticket.contact_phone, &ticket.caller]
        .into_iter()
        .find_map(|number| {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            let bare = ["0086", "86", "0"]
                .into_iter()
                .find_map(|prefix| digits.strip_prefix(prefix).filter(|rest| rest.len() == 11))
                .unwrap_or(&digits);
            let is_mobile = bare.len() == 11 && bare.starts_with('1');
            is_mobile.then(|| bare.to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: &str, title: &str) -> Ticket {
        Ticket {
            number: number.into(),
            title: title.into(),
            caller_name: "王芳".into(),
            contact_phone: "13800001111".into(),
            ..Ticket::default()
        }
    }

    fn progress(text: &str) -> What {
        What::Progressed {
            unit_code: "gongshui".into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_mobile_is_known_however_it_is_written_and_a_landline_gets_nothing() {
        let at = |contact: &str, caller: &str| {
            mobile(&Ticket {
                contact_phone: contact.into(),
                caller: caller.into(),
                ..Ticket::default()
            })
        };
        for written in [
            "13800001111",
            "+86 138-0000-1111",
            "008613800001111",
            "013800001111",
        ] {
            assert_eq!(at(written, "").as_deref(), Some("13800001111"), "{written}");
        }
        assert_eq!(at("0534-8200001", "13800001111").as_deref(), Some("13800001111"));
        assert_eq!(at("05348200001", "8200002"), None);
        assert_eq!(at("", ""), None);
    }

    #[test]
    fn what_people_write_for_each_other_is_not_passed_on() {
        let due = "2026-03-20T15:59:59Z".parse().ok();
        let extended = What::Extended {
            limit: "3wd".parse().expect("limit"),
            reason: "人手不够".into(),
        };
        let one = ticket("1", "停水");
        let said = told(&one, &extended, due).map(|told| text(&one, &one, &told));
        let expected = "您反映的《停水》：情况较复杂，经批准延长办理时间，预计2026年3月20日前办结。";
        assert_eq!(said.as_deref(), Some(expected));
        let signed = What::Signed {
            unit_code: "gongshui".into(),
        };
        assert_eq!(told(&one, &signed, due), None);
    }

    #[test]
    fn who_asked_the_same_is_told_the_same_but_not_who_else_asked() {
        let (one, other) = (ticket("1", "停水"), ticket("2", "三天没水"));
        let told = told(&one, &progress("已与王芳（13800001111）约定明日维修"), None).expect("told");
        assert!(told.for_all);
        assert!(text(&one, &one, &told).contains("王芳（13800001111）"));
        assert_eq!(
            text(&one, &other, &told),
            "您反映的《三天没水》：办理进展：已与王*（138****1111）约定明日维修"
        );
    }

    #[test]
    fn a_long_message_is_cut_and_a_confidential_matter_not_named() {
        let mut one = ticket("1", "停水");
        let told = told(&one, &progress(&"修".repeat(500)), None).expect("told");
        let said = text(&one, &one, &told);
        assert!(
            said.chars().count() < 320 && said.ends_with("请拨打12345查询。"),
            "{said}"
        );
        one.body.confidential = Some(super::super::privacy::Confidential {
            reason: "举报".into(),
            named: Default::default(),
            at: DateTime::default(),
            by: "x".into(),
        });
        let said = text(&one, &one, &told);
        assert!(!said.contains("停水") && !said.contains('修'), "{said}");
    }
}
