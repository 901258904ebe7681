//! What of one side of a running call to recognise next. Pure. A sentence is recognised while it is being said, again and again as it
//! grows, and once more when it is over; only that last text is final.

use crate::transcriber::audio::Span;

/// Silence after which a sentence is over: as long as voice detection itself waits.
const OVER_MS: i64 = 400;
/// A sentence shows its first words when it is this long, and more of them each time it has grown by so much.
const FIRST_MS: i64 = 900;
const GROWN_MS: i64 = 600;
/// Sentences that follow each other closely are recognised at once, as long as they stay below `LONGEST_MS`.
const CLOSE_MS: i64 = 1_200;
/// Who never pauses is cut when it is this long: a longer window would take longer than it may lag.
const LONG_MS: i64 = 6_000;
const LONGEST_MS: i64 = 7_000;
/// Where the cut is looked for, from the end of the window backwards; not in what is shown already, for a window that shows nothing new
/// keeps those who speak waiting, unless too little is left to find a gap in.
const CUT_WITHIN_MS: i64 = 3_000;
const LEAST_TO_CUT_MS: i64 = 1_000;
/// Falling further behind than this, the oldest is left to the transcript after the call.
pub(super) const BEHIND_MS: i64 = 20_000;
const CAUGHT_UP_MS: i64 = 8_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Utterance {
    pub(super) span: Span,
    pub(super) is_final: bool,
}

/// How far one side has come, in call time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Sound until here was looked at.
    pub(super) fed_ms: i64,
    /// Speech until here has its final text.
    pub(super) done_ms: i64,
    /// Speech until here has been shown once.
    pub(super) tried_ms: i64,
}

/// `speech`: in order of time, the last one may still go on. `quietest` finds the best place for a cut within a span.
pub(super) fn next(speech: &[Span], at: Progress, quietest: impl Fn(Span) -> i64) -> Option<Utterance> {
    let ahead = ahead(speech, at.done_ms);
    let first = *ahead.first()?;
    if !is_over(first, at.fed_ms) {
        return growing(first, at, quietest);
    }
    let mut span = first;
    for more in ahead.iter().skip(1) {
        let joined = Span::new(span.start_ms, more.end_ms);
        let fits = more.start_ms - span.end_ms <= CLOSE_MS && joined.length_ms() <= LONGEST_MS;
        if !fits || !is_over(*more, at.fed_ms) {
            break;
        }
        span = joined;
    }
    Some(shortened(span, at, quietest))
}

/// The place to continue from when too much is waiting; none while it is not too much.
pub(super) fn skip_to(speech: &[Span], at: Progress) -> Option<i64> {
    let oldest = ahead(speech, at.done_ms).first()?.start_ms;
    (at.fed_ms - oldest > BEHIND_MS).then(|| at.fed_ms - CAUGHT_UP_MS)
}

fn ahead(speech: &[Span], done_ms: i64) -> Vec<Span> {
    let clipped = speech.iter().filter(|span| span.end_ms > done_ms);
    clipped
        .map(|span| Span::new(span.start_ms.max(done_ms), span.end_ms))
        .collect()
}

fn is_over(span: Span, fed_ms: i64) -> bool {
    span.end_ms + OVER_MS <= fed_ms
}

fn growing(span: Span, at: Progress, quietest: impl Fn(Span) -> i64) -> Option<Utterance> {
    if span.length_ms() >= LONG_MS {
        return Some(cut(span, at, quietest));
    }
    let since = span.end_ms - at.tried_ms.max(span.start_ms);
    let wanted = if at.tried_ms <= span.start_ms {
        FIRST_MS
    } else {
        GROWN_MS
    };
    (since >= wanted).then_some(Utterance {
        span,
        is_final: false,
    })
}

fn shortened(span: Span, at: Progress, quietest: impl Fn(Span) -> i64) -> Utterance {
    if span.length_ms() > LONGEST_MS {
        return cut(span, at, quietest);
    }
    Utterance { span, is_final: true }
}

fn cut(span: Span, at: Progress, quietest: impl Fn(Span) -> i64) -> Utterance {
    let latest = span.end_ms.min(span.start_ms + LONGEST_MS);
    let unseen = at.tried_ms.min(latest - LEAST_TO_CUT_MS);
    let end_ms = quietest(Span::new(unseen.max(latest - CUT_WITHIN_MS), latest));
    Utterance {
        span: Span::new(span.start_ms, end_ms),
        is_final: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_ms: i64, end_ms: i64) -> Span {
        Span::new(start_ms, end_ms)
    }

    fn at(fed_ms: i64, done_ms: i64, tried_ms: i64) -> Progress {
        Progress {
            fed_ms,
            done_ms,
            tried_ms,
        }
    }

    fn middle(span: Span) -> i64 {
        (span.start_ms + span.end_ms) / 2
    }

    fn said(start_ms: i64, end_ms: i64, is_final: bool) -> Option<Utterance> {
        Some(Utterance {
            span: span(start_ms, end_ms),
            is_final,
        })
    }

    #[test]
    fn silence_asks_for_nothing() {
        assert_eq!(next(&[], at(60_000, 0, 0), middle), None);
        assert_eq!(next(&[span(0, 4_000)], at(60_000, 4_000, 4_000), middle), None);
    }

    #[test]
    fn a_sentence_is_shown_while_it_grows_and_is_final_after_a_pause() {
        let growing = |end_ms, tried_ms| next(&[span(1_000, end_ms)], at(end_ms + 100, 0, tried_ms), middle);
        assert_eq!(growing(1_800, 0), None, "too little yet");
        assert_eq!(growing(1_900, 0), said(1_000, 1_900, false));
        assert_eq!(growing(2_400, 1_900), None, "not grown enough");
        assert_eq!(growing(2_500, 1_900), said(1_000, 2_500, false));
        let over = next(&[span(1_000, 2_600)], at(3_000, 0, 2_500), middle);
        assert_eq!(over, said(1_000, 2_600, true));
    }

    #[test]
    fn short_answers_close_together_are_taken_at_once_and_others_one_by_one() {
        let speech = [span(0, 500), span(1_200, 2_000), span(6_000, 7_000)];
        assert_eq!(next(&speech, at(9_000, 0, 0), middle), said(0, 2_000, true));
        assert_eq!(
            next(&speech, at(9_000, 2_000, 0), middle),
            said(6_000, 7_000, true)
        );
    }

    #[test]
    fn a_sentence_that_still_grows_is_not_joined() {
        let speech = [span(0, 500), span(1_200, 2_000)];
        assert_eq!(next(&speech, at(2_100, 0, 0), middle), said(0, 500, true));
    }

    #[test]
    fn who_never_pauses_is_cut_where_it_is_quietest() {
        let endless = [span(0, 40_000)];
        assert_eq!(next(&endless, at(40_050, 0, 0), middle), said(0, 5_500, true));
        assert_eq!(
            next(&endless, at(40_050, 5_500, 0), middle),
            said(5_500, 11_000, true)
        );
        assert_eq!(
            next(&[span(0, 30_000)], at(60_000, 0, 0), middle),
            said(0, 5_500, true)
        );
    }

    #[test]
    fn a_cut_shows_something_new() {
        let long = [span(0, 6_400)];
        assert_eq!(next(&long, at(6_450, 0, 5_000), middle), said(0, 5_700, true));
        assert_eq!(next(&long, at(6_450, 0, 6_300), middle), said(0, 5_900, true));
    }

    #[test]
    fn too_far_behind_the_oldest_is_given_up() {
        let speech = [span(1_000, 3_000), span(20_000, 22_000)];
        assert_eq!(skip_to(&speech, at(21_000, 0, 0)), None);
        assert_eq!(skip_to(&speech, at(21_001, 0, 0)), Some(13_001));
        assert_eq!(skip_to(&speech, at(24_000, 3_000, 0)), None, "done is done");
    }

    #[test]
    fn everything_said_is_final_once_and_in_order() {
        let speech: Vec<Span> = (0..60)
            .map(|n| span(n * 2_300, n * 2_300 + 300 + n * 31))
            .collect();
        let fed = 200_000;
        let (mut done, mut covered) = (0, Vec::new());
        while let Some(found) = next(&speech, at(fed, done, done), middle) {
            assert!(
                found.is_final && found.span.length_ms() <= LONGEST_MS,
                "{found:?}"
            );
            assert!(found.span.start_ms >= done && found.span.end_ms > done);
            done = found.span.end_ms;
            covered.push(found.span);
        }
        let is_covered = |ms: i64| covered.iter().any(|span| span.start_ms <= ms && ms < span.end_ms);
        assert!(
            speech
                .iter()
                .all(|span| (span.start_ms..span.end_ms).step_by(50).all(is_covered))
        );
    }
}
