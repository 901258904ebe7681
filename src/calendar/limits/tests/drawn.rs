//! Drawn cases: the count that is used against one that walks minute by minute.

use chrono::Duration;

use super::super::brute::{Length, World};
use super::*;

/// xorshift: enough to draw cases, and the same ones every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn yes(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// Day 0 of the drawn world: a Thursday.
const DAY_0: &str = "2026-01-01";
const DAYS: usize = 120;

fn minute(at: usize) -> DateTime<Utc> {
    super::super::super::rules::instant(date(DAY_0).into()).expect("time") + Duration::minutes(at as i64)
}

struct Drawn {
    world: World,
    calendar: Calendar,
    rule: Rule,
}

type Windows = Vec<(u16, u16)>;

/// As many windows of a day, apart, from and until any minute.
fn draw_windows(draw: &mut Draw, count: usize) -> Windows {
    let mut edges = std::collections::BTreeSet::new();
    while edges.len() < 2 * count {
        edges.insert(draw.below(brute::DAY + 1) as u16);
    }
    let edges: Vec<_> = edges.into_iter().collect();
    edges.chunks(2).map(|edge| (edge[0], edge[1])).collect()
}

/// Of working days, then of days off.
fn draw_pattern(draw: &mut Draw) -> [Windows; 2] {
    match draw.below(5) {
        0 => [vec![(510, 720), (810, 1050)], vec![]],
        1 => [vec![(0, 1440)], vec![(0, 1440)]],
        2 => [vec![(540, 1080)], vec![(600, 690)]],
        _ => {
            let (worked, off) = (1 + draw.below(3), draw.below(3));
            [draw_windows(draw, worked), draw_windows(draw, off)]
        }
    }
}

fn draw_world(draw: &mut Draw) -> Drawn {
    let plain = |day: usize| !matches!((day + 3) % 7, 5 | 6);
    let mut worked: Vec<bool> = (0..DAYS).map(plain).collect();
    let mut exceptions = Vec::new();
    for (day, worked) in worked.iter_mut().enumerate() {
        if draw.yes(8) {
            *worked = draw.yes(2);
            exceptions.push((date(DAY_0) + chrono::Days::new(day as u64), !*worked));
        }
    }
    let [workdays, holidays] = draw_pattern(draw);
    let open = [&workdays, &holidays].map(|windows| {
        let is_open = |minute: &u16| windows.iter().any(|(from, to)| (*from..*to).contains(minute));
        (0..brute::DAY as u16).map(|minute| is_open(&minute)).collect()
    });
    let cut_off = [1440, 1050, 1080, 1 + draw.below(1439)][draw.below(4)];
    let mut world = World::new(worked, &open, cut_off);
    (world.same_day, world.after_hours) = (draw.yes(2), draw.below(3) as u8);
    let rule = Rule {
        first_day: if world.same_day {
            FirstDay::SameDay
        } else {
            FirstDay::DayAfter
        },
        due_at: cut_off as u16,
        after_hours: [
            AfterHours::Ordinary,
            AfterHours::NextWorkday,
            AfterHours::AsNextMorning,
        ][usize::from(world.after_hours)],
        hours: Hours {
            always: false,
            workdays,
            holidays,
        },
    };
    let calendar = Calendar::from_days(exceptions)
        .expect("once each")
        .with_years([2026]);
    Drawn {
        world,
        calendar,
        rule,
    }
}

fn draw_length(draw: &mut Draw) -> (Length, Limit) {
    let n = 1 + draw.below(12);
    match draw.below(6) {
        0 => {
            let minutes = 1 + draw.below(600);
            (Length::RoundTheClock(minutes), Limit::Minutes(minutes as u32))
        }
        1 => (Length::RoundTheClock(360 * n), Limit::Hours(6 * n as u32)),
        2 => (Length::Open(120 * n), Limit::WorkingHours(2 * n as u32)),
        3 => (Length::Days(n), Limit::Days(n as u32)),
        _ => (Length::Worked(n), Limit::WorkingDays(n as u32)),
    }
}

fn draw_pauses(draw: &mut Draw) -> Vec<(usize, usize)> {
    let pause = |draw: &mut Draw| {
        let from = draw.below(60 * brute::DAY);
        let longest = if draw.yes(2) { 600 } else { 12_000 };
        (from, from + 1 + draw.below(longest))
    };
    (0..draw.below(4)).map(|_| pause(draw)).collect()
}

/// False: the drawn days end before it is due.
fn compare(drawn: &mut Drawn, draw: &mut Draw) -> bool {
    let from = draw.below(30 * brute::DAY);
    let pauses = draw_pauses(draw);
    let (lengths, limits): (Vec<_>, Vec<_>) = (0..1 + draw.below(3)).map(|_| draw_length(draw)).unzip();
    pauses.iter().for_each(|pause| drawn.world.pause(*pause, true));
    let expected = drawn.world.due(from, &lengths);
    pauses.iter().for_each(|pause| drawn.world.pause(*pause, false));
    let Some(expected) = expected else {
        return false;
    };
    let stops = pauses.iter().map(|(from, to)| (minute(*from), Some(minute(*to))));
    let stops = Pauses::new(stops).expect("pauses");
    let task = Task {
        from: minute(from),
        limit: limits[0],
        extensions: &limits[1..],
        pauses: &stops,
    };
    let found = count(&drawn.calendar, &drawn.rule, &task).expect("counted");
    // A day that ends at midnight is due in its last second.
    let last = limits
        .last()
        .is_some_and(|last| matches!(last, Limit::Days(_) | Limit::WorkingDays(_)));
    let second = Duration::seconds(i64::from(last && drawn.rule.due_at == 1440));
    assert_eq!(
        found.due,
        Some(minute(expected) - second),
        "from {from} {lengths:?} pauses {pauses:?} {:?}",
        drawn.rule
    );
    true
}

#[test]
fn two_implementations_agree_on_a_hundred_thousand_cases() {
    let mut draw = Draw(0x5eed_1234_5678_9abc);
    let (mut compared, mut ended) = (0, 0);
    while compared < 100_000 {
        let mut drawn = draw_world(&mut draw);
        for _ in 0..50 {
            compared += 1;
            ended += usize::from(!compare(&mut drawn, &mut draw));
        }
    }
    assert!(
        ended < compared / 20,
        "most cases end within the drawn days: {ended}"
    );
}
