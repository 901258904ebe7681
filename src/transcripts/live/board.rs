//! The live transcripts as they stand. In memory only: the transcript after the call is the one that is kept.

use std::collections::BTreeMap;

use crate::transcripts::Side;

/// Calls that ended lately stay readable until their transcript is there.
const ENDED_KEPT: usize = 32;

/// A sentence as far as it was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSegment {
    pub side: Side,
    pub start_ms: i64,
    pub end_ms: i64,
    pub text: String,
    /// The sentence is over; until then its text may change.
    pub is_final: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    /// Listened to.
    Live,
    /// Listened to, but something was left out to catch up.
    Behind,
    /// Too many calls at once: the calls before it are listened to.
    Waiting,
    Ended,
}

impl LiveState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Behind => "behind",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTranscript {
    pub state: LiveState,
    /// In order of time.
    pub segments: Vec<LiveSegment>,
    ended: u64,
}

#[derive(Debug, Default)]
pub struct Board {
    calls: BTreeMap<String, LiveTranscript>,
    endings: u64,
}

impl Board {
    pub fn find(&self, call_id: &str) -> Option<&LiveTranscript> {
        self.calls.get(call_id)
    }

    pub fn is_followed(&self, call_id: &str) -> bool {
        let state = self.find(call_id).map(|transcript| transcript.state);
        matches!(state, Some(LiveState::Live | LiveState::Behind))
    }

    pub fn set_state(&mut self, call_id: &str, state: LiveState) {
        let fresh = || LiveTranscript {
            state,
            segments: Vec::new(),
            ended: 0,
        };
        self.calls.entry(call_id.to_owned()).or_insert_with(fresh).state = state;
    }

    /// A later segment of the same side and start takes the place of an earlier one; an empty one removes it.
    pub fn take(&mut self, call_id: &str, segment: LiveSegment) {
        let Some(transcript) = self.calls.get_mut(call_id) else {
            return;
        };
        let same = |other: &LiveSegment| other.side == segment.side && other.start_ms == segment.start_ms;
        transcript.segments.retain(|other| !same(other));
        if !segment.text.is_empty() {
            let at = transcript
                .segments
                .partition_point(|other| other.start_ms <= segment.start_ms);
            transcript.segments.insert(at, segment);
        }
    }

    /// Ends every call that is not among `open`, and names them.
    pub fn end_others(&mut self, open: &[&str]) -> Vec<String> {
        let mut ended = Vec::new();
        for (call_id, transcript) in &mut self.calls {
            if transcript.state != LiveState::Ended && !open.contains(&call_id.as_str()) {
                self.endings += 1;
                transcript.state = LiveState::Ended;
                transcript.ended = self.endings;
                // What was being said when the line was cut is all there will be of it.
                transcript
                    .segments
                    .iter_mut()
                    .for_each(|segment| segment.is_final = true);
                ended.push(call_id.clone());
            }
        }
        let oldest = self.endings.saturating_sub(ENDED_KEPT as u64);
        self.calls
            .retain(|_, transcript| transcript.state != LiveState::Ended || transcript.ended > oldest);
        ended
    }
}

/// Which of the calls, in the order in which they were answered, are listened to: who is listened to already goes on.
pub fn choose<'a>(open: &[&'a str], followed: impl Fn(&str) -> bool, room: usize) -> Vec<&'a str> {
    let mut order: Vec<&str> = open.to_vec();
    order.sort_by_key(|call| !followed(call));
    order.truncate(room);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_ms: i64, text: &str) -> LiveSegment {
        LiveSegment {
            side: Side::Citizen,
            start_ms,
            end_ms: start_ms + 500,
            text: text.into(),
            is_final: false,
        }
    }

    fn texts(board: &Board, call: &str) -> Vec<String> {
        let segments = board.find(call).map(|transcript| transcript.segments.clone());
        segments
            .unwrap_or_default()
            .into_iter()
            .map(|segment| segment.text)
            .collect()
    }

    #[test]
    fn a_growing_sentence_is_one_sentence_in_its_place() {
        let mut board = Board::default();
        board.set_state("a", LiveState::Live);
        board.take("a", segment(5_000, "第二句"));
        board.take("a", segment(1_000, "我家"));
        board.take("a", segment(1_000, "我家停水了"));
        assert_eq!(texts(&board, "a"), ["我家停水了", "第二句"]);
        board.take("a", segment(5_000, ""));
        assert_eq!(texts(&board, "a"), ["我家停水了"]);
    }

    #[test]
    fn both_sides_may_begin_at_once() {
        let mut board = Board::default();
        board.set_state("a", LiveState::Live);
        board.take("a", segment(1_000, "喂"));
        board.take(
            "a",
            LiveSegment {
                side: Side::Office,
                ..segment(1_000, "您好")
            },
        );
        assert_eq!(texts(&board, "a"), ["喂", "您好"]);
    }

    #[test]
    fn ended_calls_are_kept_a_while_and_the_oldest_go() {
        let mut board = Board::default();
        for n in 0..ENDED_KEPT + 5 {
            board.set_state(&format!("{n}"), LiveState::Live);
            assert_eq!(board.end_others(&[]), [format!("{n}")]);
        }
        assert_eq!((board.find("4"), board.calls.len()), (None, ENDED_KEPT));
        assert!(
            board
                .find("5")
                .is_some_and(|transcript| transcript.state == LiveState::Ended)
        );
        assert_eq!(board.end_others(&[]), Vec::<String>::new(), "an end is told once");
    }

    #[test]
    fn who_is_listened_to_goes_on_and_the_room_is_kept() {
        let open = ["a", "b", "c"];
        assert_eq!(choose(&open, |call| call == "c", 2), ["c", "a"]);
        assert_eq!(choose(&open, |_| false, 2), ["a", "b"]);
        assert_eq!(choose(&open, |_| false, 0), Vec::<&str>::new());
    }
}
