//! A second implementation, for the tests: a counter that knows nothing but half hours, days numbered from 0, and whether a half hour is
//! worked, open or paused. Slow and plain on purpose; it shares no code with the product.

/// Half hours of a day.
const DAY: usize = 48;

pub(super) struct World {
    /// Of each day: is it worked?
    pub(super) worked: Vec<bool>,
    /// Of each half hour of a worked day, then of one that is not: is the office open?
    pub(super) open: [[bool; DAY]; 2],
    /// Half hours at which the clock stands still, end excluded.
    pub(super) pauses: Vec<(usize, usize)>,
    /// The half hour that ends a day; 48 is midnight.
    pub(super) cut_off: usize,
    pub(super) same_day: bool,
    /// 0: ordinary, 1: next working day, 2: as the next morning.
    pub(super) after_hours: u8,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    RoundTheClock(usize),
    Open(usize),
    Days(usize),
    Worked(usize),
}

impl World {
    fn paused(&self, at: usize) -> bool {
        self.pauses.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    fn office_closes(&self) -> usize {
        (0..DAY)
            .rev()
            .find(|half| self.open[0][*half])
            .map_or(DAY, |half| half + 1)
    }

    /// The half hour up to which one has time. None: the world ends first.
    pub(super) fn due(&self, from: usize, lengths: &[Length]) -> Option<usize> {
        let mut at = from;
        // The day after which days count, when the stretch before was counted in days.
        let mut after: Option<usize> = None;
        for length in lengths {
            match *length {
                Length::RoundTheClock(halves) => {
                    at = self.walk(at, halves, |_| true)?;
                    after = None;
                }
                Length::Open(halves) => {
                    let open = |half: usize| self.open[usize::from(!self.worked[half / DAY])][half % DAY];
                    at = self.walk(at, halves, open)?;
                    after = None;
                }
                Length::Days(days) | Length::Worked(days) => {
                    let plain = matches!(length, Length::Days(_));
                    let begin = after.map_or_else(|| self.first_day(at, plain), |day| Some(day + 1))?;
                    let day = self.nth_day(begin, days, plain, if after.is_none() { at } else { 0 })?;
                    after = Some(day);
                    at = day * DAY + self.cut_off;
                }
            }
        }
        Some(at)
    }

    fn walk(&self, from: usize, halves: usize, open: impl Fn(usize) -> bool) -> Option<usize> {
        let mut left = halves;
        for at in from..self.worked.len() * DAY {
            if open(at) && !self.paused(at) {
                left -= 1;
                if left == 0 {
                    return Some(at + 1);
                }
            }
        }
        None
    }

    fn first_day(&self, from: usize, plain: bool) -> Option<usize> {
        let day = from / DAY;
        let late = !plain && (!self.worked[day] || from % DAY >= self.office_closes());
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

    fn nth_day(&self, first: usize, days: usize, plain: bool, from: usize) -> Option<usize> {
        let mut left = days;
        for day in first..self.worked.len() {
            let end = day * DAY + self.cut_off;
            // The end of a day that ends at midnight is its last moment; any other end is a moment of its own.
            let moment = if self.cut_off == DAY { end - 1 } else { end };
            if (plain || self.worked[day]) && end > from && !self.paused(moment) {
                left -= 1;
                if left == 0 {
                    return Some(day);
                }
            }
        }
        None
    }
}
