//! Cleans what the recogniser wrote: simplified characters, Chinese punctuation, no subtitle credits, no loops. Pure.

use super::SpeechError;
use super::lines::Line;
use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

/// Credits of the subtitles that the model learned from. Each is nothing a caller would say to a hotline.
const CREDITS: [&str; 16] = [
    "字幕by",
    "字幕志愿者",
    "字幕组",
    "字幕提供",
    "字幕制作",
    "中文字幕",
    "请不吝点赞",
    "打赏支持明镜",
    "明镜与点点",
    "优优独播剧场",
    "独播剧场",
    "amara.org",
    "yoyotelevision",
    "mingpaocanada",
    "谢谢观看",
    "感谢观看",
];
/// Words of which 著 is a part; everywhere else it is the particle 着 as traditional text writes it.
const KEEP_BEFORE: &str = "显名土专原编卓昭论巨遗";
const KEEP_AFTER: &str = "名作称述录书";
const SHORT_LINE: usize = 24;
/// Someone may well say a thing three times; the fourth is a loop.
const LOOP: usize = 4;
/// A number may be 138 1111 1111; no number says the same for longer.
const LONGEST_NUMBER: usize = 11;

pub(super) struct Cleaner {
    simplify: OpenCC,
}

impl Cleaner {
    pub(super) fn new() -> Result<Self, SpeechError> {
        // Not the Taiwanese table, which knows 着: it also turns a simplified 什么 into 什幺.
        let simplify = OpenCC::from_config(BuiltinConfig::T2s).map_err(SpeechError::engine)?;
        Ok(Self { simplify })
    }

    /// A few words, without what the model invents over noise.
    pub(super) fn simplified(&self, text: &str) -> String {
        let text = unloop(&punctuate(&particle(&self.simplify.convert(text))));
        if is_invented(&text) { String::new() } else { text }
    }

    /// The lines of one window of one side.
    pub(super) fn clean(&self, lines: Vec<Line>) -> Vec<Line> {
        let mut kept: Vec<Line> = Vec::new();
        for line in lines {
            let text = unloop(&punctuate(&particle(&self.simplify.convert(&line.text))));
            if !is_invented(&text) {
                kept.push(Line { text, ..line });
            }
        }
        drop_repeats(kept)
    }
}

fn particle(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: usize| {
        at.checked_sub(1)
            .is_some_and(|before| KEEP_BEFORE.contains(chars[before]))
            || chars.get(at + 1).is_some_and(|&after| KEEP_AFTER.contains(after))
    };
    chars
        .iter()
        .enumerate()
        .map(|(at, &c)| if c == '著' && !is_word(at) { '着' } else { c })
        .collect()
}

fn punctuate(text: &str) -> String {
    let source: Vec<char> = text.trim().chars().filter(|c| *c != '\u{FFFD}').collect();
    let mut out = String::new();
    for (at, &c) in source.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| source[at]);
        let after = source.get(at + 1).copied();
        let between_numbers =
            before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit());
        match c {
            ' ' if between_numbers || is_wide(before) || is_wide(after) => {}
            ',' | '.' | ':' if between_numbers => out.push(c),
            '.' if before.is_some_and(|c| c.is_ascii_alphabetic()) => out.push(c),
            _ => out.push(full_width(c)),
        }
    }
    out.trim_start_matches(|c| "，。！？；：、 ".contains(c))
        .trim_end()
        .to_owned()
}

fn is_wide(c: Option<char>) -> bool {
    c.is_some_and(|c| c > '\u{2E7F}')
}

fn full_width(c: char) -> char {
    match c {
        ',' => '，',
        '.' => '。',
        '?' => '？',
        '!' => '！',
        ':' => '：',
        ';' => '；',
        other => other,
    }
}

fn is_invented(text: &str) -> bool {
    let bare: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .collect();
    if !bare.chars().any(char::is_alphanumeric) {
        return true;
    }
    let has = |marks: &[&str]| marks.iter().any(|mark| bare.contains(mark));
    let bracketed =
        text.starts_with(['(', '（', '[', '【', '♪']) && text.ends_with([')', '）', ']', '】', '♪']);
    bracketed || (bare.chars().count() <= SHORT_LINE && has(&CREDITS))
}

/// Leaves one of a phrase that follows itself `LOOP` times or more.
fn unloop(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match loop_at(&chars[at..]) {
            Some((unit, times)) => {
                out.extend_from_slice(&chars[at..at + unit]);
                at += unit * times;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out.into_iter().collect()
}

fn loop_at(chars: &[char]) -> Option<(usize, usize)> {
    (1..=chars.len() / LOOP).find_map(|unit| {
        let phrase = &chars[..unit];
        let times = chars
            .chunks_exact(unit)
            .take_while(|next| *next == phrase)
            .count();
        let enough = if unit == 1 { 2 * LOOP } else { LOOP };
        let is_number = phrase.iter().all(char::is_ascii_digit) && times * unit <= LONGEST_NUMBER;
        (times >= enough && !is_number).then_some((unit, times))
    })
}

/// Of equal lines in a row a long one stays once, a short one ("喂", "好的") up to three times.
fn drop_repeats(lines: Vec<Line>) -> Vec<Line> {
    const LONG: usize = 5;
    let mut kept: Vec<Line> = Vec::new();
    for line in lines {
        let run = kept
            .iter()
            .rev()
            .take_while(|before| before.text == line.text)
            .count();
        let most = if line.text.chars().count() >= LONG {
            1
        } else {
            LOOP - 1
        };
        if run < most {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcriber::audio::Span;

    fn clean(texts: &[&str]) -> Vec<String> {
        let cleaner = Cleaner::new().expect("the tables are built in");
        let line = |text: &&str| Line {
            span: Span::new(0, 1),
            text: (*text).to_owned(),
        };
        cleaner
            .clean(texts.iter().map(line).collect())
            .into_iter()
            .map(|line| line.text)
            .collect()
    }

    #[test]
    fn traditional_characters_become_simplified() {
        assert_eq!(
            clean(&["廣州市的熱線，請問您貴姓，水龍頭壞了"]),
            ["广州市的热线，请问您贵姓，水龙头坏了"]
        );
        assert_eq!(clean(&["著急得很，幹部說頭髮乾了"]), ["着急得很，干部说头发干了"]);
        let simplified = "什么著名的著作，效果显著，里程，后面，面条，云南，干净，台风，幺二零，怎么";
        assert_eq!(clean(&[simplified]), [simplified]);
    }

    #[test]
    fn punctuation_and_spaces_become_chinese() {
        assert_eq!(
            clean(&[" 你好, 三号楼 停水了. 电话 1 3 8"]),
            ["你好，三号楼停水了。电话138"]
        );
        assert_eq!(clean(&["一共3.5吨,还有12:30"]), ["一共3.5吨，还有12:30"]);
    }

    #[test]
    fn subtitle_credits_are_dropped_but_speech_about_them_stays() {
        let credits = [
            "字幕by索兰娅",
            "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
            "谢谢观看!",
            "(音乐)",
            "。。。",
        ];
        assert_eq!(clean(&credits), [] as [&str; 0]);
        let complaint = "广场的大屏幕没有字幕，老人看不懂";
        assert_eq!(clean(&[complaint]), [complaint]);
    }

    #[test]
    fn loops_are_folded_and_what_people_repeat_is_not() {
        assert_eq!(clean(&["我要投诉我要投诉我要投诉我要投诉我要投诉"]), ["我要投诉"]);
        assert_eq!(clean(&["哈哈哈哈哈哈哈哈哈哈"]), ["哈"]);
        assert_eq!(clean(&["对对对，喂喂喂喂"]), ["对对对，喂喂喂喂"]);
        assert_eq!(clean(&["电话是13811111111"]), ["电话是13811111111"]);
        assert_eq!(
            clean(&[&format!("打我手机139{}", "0".repeat(40))]),
            ["打我手机1390"]
        );
        assert_eq!(clean(&["好的", "好的", "好的", "好的"]).len(), 3);
        assert_eq!(clean(&["请您保持电话畅通", "请您保持电话畅通"]).len(), 1);
    }
}
