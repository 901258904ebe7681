//! Jobs that the recorder has not taken yet: a slow disk may delay a recording, never a packet, and never fill the memory.

use std::collections::{HashMap, VecDeque};

use super::Job;
use crate::CallId;

/// 30 s of blocks a call.
const MOST_BLOCKS: usize = 60;

#[derive(Debug, Default)]
pub struct Backlog {
    queue: VecDeque<Job>,
    blocks: HashMap<CallId, usize>,
}

impl Backlog {
    /// Keeps the job; a block too many is given back, and its place in the file stays silent.
    pub fn push(&mut self, job: Job) -> Option<Box<[i16]>> {
        if let Job::Block { call, .. } = job {
            let waiting = self.blocks.entry(call).or_default();
            if *waiting >= MOST_BLOCKS {
                let Job::Block { samples, .. } = job else {
                    return None;
                };
                return Some(samples);
            }
            *waiting += 1;
        }
        self.queue.push_back(job);
        None
    }

    /// Hands jobs over in order until `send` gives one back.
    pub fn drain(&mut self, mut send: impl FnMut(Job) -> Result<(), Job>) {
        while let Some(job) = self.queue.pop_front() {
            let call = block_of(&job);
            if let Err(job) = send(job) {
                self.queue.push_front(job);
                return;
            }
            if let Some(call) = call {
                self.forget_block(call);
            }
        }
    }

    fn forget_block(&mut self, call: CallId) {
        if let Some(waiting) = self.blocks.get_mut(&call) {
            *waiting -= 1;
            if *waiting == 0 {
                self.blocks.remove(&call);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

fn block_of(job: &Job) -> Option<CallId> {
    match job {
        Job::Block { call, .. } => Some(*call),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(call: u64, index: u64) -> Job {
        Job::Block {
            call: CallId(call),
            index,
            samples: Box::default(),
        }
    }

    #[test]
    fn thirty_seconds_a_call_are_kept_while_the_disk_stands_still() {
        let mut backlog = Backlog::default();
        for index in 0..100 {
            backlog.push(block(1, index));
        }
        backlog.push(block(2, 0));
        backlog.push(Job::Finish {
            call: CallId(1),
            samples: 400_000,
        });
        let mut taken = Vec::new();
        backlog.drain(|job| {
            taken.push(job);
            Ok(())
        });
        let indexes: Vec<u64> = taken
            .iter()
            .filter_map(|job| match job {
                Job::Block {
                    call: CallId(1),
                    index,
                    ..
                } => Some(*index),
                _ => None,
            })
            .collect();
        assert_eq!(indexes, (0..60).collect::<Vec<_>>());
        assert!(matches!(taken.last(), Some(Job::Finish { .. })));
        assert_eq!(taken.len(), 62);
    }

    #[test]
    fn a_refused_job_stays_first_and_counts_on() {
        let mut backlog = Backlog::default();
        backlog.push(block(1, 0));
        backlog.push(block(1, 1));
        backlog.drain(Err);
        let mut room = 1;
        backlog.drain(|job| {
            if room == 0 {
                return Err(job);
            }
            room -= 1;
            Ok(())
        });
        assert!(!backlog.is_empty());
        backlog.drain(|job| {
            assert!(matches!(job, Job::Block { index: 1, .. }));
            Ok(())
        });
        assert!(backlog.is_empty() && backlog.blocks.is_empty());
    }
}
