//! Several demands in one call: which words belong to which. The operator opens a ticket for each; where in the conversation a demand
//! began is told by the words with which people pass on to the next, else by when its ticket was opened.

use super::Utterance;

/// With these a citizen comes to something else.
const TURNS: [&str; 22] = [
    "另外",
    "还有一个",
    "还有一件",
    "还有个",
    "还有件",
    "还有就是",
    "还想问",
    "还想反映",
    "还要反映",
    "再一个",
    "再就是",
    "再问",
    "再反映",
    "再投诉",
    "第二个",
    "第二件",
    "第三个",
    "第三件",
    "其次",
    "顺便",
    "对了",
    "除此之外",
];

/// An operator reaches for the key after hearing that it is something else.
const REACTION_MS: i64 = 3_000;

/// A stretch of one sentence, cut where the citizen turns to something else.
struct Piece {
    said: Utterance,
    is_turn: bool,
}

/// The words of the call's first demand, then those of each further one. `marks` are the times at which the further tickets were opened,
/// ascending, in milliseconds of the recording.
pub fn split(said: &[Utterance], marks: &[i64]) -> Vec<Vec<Utterance>> {
    let pieces: Vec<Piece> = said.iter().flat_map(pieces).collect();
    let mut begins = beginnings(&pieces, marks);
    begins.push(pieces.len());
    let mut demands = Vec::with_capacity(begins.len());
    let mut from = 0;
    for begin in begins {
        demands.push(whole(&pieces[from..begin.max(from)]));
        from = begin.max(from);
    }
    demands
}

/// From the last to the first, so that tickets opened one after the other at the end of a call each get a turn of their own.
fn beginnings(pieces: &[Piece], marks: &[i64]) -> Vec<usize> {
    let mut begins = vec![pieces.len(); marks.len()];
    let mut limit = pieces.len();
    for (nth, mark) in marks.iter().enumerate().rev() {
        let before = nth.checked_sub(1).map_or(i64::MIN, |earlier| marks[earlier]);
        limit = beginning(&pieces[..limit], before, *mark);
        begins[nth] = limit;
    }
    begins
}

fn beginning(pieces: &[Piece], before: i64, mark: i64) -> usize {
    let turn = |after: i64| {
        let is_one = |piece: &Piece| piece.is_turn && (after..=mark).contains(&piece.said.start_ms);
        // What a call begins with is its first demand, whatever the word.
        pieces.iter().rposition(is_one).filter(|at| *at > 0)
    };
    let spoken_then = || {
        let is_then = |piece: &Piece| piece.said.start_ms >= mark - REACTION_MS;
        pieces.iter().position(is_then)
    };
    let after_the_one_before = before.saturating_add(1);
    turn(after_the_one_before)
        .or_else(spoken_then)
        .or_else(|| turn(i64::MIN))
        .unwrap_or(pieces.len())
}

fn pieces(utterance: &Utterance) -> Vec<Piece> {
    let text = utterance.text.as_str();
    let mut cuts: Vec<usize> = TURNS
        .iter()
        .flat_map(|turn| text.match_indices(turn).map(|(at, _)| at))
        .collect();
    cuts.sort_unstable();
    let bounds = cuts.iter().copied().chain([text.len()]);
    let first = cuts.first().copied().unwrap_or(text.len());
    let mut found = Vec::new();
    let mut add = |text: &str, is_turn| {
        if !text.is_empty() {
            let start_ms = utterance.start_ms;
            let text = text.to_owned();
            found.push(Piece {
                said: Utterance { start_ms, text },
                is_turn,
            });
        }
    };
    add(&text[..first], false);
    for (from, to) in cuts.iter().zip(bounds.skip(1)) {
        add(&text[*from..to], true);
    }
    found
}

/// Pieces of one sentence are one sentence again.
fn whole(pieces: &[Piece]) -> Vec<Utterance> {
    let mut said: Vec<Utterance> = Vec::new();
    for piece in pieces {
        match said
            .last_mut()
            .filter(|last| last.start_ms == piece.said.start_ms)
        {
            Some(last) => last.text.push_str(&piece.said.text),
            None => said.push(piece.said.clone()),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: [(i64, &str); 4] = [
        (1_000, "我家停水了"),
        (5_000, "在清河湾小区，停了三天了"),
        (12_000, "另外小区门口的路灯也不亮"),
        (20_000, "还有一个事，楼上天天装修噪音"),
    ];

    fn texts(talk: &[(i64, &str)], marks: &[i64]) -> Vec<String> {
        let said: Vec<_> = talk
            .iter()
            .map(|(start_ms, text)| Utterance {
                start_ms: *start_ms,
                text: (*text).to_owned(),
            })
            .collect();
        let join = |demand: Vec<Utterance>| demand.into_iter().map(|u| u.text).collect::<Vec<_>>().join("|");
        split(&said, marks).into_iter().map(join).collect()
    }

    #[test]
    fn without_a_further_ticket_all_is_one_demand() {
        assert_eq!(texts(&TALK, &[]).len(), 1);
        assert!(texts(&TALK, &[])[0].ends_with("还有一个事，楼上天天装修噪音"));
    }

    #[test]
    fn a_demand_begins_with_the_turn_before_its_ticket_was_opened() {
        let found = texts(&TALK, &[14_000, 23_000]);
        let expected = [
            "我家停水了|在清河湾小区，停了三天了",
            "另外小区门口的路灯也不亮",
            "还有一个事，楼上天天装修噪音",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn tickets_opened_after_the_talk_take_its_turns_in_their_order() {
        let found = texts(&TALK, &[60_000, 61_000]);
        assert_eq!(found[1], "另外小区门口的路灯也不亮");
        assert_eq!(found[2], "还有一个事，楼上天天装修噪音");
    }

    #[test]
    fn without_a_word_for_it_the_time_of_the_ticket_tells() {
        let talk = [(1_000, "停水了"), (9_000, "路灯不亮"), (12_000, "晚上很黑")];
        assert_eq!(texts(&talk, &[10_000]), ["停水了", "路灯不亮|晚上很黑"]);
        assert_eq!(texts(&talk, &[40_000]), ["停水了|路灯不亮|晚上很黑", ""]);
    }

    #[test]
    fn a_sentence_with_both_demands_is_cut() {
        let talk = [(1_000, "停水了另外路灯不亮"), (5_000, "好几天了")];
        assert_eq!(texts(&talk, &[3_000]), ["停水了", "另外路灯不亮|好几天了"]);
    }

    #[test]
    fn what_a_call_begins_with_is_its_first_demand() {
        let talk = [(1_000, "对了我问一下社保"), (9_000, "怎么交")];
        assert_eq!(texts(&talk, &[30_000]), ["对了我问一下社保|怎么交", ""]);
        assert_eq!(texts(&[], &[5, 6]), ["", "", ""]);
    }
}
