//! Prompts and music: encoded once, cut into frames by the clock.
//!
//! Not responsible for what is played when (see `switch`).

use std::collections::HashMap;
use std::sync::Arc;

use super::FRAME;
use crate::media::{Codec, PlaybackId, PromptName};

/// All prompts, encoded for both laws when they are loaded: a frame is then a copy.
#[derive(Debug, Clone, Default)]
pub struct Prompts {
    by_name: HashMap<PromptName, Encoded>,
}

#[derive(Debug, Clone)]
struct Encoded {
    alaw: Arc<[u8]>,
    mulaw: Arc<[u8]>,
}

impl Encoded {
    fn of(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Alaw => &self.alaw,
            Codec::Mulaw => &self.mulaw,
        }
    }
}

impl Prompts {
    /// From 8 kHz mono PCM.
    pub fn encode(pcm: &HashMap<PromptName, Arc<[i16]>>) -> Self {
        let by_name = pcm.iter().map(|(name, pcm)| {
            let law = |codec: Codec| pcm.iter().map(|sample| codec.encode(*sample)).collect();
            (
                name.clone(),
                Encoded {
                    alaw: law(Codec::Alaw),
                    mulaw: law(Codec::Mulaw),
                },
            )
        });
        Self {
            by_name: by_name.collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}

/// Where a leg is in what it plays.
#[derive(Debug)]
pub(super) struct Playback {
    pub(super) id: PlaybackId,
    /// Resolved when it starts: prompts that are loaded anew meanwhile do not change what is heard.
    prompts: Vec<Encoded>,
    current: usize,
    offset: usize,
    looped: bool,
}

impl Playback {
    /// Names that are not known are left out.
    pub(super) fn new(id: PlaybackId, names: &[PromptName], looped: bool, prompts: &Prompts) -> Self {
        let prompts: Vec<Encoded> = names
            .iter()
            .filter_map(|name| prompts.by_name.get(name))
            .filter(|p| !p.alaw.is_empty())
            .cloned()
            .collect();
        Self {
            id,
            prompts,
            current: 0,
            offset: 0,
            looped,
        }
    }

    /// Fills a frame, across prompt boundaries; false when nothing was left to play (the frame is then silent).
    pub(super) fn fill(&mut self, codec: Codec, frame: &mut [u8; FRAME]) -> bool {
        let mut filled = 0;
        while filled < FRAME {
            let Some(prompt) = self.prompts.get(self.current) else {
                if self.looped && !self.prompts.is_empty() {
                    self.current = 0;
                    continue;
                }
                break;
            };
            let rest = &prompt.of(codec)[self.offset..];
            let taken = rest.len().min(FRAME - filled);
            frame[filled..filled + taken].copy_from_slice(&rest[..taken]);
            filled += taken;
            self.offset += taken;
            if taken == rest.len() {
                self.current += 1;
                self.offset = 0;
            }
        }
        frame[filled..].fill(codec.silence());
        // Looped playback of nothing is silence that goes on.
        filled > 0 || self.looped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(list: &[(&str, usize, i16)]) -> Prompts {
        let pcm = list
            .iter()
            .map(|(name, length, value)| (PromptName::from(*name), vec![*value; *length].into()));
        Prompts::encode(&pcm.collect())
    }

    fn names(list: &[&str]) -> Vec<PromptName> {
        list.iter().map(|name| PromptName::from(*name)).collect()
    }

    #[test]
    fn prompts_follow_one_another_without_a_gap_and_end_in_silence() {
        let prompts = prompts(&[("a", 200, 1_000), ("b", 100, -1_000)]);
        let mut playback = Playback::new(PlaybackId(1), &names(&["a", "missing", "b"]), false, &prompts);
        let mut heard = Vec::new();
        let mut frame = [0; FRAME];
        while playback.fill(Codec::Mulaw, &mut frame) {
            heard.extend(frame.map(|code| i32::from(Codec::Mulaw.linear()[usize::from(code)])));
        }
        assert_eq!(heard.len(), 320);
        assert!(heard[..200].iter().all(|s| (s - 1_000).abs() < 40));
        assert!(heard[200..300].iter().all(|s| (s + 1_000).abs() < 40));
        assert!(heard[300..].iter().all(|s| s.abs() < 10));
    }

    #[test]
    fn music_starts_over_and_nothing_to_loop_is_silence_for_ever() {
        let prompts = prompts(&[("music", 100, 500)]);
        let mut frame = [0; FRAME];
        let mut music = Playback::new(PlaybackId(1), &names(&["music"]), true, &prompts);
        for _ in 0..10 {
            assert!(music.fill(Codec::Alaw, &mut frame));
            assert!(frame.iter().all(|code| *code == Codec::Alaw.encode(500)));
        }
        let mut nothing = Playback::new(PlaybackId(2), &names(&["none"]), true, &prompts);
        assert!(nothing.fill(Codec::Alaw, &mut frame));
        assert!(frame.iter().all(|code| *code == Codec::Alaw.silence()));
        let mut once = Playback::new(PlaybackId(3), &names(&["none"]), false, &prompts);
        assert!(!once.fill(Codec::Alaw, &mut frame));
    }
}
