//! Joins what one side said into windows as long as the model listens to at once, and maps times in a window
//! back to the call. A window costs the same however little it holds, so it is filled. Pure.

use super::audio::Span;

/// The model listens to 30 s; what is left over must not start a second round.
pub(super) const LONGEST_MS: i64 = 28_000;
const PAD_MS: i64 = 200;
/// Silence between two joined pieces, so that the model hears a pause.
const GAP_MS: i64 = 300;
const SHORTEST_MS: i64 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where the piece begins within its window.
    pub(super) at_ms: i64,
    pub(super) span: Span,
}

impl Piece {
    fn end_ms(&self) -> i64 {
        self.at_ms + self.span.length_ms()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) pieces: Vec<Piece>,
}

impl Window {
    pub(super) fn length_ms(&self) -> i64 {
        self.pieces.last().map_or(0, Piece::end_ms)
    }

    /// The piece that a time in the window belongs to; a time in a gap goes to the nearer one.
    pub(super) fn piece_at(&self, ms: i64) -> usize {
        let after = self
            .pieces
            .partition_point(|piece| piece.at_ms - GAP_MS / 2 <= ms);
        after.saturating_sub(1)
    }

    /// Call time of `ms`, which was found to belong to `piece`.
    pub(super) fn call_ms(&self, piece: usize, ms: i64) -> i64 {
        let piece = &self.pieces[piece];
        (piece.span.start_ms + ms - piece.at_ms).clamp(piece.span.start_ms, piece.span.end_ms)
    }

    /// Silence in the call between this piece and the one before.
    pub(super) fn pause_before(&self, piece: usize) -> i64 {
        match piece.checked_sub(1) {
            Some(before) => self.pieces[piece].span.start_ms - self.pieces[before].span.end_ms,
            None => 0,
        }
    }

    /// One stretch with a little silence around it.
    pub(super) fn around(span: Span, duration_ms: i64) -> Self {
        let mut window = Self::default();
        for span in padded(&[span], duration_ms) {
            window.push(span);
        }
        window
    }

    fn push(&mut self, span: Span) {
        let at_ms = if self.pieces.is_empty() {
            0
        } else {
            self.length_ms() + GAP_MS
        };
        self.pieces.push(Piece { at_ms, span });
    }

    fn has_room(&self, span: Span) -> bool {
        self.pieces.is_empty() || self.length_ms() + GAP_MS + span.length_ms() <= LONGEST_MS
    }
}

/// `speech` in order of time; `skip` in any order: what the machine itself played.
pub(super) fn plan(speech: &[Span], skip: &[Span], duration_ms: i64) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for span in padded(speech, duration_ms)
        .into_iter()
        .flat_map(|span| without(span, skip))
        .flat_map(cut)
    {
        match windows.last_mut().filter(|window| window.has_room(span)) {
            Some(window) => window.push(span),
            None => {
                let mut window = Window::default();
                window.push(span);
                windows.push(window);
            }
        }
    }
    windows
}

fn padded(speech: &[Span], duration_ms: i64) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in speech {
        let wide = Span::new(
            (span.start_ms - PAD_MS).max(0),
            (span.end_ms + PAD_MS).min(duration_ms),
        );
        match joined
            .last_mut()
            .filter(|last| wide.start_ms <= last.end_ms + GAP_MS)
        {
            Some(last) => last.end_ms = last.end_ms.max(wide.end_ms),
            None => joined.push(wide),
        }
    }
    joined
}

fn without(span: Span, skip: &[Span]) -> Vec<Span> {
    let mut left = vec![span];
    for hole in skip {
        left = left.into_iter().flat_map(|span| outside(span, *hole)).collect();
    }
    left.retain(|span| span.length_ms() >= SHORTEST_MS);
    left
}

fn outside(span: Span, hole: Span) -> Vec<Span> {
    if hole.length_ms() <= 0 || hole.end_ms <= span.start_ms || span.end_ms <= hole.start_ms {
        return vec![span];
    }
    let before = Span::new(span.start_ms, hole.start_ms);
    let after = Span::new(hole.end_ms, span.end_ms);
    [before, after]
        .into_iter()
        .filter(|part| part.length_ms() > 0)
        .collect()
}

/// Someone who never pauses is cut into equal parts rather than into one full window and a rest.
fn cut(span: Span) -> Vec<Span> {
    let parts = (span.length_ms() + LONGEST_MS - 1) / LONGEST_MS;
    let edge = |part: i64| span.start_ms + span.length_ms() * part / parts;
    (0..parts)
        .map(|part| Span::new(edge(part), edge(part + 1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_ms: i64, end_ms: i64) -> Span {
        Span::new(start_ms, end_ms)
    }

    fn spans(window: &Window) -> Vec<Span> {
        window.pieces.iter().map(|piece| piece.span).collect()
    }

    #[test]
    fn pieces_of_one_side_share_a_window_until_it_is_full() {
        let windows = plan(
            &[span(1000, 9000), span(20_000, 32_000), span(50_000, 61_000)],
            &[],
            70_000,
        );
        assert_eq!(windows.len(), 2);
        assert_eq!(spans(&windows[0]), [span(800, 9200), span(19_800, 32_200)]);
        assert_eq!(windows[0].pieces[1].at_ms, 8400 + GAP_MS);
        assert_eq!(spans(&windows[1]), [span(49_800, 61_200)]);
    }

    #[test]
    fn times_in_a_window_map_back_to_the_call() {
        let window = &plan(&[span(1000, 3000), span(60_000, 62_000)], &[], 90_000)[0];
        assert_eq!((window.piece_at(0), window.call_ms(0, 500)), (0, 1300));
        assert_eq!(window.piece_at(2400 + GAP_MS / 2 - 1), 0);
        assert_eq!(window.piece_at(2400 + GAP_MS / 2), 1);
        assert_eq!(window.call_ms(1, 2400 + GAP_MS + 100), 59_900);
        assert_eq!(window.call_ms(1, 99_999), 62_200, "never past the speech itself");
        assert_eq!(window.pause_before(1), 56_600);
    }

    #[test]
    fn what_the_machine_played_is_left_out() {
        let windows = plan(
            &[span(0, 10_000)],
            &[span(8000, 30_000), span(0, 2000), span(4000, 5000)],
            40_000,
        );
        assert_eq!(spans(&windows[0]), [span(2000, 4000), span(5000, 8000)]);
        assert_eq!(plan(&[span(0, 10_000)], &[span(0, 99_000)], 40_000), []);
        assert_eq!(
            spans(&plan(&[span(1000, 2000)], &[span(1500, 1500), span(1800, 1200)], 9000)[0]).len(),
            1
        );
    }

    #[test]
    fn speech_without_a_pause_is_cut_into_equal_parts() {
        let windows = plan(&[span(0, 60_000)], &[], 60_000);
        assert_eq!(
            windows.iter().flat_map(spans).collect::<Vec<_>>(),
            [span(0, 20_000), span(20_000, 40_000), span(40_000, 60_000)]
        );
    }

    #[test]
    fn every_window_fits_and_no_speech_is_lost() {
        let speech: Vec<Span> = (0..200)
            .map(|n| span(n * 3700, n * 3700 + 400 + n * 13))
            .collect();
        let windows = plan(&speech, &[], 800_000);
        assert!(windows.iter().all(|window| window.length_ms() <= LONGEST_MS));
        let covered = |ms| {
            windows
                .iter()
                .flat_map(|w| &w.pieces)
                .any(|p| p.span.start_ms <= ms && ms < p.span.end_ms)
        };
        assert!(
            speech
                .iter()
                .all(|s| (s.start_ms..s.end_ms).step_by(50).all(covered))
        );
    }
}
