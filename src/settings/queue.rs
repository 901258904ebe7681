//! A queue's settings: what they are and what they must satisfy. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::flow::is_name;

/// How operators of a queue take turns (话务分配策略).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Who has been without a call for longest
    #[default]
    LongestIdle,
    /// Who has talked for the smallest part of the shift
    LeastTalk,
    /// One after the other
    RoundRobin,
    /// Level 1 of the skill first; each further level joins after `tier_seconds` of waiting
    Tiers,
    /// The best level among the free, at once
    SkillLevel,
}

/// A queue callers wait in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    pub name: String,
    pub title: String,
    /// What an operator must be able to do to be offered these callers.
    pub skill: String,
    /// An operator of several queues serves the smaller number first.
    pub priority: u32,
    pub ring_seconds: u32,
    /// So many operators ring together for one caller; the first to answer has the call.
    #[serde(default = "one")]
    pub ring_at_once: u32,
    pub wrap_up_seconds: u32,
    /// Between two announcements of the place in the queue; 0: none.
    pub announce_seconds: u32,
    pub max_wait_seconds: u32,
    /// Take the menu's overflow at once when no operator of the skill is signed in.
    pub overflow_when_unstaffed: bool,
    /// Take it as well when all who are signed in are paused.
    #[serde(default)]
    pub overflow_when_paused: bool,
    #[serde(default)]
    pub strategy: Strategy,
    #[serde(default = "default_tier_seconds")]
    pub tier_seconds: u32,
    /// Each such span of waiting counts as one step of `priority`; 0: never.
    #[serde(default)]
    pub ageing_seconds: u32,
    /// A caller who comes again within this time is offered to the operator who took the last call, if free; 0: never.
    #[serde(default)]
    pub sticky_minutes: u32,
    /// A caller who would wait behind so many others takes the menu's overflow at once; 0: no limit.
    #[serde(default)]
    pub max_waiting: u32,
    /// So many calls in a row that rang out or were refused pause the operator; 0: never.
    #[serde(default)]
    pub pause_after_missed: u32,
    /// Announce the expected wait with the place.
    #[serde(default)]
    pub announce_wait: bool,
}

fn default_tier_seconds() -> u32 {
    15
}

fn one() -> u32 {
    1
}

/// `(field, what is expected)`
pub type QueueFault = (&'static str, &'static str);

const NAME: &str = "应为 1 至 40 个小写字母、数字、横线或下划线";

impl Queue {
    pub fn faults(&self) -> Vec<QueueFault> {
        let title = self.title.trim().chars().count();
        let announce = self.announce_seconds == 0 || (5..=600).contains(&self.announce_seconds);
        let ageing = self.ageing_seconds == 0 || (5..=3600).contains(&self.ageing_seconds);
        let rules = [
            (is_name(&self.name), "name", NAME),
            ((1..=50).contains(&title), "title", "应为 1 至 50 个字"),
            (is_name(&self.skill), "skill", NAME),
            (self.priority <= 100, "priority", "应为 0 至 100"),
            (
                (5..=120).contains(&self.ring_seconds),
                "ring_seconds",
                "应为 5 至 120 秒",
            ),
            (
                (1..=5).contains(&self.ring_at_once),
                "ring_at_once",
                "应为 1 至 5 人",
            ),
            (
                self.wrap_up_seconds <= 3600,
                "wrap_up_seconds",
                "应为 0 至 3600 秒",
            ),
            (announce, "announce_seconds", "应为 0（不播报）或 5 至 600 秒"),
            (
                (5..=7200).contains(&self.max_wait_seconds),
                "max_wait_seconds",
                "应为 5 至 7200 秒",
            ),
            (
                (1..=600).contains(&self.tier_seconds),
                "tier_seconds",
                "应为 1 至 600 秒",
            ),
            (ageing, "ageing_seconds", "应为 0（不提升）或 5 至 3600 秒"),
            (
                self.sticky_minutes <= 1440,
                "sticky_minutes",
                "应为 0 至 1440 分钟",
            ),
            (
                self.max_waiting <= 1000,
                "max_waiting",
                "应为 0（不限）至 1000 人",
            ),
            (
                self.pause_after_missed <= 20,
                "pause_after_missed",
                "应为 0（不示忙）至 20 次",
            ),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds);
        broken.map(|(_, field, message)| (field, message)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a hotline of an earlier version stored it.
    fn earlier() -> Queue {
        let stored = serde_json::json!({
            "name": "general", "title": "综合受理", "skill": "general", "priority": 5, "ring_seconds": 20, "wrap_up_seconds": 30,
            "announce_seconds": 0, "max_wait_seconds": 300, "overflow_when_unstaffed": false
        });
        serde_json::from_value(stored).expect("queue")
    }

    #[test]
    fn settings_of_an_earlier_version_go_on_as_they_were() {
        let queue = earlier();
        assert_eq!(queue.faults(), []);
        assert_eq!(queue.strategy, Strategy::LongestIdle);
        assert_eq!(queue.ring_at_once, 1);
        assert_eq!(
            (queue.ageing_seconds, queue.sticky_minutes, queue.max_waiting),
            (0, 0, 0)
        );
    }

    #[test]
    fn a_queues_limits_are_checked() {
        let bad = Queue {
            name: "A".into(),
            title: " ".into(),
            ring_seconds: 0,
            ring_at_once: 6,
            announce_seconds: 1,
            tier_seconds: 0,
            ageing_seconds: 4,
            sticky_minutes: 1441,
            max_waiting: 1001,
            pause_after_missed: 21,
            ..earlier()
        };
        let fields: Vec<_> = bad.faults().into_iter().map(|(field, _)| field).collect();
        let expected = [
            "name",
            "title",
            "ring_seconds",
            "ring_at_once",
            "announce_seconds",
            "tier_seconds",
            "ageing_seconds",
            "sticky_minutes",
            "max_waiting",
            "pause_after_missed",
        ];
        assert_eq!(fields, expected);
    }
}
