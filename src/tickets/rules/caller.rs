//! What earlier tickets say of a caller, for the operator who is about to answer. Pure.

use super::Ticket;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerProfile {
    pub name: String,
    pub address: String,
    /// Words of danger in what this caller reported, the gravest first.
    pub marks: Vec<String>,
}

/// `tickets` newest first; `words` with their bands, S before A before B in gravity.
pub fn profile(tickets: &[Ticket], words: &[(String, String)]) -> CallerProfile {
    let newest = |field: fn(&Ticket) -> &String| {
        let mut filled = tickets.iter().map(field).filter(|text| !text.is_empty());
        filled.next().cloned().unwrap_or_default()
    };
    CallerProfile {
        name: newest(|ticket| &ticket.caller_name),
        address: newest(|ticket| &ticket.place),
        marks: marks(tickets, words),
    }
}

fn marks(tickets: &[Ticket], words: &[(String, String)]) -> Vec<String> {
    let said = |word: &str| {
        let has = |ticket: &Ticket| ticket.title.contains(word) || ticket.content.contains(word);
        tickets.iter().any(has)
    };
    let mut found: Vec<_> = words
        .iter()
        .filter(|(word, band)| matches!(band.as_str(), "S" | "A") && !word.is_empty() && said(word))
        .collect();
    found.sort_by_key(|(_, band)| band != "S");
    found.into_iter().map(|(word, _)| word.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(title: &str, name: &str, place: &str) -> Ticket {
        Ticket {
            title: title.into(),
            caller_name: name.into(),
            place: place.into(),
            ..Ticket::default()
        }
    }

    fn words() -> Vec<(String, String)> {
        [("停水", "A"), ("漏气", "S"), ("拖欠", "B")]
            .map(|(word, band)| (word.to_owned(), band.to_owned()))
            .to_vec()
    }

    #[test]
    fn the_newest_name_and_place_that_were_written_down_are_known() {
        let tickets = [
            ticket("路灯不亮", "", ""),
            ticket("噪音", "王芳", ""),
            ticket("停电", "王小芳", "清河湾小区"),
        ];
        let known = profile(&tickets, &words());
        assert_eq!(
            (known.name.as_str(), known.address.as_str()),
            ("王芳", "清河湾小区")
        );
        assert_eq!(known.marks, Vec::<String>::new());
    }

    #[test]
    fn marks_name_each_danger_once_and_the_gravest_first() {
        let tickets = [
            ticket("小区停水", "", ""),
            ticket("厨房漏气", "", ""),
            ticket("又停水，拖欠工资", "", ""),
        ];
        assert_eq!(profile(&tickets, &words()).marks, ["漏气", "停水"]);
    }

    #[test]
    fn a_stranger_has_no_profile() {
        assert_eq!(profile(&[], &words()), CallerProfile::default());
    }
}
