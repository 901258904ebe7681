//! A second implementation, for the tests: it walks minute by minute, one step a minute, and knows nothing but minutes, days numbered from 0,
//! and whether a minute is open, paused or the end of a day that counts. Plain on purpose; it shares no code with the product.

/// Minutes of a day.
pub(super) const DAY: usize = 1_440;

// What a minute is.
const OPEN: u8 = 1;
const ENDS_WORKED_DAY: u8 = 2;
const ENDS_DAY: u8 = 4;

pub(super) struct World {
    /// Of each day: is it worked?
    worked: Vec<bool>,
    /// Of each minute: what it is, and whether the clock stands still.
    minutes: Vec<u8>,
    paused: Vec<bool>,
    /// The minute that ends a day; 1440 is midnight.
    cut_off: usize,
    /// Up to which minute the office of a worked day is open.
    closes: usize,
    pub(super) same_day: bool,
    /// 0: ordinary, 1: next working day, 2: as the next morning.
    pub(super) after_hours: u8,
}

/// In minutes or days.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    RoundTheClock(usize),
    Open(usize),
    Days(usize),
    Worked(usize),
}

impl World {
    /// `open`: of each minute of a worked day, then of one that is not, whether the office is open.
    pub(super) fn new(worked: Vec<bool>, open: &[Vec<bool>; 2], cut_off: usize) -> Self {
        // The end of a day that ends at midnight is its last moment; any other end is a moment of its own.
        let last = cut_off.min(DAY - 1);
        let mut minutes = Vec::with_capacity(worked.len() * DAY);
        let day = |is_worked: bool| -> Vec<u8> {
            let open = &open[usize::from(!is_worked)];
            let mut minutes: Vec<u8> = open.iter().map(|open| u8::from(*open) * OPEN).collect();
            minutes[last] |= ENDS_DAY | (u8::from(is_worked) * ENDS_WORKED_DAY);
            minutes
        };
        let days = [day(false), day(true)];
        for is_worked in &worked {
            minutes.extend_from_slice(&days[usize::from(*is_worked)]);
        }
        let closes = open[0].iter().rposition(|open| *open);
        Self {
            paused: vec![false; minutes.len()],
            worked,
            minutes,
            cut_off,
            closes: closes.map_or(DAY, |minute| minute + 1),
            same_day: false,
            after_hours: 0,
        }
    }

    /// The clock stands still from a minute up to another, or no longer does.
    pub(super) fn pause(&mut self, (from, to): (usize, usize), stands: bool) {
        self.paused[from..to].fill(stands);
    }

    /// The minute up to which one has time. None: the world ends first.
    pub(super) fn due(&self, from: usize, lengths: &[Length]) -> Option<usize> {
        let mut at = from;
        // The day after which days count, when the stretch before was counted in days.
        let mut after: Option<usize> = None;
        for length in lengths {
            match *length {
                Length::RoundTheClock(minutes) => {
                    at = self.walk(at, minutes, 0)? + 1;
                    after = None;
                }
                Length::Open(minutes) => {
                    at = self.walk(at, minutes, OPEN)? + 1;
                    after = None;
                }
                Length::Days(days) | Length::Worked(days) => {
                    let plain = matches!(length, Length::Days(_));
                    let first = after.map_or_else(|| self.first_day(at, plain), |day| Some(day + 1))?;
                    // An end at the very moment of the start has passed, but for midnight, which is the end of the minute before.
                    let begin = first * DAY;
                    let begin = begin.max(if self.cut_off < DAY { at + 1 } else { at });
                    let kind = if plain { ENDS_DAY } else { ENDS_WORKED_DAY };
                    let day = self.walk(begin, days, kind)? / DAY;
                    after = Some(day);
                    at = day * DAY + self.cut_off;
                }
            }
        }
        Some(at)
    }

    /// Steps from minute to minute until `left` have been of that kind (0: of any) while the clock ran; the last of them. A plain loop:
    /// some billions of its steps are taken without the help of an optimiser.
    fn walk(&self, from: usize, mut left: usize, kind: u8) -> Option<usize> {
        let (minutes, paused) = (self.minutes.as_slice(), self.paused.as_slice());
        let mut at = from;
        while at < minutes.len() {
            if minutes[at] & kind == kind && !paused[at] {
                left -= 1;
                if left == 0 {
                    return Some(at);
                }
            }
            at += 1;
        }
        None
    }

    fn first_day(&self, from: usize, plain: bool) -> Option<usize> {
        let day = from / DAY;
        let late = !plain && (!*self.worked.get(day)? || from % DAY >= self.closes);
        if self.same_day {
            return Some(if late && self.after_hours != 0 {
                day + 1
            } else {
                day
            });
        }
        if late && self.after_hours == 2 {
            return Some((day + 1..self.worked.len()).find(|day| self.worked[*day])? + 1);
        }
        Some(day + 1)
    }
}
