//! How well the day's callers were answered. Pure: counts of the records in, rates out. Which calls are counted is the store's.

/// The callers of one hour of the day who were put to a queue and are no longer waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct HourCount {
    /// 0 to 23, of the county's day.
    pub hour: i64,
    pub offered: i64,
    pub answered: i64,
    pub within_15s: i64,
    pub within_20s: i64,
    pub abandoned: i64,
}

/// A rate is none as long as nothing was offered: nobody was left waiting, and nobody was served.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub offered: i64,
    pub answered: i64,
    pub abandoned: i64,
    pub within_15s_rate: Option<f64>,
    pub within_20s_rate: Option<f64>,
    /// From the first hour of the day to the current one, without gaps.
    pub hours: Vec<HourCount>,
}

/// `now_hour`: the hour that is running; the curve ends there. An hour in which nobody called is a zero, not a gap.
pub fn of_day(counts: &[HourCount], now_hour: i64) -> Figures {
    let sum = |of: fn(&HourCount) -> i64| counts.iter().map(of).sum::<i64>();
    let offered = sum(|hour| hour.offered);
    let rate = |part: i64| (offered > 0).then(|| part as f64 / offered as f64);
    let hour = |hour| {
        let found = counts.iter().find(|count| count.hour == hour).copied();
        found.unwrap_or(HourCount {
            hour,
            ..HourCount::default()
        })
    };
    Figures {
        offered,
        answered: sum(|hour| hour.answered),
        abandoned: sum(|hour| hour.abandoned),
        within_15s_rate: rate(sum(|hour| hour.within_15s)),
        within_20s_rate: rate(sum(|hour| hour.within_20s)),
        hours: (0..=now_hour.clamp(0, 23)).map(hour).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(hour: i64, offered: i64, answered: i64, within_15s: i64) -> HourCount {
        HourCount {
            hour,
            offered,
            answered,
            within_15s,
            within_20s: answered,
            abandoned: offered - answered,
        }
    }

    #[test]
    fn a_day_without_callers_has_no_rates() {
        let figures = of_day(&[], 2);
        assert_eq!((figures.within_15s_rate, figures.within_20s_rate), (None, None));
        assert_eq!(figures.hours.len(), 3);
    }

    #[test]
    fn rates_are_of_all_that_were_offered_not_of_the_answered() {
        let figures = of_day(&[count(9, 3, 2, 1), count(11, 1, 1, 1)], 11);
        assert_eq!((figures.offered, figures.answered, figures.abandoned), (4, 3, 1));
        assert_eq!(figures.within_15s_rate, Some(0.5));
        assert_eq!(figures.within_20s_rate, Some(0.75));
    }

    #[test]
    fn all_abandoned_is_nought_per_cent_and_not_nothing() {
        assert_eq!(of_day(&[count(9, 2, 0, 0)], 9).within_15s_rate, Some(0.0));
    }

    #[test]
    fn the_curve_runs_to_the_current_hour_without_gaps() {
        let hours = of_day(&[count(1, 5, 5, 5)], 3).hours;
        let offered: Vec<_> = hours.iter().map(|hour| (hour.hour, hour.offered)).collect();
        assert_eq!(offered, [(0, 0), (1, 5), (2, 0), (3, 0)]);
    }
}
