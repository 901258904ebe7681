//! Fills gaps of a track: the last 20 ms again, fading away within 60 (in the spirit of G.711 appendix I, without its pitch search).

use super::GAP;

const HISTORY: usize = 160;
const FADE: i32 = 480;

/// One track.
#[derive(Debug)]
pub(crate) struct Concealment {
    /// The last 20 ms that were really heard, going round.
    history: [i16; HISTORY],
    at: usize,
    /// Samples since the gap began.
    gap: i32,
}

impl Default for Concealment {
    fn default() -> Self {
        Self {
            history: [0; HISTORY],
            at: 0,
            gap: FADE,
        }
    }
}

impl Concealment {
    /// The sample, or what stands in for it where it is a gap.
    pub(crate) fn next(&mut self, sample: i16) -> i16 {
        if sample == GAP {
            return self.conceal();
        }
        if self.gap > 0 {
            // The repetition moved on through the history; what comes now is written after it.
            self.gap = 0;
        }
        self.history[self.at] = sample;
        self.at = (self.at + 1) % HISTORY;
        sample
    }

    fn conceal(&mut self) -> i16 {
        if self.gap >= FADE {
            return 0;
        }
        let sample = i32::from(self.history[self.at]) * (FADE - self.gap) / FADE;
        self.at = (self.at + 1) % HISTORY;
        self.gap += 1;
        sample as i16
    }
}

/// Both sides of a recording, block after block.
#[derive(Debug, Default)]
pub struct Concealer {
    left: Concealment,
    right: Concealment,
}

impl Concealer {
    /// Replaces the gaps of an interleaved block.
    pub fn fill(&mut self, block: &mut [i16]) {
        for pair in block.chunks_exact_mut(2) {
            pair[0] = self.left.next(pair[0]);
            pair[1] = self.right.next(pair[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_repeats_what_was_heard_and_fades_to_nothing() {
        let mut block = vec![GAP; 2 * 1_600];
        for n in 0..320 {
            block[2 * n] = 1_000;
        }
        block[2 * 1_500] = 77;
        Concealer::default().fill(&mut block);
        let left: Vec<i16> = block.iter().step_by(2).copied().collect();
        assert!(left[..320].iter().all(|s| *s == 1_000));
        assert!(left[321] > 990 && left[560] > 400 && left[560] < 600);
        assert!(left[320..].windows(2).take(480).all(|w| w[1] <= w[0]));
        assert!(left[800..1_500].iter().all(|s| *s == 0));
        assert_eq!(left[1_500], 77);
        assert!(
            block.iter().skip(1).step_by(2).all(|s| *s == 0),
            "the other side was never heard"
        );
    }

    #[test]
    fn a_gap_over_the_edge_of_two_blocks_goes_on_fading() {
        let mut concealer = Concealer::default();
        concealer.fill(&mut [500; 640]);
        let mut first = [GAP; 200];
        let mut second = [GAP; 200];
        concealer.fill(&mut first);
        concealer.fill(&mut second);
        assert!(first[0] == 500 && first[198] > second[0] && second[0] > second[198]);
    }
}
