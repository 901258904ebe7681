//! Which of the free operators is rung: one pure function a strategy.
//!
//! Not responsible for who is free, who may be asked and which caller is first.

use std::time::{Duration, Instant};

/// How operators of a queue take turns (话务分配策略).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Who has been without a call for longest (最长空闲).
    #[default]
    LongestIdle,
    /// Who has talked for the smallest part of the shift (话务均衡), so that a newcomer is not flooded.
    LeastTalk,
    /// One after the other, however long their calls were (轮流).
    RoundRobin,
    /// Level 1 first; each further level joins after `step` of waiting (分级).
    Tiers { step: Duration },
    /// The best level among the free, at once (技能优先).
    SkillLevel,
}

/// A free operator, as strategies see one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    pub name: &'a str,
    pub idle_since: Instant,
    /// Talk time in millionths of the time signed in.
    pub talk_share: u64,
    /// The number of this operator's last offer among all offers; 0: none yet.
    pub last_turn: u64,
    /// In the queue's skill; 1 is best.
    pub level: u8,
}

impl Strategy {
    /// `best_level` is that of the best operator signed in for the skill, free or not. Whoever knows the matter comes first, but no
    /// earlier than the strategy lets the level ring: else a caller would be overtaken by one behind.
    #[must_use]
    pub fn choose<'a>(
        self,
        free: impl Iterator<Item = Candidate<'a>>,
        best_level: u8,
        waited: Duration,
        knows: Option<&str>,
    ) -> Option<&'a str> {
        let open = self.open_level(best_level, waited);
        free.filter(|c| c.level <= open)
            .min_by_key(|c| (Some(c.name) != knows, self.rank(c), c.idle_since, c.name))
            .map(|c| c.name)
    }

    fn rank(self, candidate: &Candidate<'_>) -> u64 {
        match self {
            Self::LongestIdle => 0,
            Self::LeastTalk => candidate.talk_share,
            Self::RoundRobin => candidate.last_turn,
            Self::Tiers { .. } | Self::SkillLevel => u64::from(candidate.level),
        }
    }

    /// The worst level that may be rung after so long a wait.
    fn open_level(self, best: u8, waited: Duration) -> u8 {
        match self {
            Self::Tiers { step } if !step.is_zero() => {
                let steps = waited.as_millis() / step.as_millis().max(1);
                best.saturating_add(u8::try_from(steps).unwrap_or(u8::MAX))
            }
            _ => u8::MAX,
        }
    }

    /// When a caller who has waited since `since` may next be offered to a further level.
    #[must_use]
    pub fn next_level_at(self, since: Instant, now: Instant) -> Option<Instant> {
        let Self::Tiers { step } = self else { return None };
        if step.is_zero() {
            return None;
        }
        let steps = now.saturating_duration_since(since).as_millis() / step.as_millis().max(1);
        let next = u32::try_from(steps).ok()?.checked_add(1)?;
        (next <= u32::from(u8::MAX)).then(|| since + step * next)
    }
}
