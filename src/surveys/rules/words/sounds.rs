//! A short text by its letters and by their sounds. Knows no question and no answer.

use pinyin::ToPinyin;

/// Denials as they are written, and the syllables that stand for them where letters were misheard.
const DENIALS: [char; 4] = ['不', '没', '未', '无'];
const DENYING_SOUNDS: [&str; 2] = ["bu", "mei"];
/// Between a denial and what it denies: 不太, 没有人, 没怎么, 不是很.
const FILLERS: [&str; 21] = [
    "有", "太", "很", "是", "怎么", "大", "够", "算", "能", "人", "给", "得到", "什么", "跟我", "和我", "被",
    "特别", "完全", "彻底", "非常", "真正",
];
/// Said without meaning anything.
const PARTICLES: &str = "嗯啊呃哦喂那这个吧呢呀嘛哎唉就";

pub(super) struct Said {
    letters: Vec<char>,
    sounds: Vec<String>,
}

impl Said {
    pub(super) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let sounds = letters.iter().copied().map(sound).collect();
        Self { letters, sounds }
    }

    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Whether these words stand at this place, by their letters or, from two of them on, by their sounds.
    pub(super) fn starts_at(&self, at: usize, words: &str) -> bool {
        let length = words.chars().count();
        let Some(letters) = self.letters.get(at..at + length) else {
            return false;
        };
        let sounds = &self.sounds[at..at + length];
        letters.iter().copied().eq(words.chars())
            || (length > 1 && words.chars().map(sound).zip(sounds).all(|(a, b)| a == *b))
    }

    pub(super) fn ends_before(&self, at: usize, words: &str) -> bool {
        let from = at.checked_sub(words.chars().count());
        from.is_some_and(|from| self.starts_at(from, words))
    }

    pub(super) fn places<'a>(&'a self, words: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.len()).filter(move |at| self.starts_at(*at, words))
    }

    pub(super) fn has(&self, words: &str) -> bool {
        self.places(words).next().is_some()
    }

    pub(super) fn has_any(&self, words: &[&str]) -> bool {
        words.iter().any(|words| self.has(words))
    }

    /// Whether these words are denied anywhere.
    pub(super) fn denied(&self, words: &str) -> bool {
        self.places(words).any(|at| self.denial_before(at).is_some())
    }

    /// Where the denial of what stands at this place begins.
    pub(super) fn denial_before(&self, mut at: usize) -> Option<usize> {
        loop {
            let before = at.checked_sub(1)?;
            if self.denies(before) {
                return Some(before);
            }
            let filler = FILLERS.iter().find(|filler| self.ends_before(at, filler))?;
            at -= filler.chars().count();
        }
    }

    fn denies(&self, at: usize) -> bool {
        DENIALS.contains(&self.letters[at]) || DENYING_SOUNDS.contains(&self.sounds[at].as_str())
    }

    /// Without what means nothing.
    pub(super) fn bare(&self) -> String {
        self.without(PARTICLES)
    }

    pub(super) fn without(&self, left_out: &str) -> String {
        let kept = self.letters.iter().filter(|letter| !left_out.contains(**letter));
        kept.collect()
    }
}

/// Without its tone, and without the differences that most dialects do not make.
fn sound(letter: char) -> String {
    let Some(sound) = letter.to_pinyin() else {
        return letter.to_lowercase().collect();
    };
    let plain = sound.plain();
    let plain = plain
        .strip_suffix('g')
        .filter(|rest| rest.ends_with('n'))
        .unwrap_or(plain);
    if let Some(rest) = plain.strip_prefix('n') {
        return format!("l{rest}");
    }
    ["zh", "ch", "sh"]
        .into_iter()
        .find_map(|initial| {
            plain
                .strip_prefix(initial)
                .map(|rest| format!("{}{rest}", &initial[..1]))
        })
        .unwrap_or_else(|| plain.to_owned())
}
