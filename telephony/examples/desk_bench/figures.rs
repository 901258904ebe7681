//! Times as a benchmark tells them.

use std::time::Duration;

#[derive(Default)]
pub struct Delays(Vec<Duration>);

impl Delays {
    pub fn push(&mut self, one: Duration) {
        self.0.push(one);
        self.0.sort();
    }

    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
        self.0.sort();
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Milliseconds; None of nothing.
    pub fn rank(&self, share: f64) -> Option<f64> {
        let at = ((self.0.len() as f64 * share).ceil() as usize).max(1) - 1;
        self.0.get(at).map(|one| one.as_secs_f64() * 1000.0)
    }

    pub fn told(&self, what: &str) {
        match (self.rank(0.5), self.rank(0.95)) {
            (Some(median), Some(p95)) => println!(
                "{what:<23}{median:.1} ms median, {p95:.1} ms p95 of {}",
                self.len()
            ),
            _ => println!("{what:<23}not measured"),
        }
    }
}
