//! How many it concerns: 几户, 全小区, 二十多人. The largest that was said.

use super::number::{self, Number};
use super::sound::Heard;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundPeople {
    pub(super) text: String,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Everybody of a place.
const ALL_OF: [&str; 14] = [
    "整个小区",
    "全小区",
    "整个村子",
    "整个村",
    "全村",
    "整个单元",
    "全单元",
    "整栋楼",
    "整幢楼",
    "全楼",
    "整条街",
    "全班",
    "全校",
    "全厂",
];
/// 一栋楼 alone may be an address; with 都 it is everybody in it.
const ALL_WITH_DOU: [&str; 4] = ["一栋楼", "一个单元", "一个小区", "家家户户"];
const PEOPLE: [&str; 18] = [
    "人",
    "居民",
    "村民",
    "业主",
    "工人",
    "工友",
    "农民工",
    "员工",
    "学生",
    "孩子",
    "老人",
    "老师",
    "职工",
    "住户",
    "乘客",
    "顾客",
    "家长",
    "同事",
];
const HOUSES: [&str; 5] = ["人家", "商户", "住户", "店", "企业"];
const BLOCKS: [&str; 6] = ["栋楼", "幢楼", "个单元", "个小区", "个村", "条街"];
/// Everybody is more than any number.
const EVERYBODY: u32 = u32::MAX;

pub(super) fn choose(heard: &Heard) -> Option<FoundPeople> {
    let letters = &heard.letters;
    let mut best: Option<(u32, usize, usize)> = None;
    let mut at = 0;
    while at < letters.len() {
        let found = everybody(letters, at)
            .map(|to| (EVERYBODY, to))
            .or_else(|| counted(letters, at));
        let Some((size, to)) = found else {
            at += 1;
            continue;
        };
        if best.is_none_or(|(largest, _, _)| size > largest) {
            best = Some((size, at, to));
        }
        at = to;
    }
    best.map(|(_, from, to)| FoundPeople {
        text: heard.text(from, to),
        from,
        to,
    })
}

fn everybody(letters: &[char], at: usize) -> Option<usize> {
    let all = ALL_OF.iter().find_map(|words| end_of(letters, at, words));
    all.or_else(|| {
        let to = ALL_WITH_DOU.iter().find_map(|words| end_of(letters, at, words))?;
        let soon = &letters[to..letters.len().min(to + 4)];
        soon.contains(&'都').then_some(to)
    })
}

/// A number with what it counts; one person alone is the caller, or somebody they speak of.
fn counted(letters: &[char], at: usize) -> Option<(u32, usize)> {
    // 第三户, 201户: a part of something else.
    let behind = at.checked_sub(1).and_then(|before| letters.get(before));
    if behind.is_some_and(|letter| *letter == '第' || letter.is_ascii_alphanumeric()) {
        return None;
    }
    let number = number::read(letters, at)?;
    // 三号楼201户
    let door = behind.is_some_and(|letter| matches!(letter, '楼' | '栋' | '幢' | '号' | '元'));
    if door && number.value >= 100 && !number.about {
        return None;
    }
    let to = measured(letters, &number)?;
    (number.value > 1 || number.about).then_some((number.value, to))
}

fn measured(letters: &[char], number: &Number) -> Option<usize> {
    let at = number.to;
    let next = *letters.get(at)?;
    let after = letters.get(at + 1).copied();
    match next {
        '户' => {
            let other_word = after.is_some_and(|letter| matches!(letter, '口' | '籍' | '型' | '主' | '外'));
            (!other_word).then(|| end_of(letters, at + 1, "人家").unwrap_or(at + 1))
        }
        '人' => {
            // 十人民币, 三人行道
            let other_word =
                after.is_some_and(|letter| matches!(letter, '民' | '行' | '次' | '工' | '大' | '才'));
            (!other_word).then_some(at + 1)
        }
        '口' => end_of(letters, at + 1, "人"),
        '家' => of(letters, at + 1, &HOUSES),
        '名' | '位' => of(letters, at + 1, &PEOPLE),
        _ => of(letters, at, &BLOCKS).or_else(|| {
            let at = end_of(letters, at, "个")?;
            of(letters, at, &PEOPLE)
        }),
    }
}

fn of(letters: &[char], at: usize, words: &[&str]) -> Option<usize> {
    words.iter().find_map(|word| end_of(letters, at, word))
}

/// Where `word` ends, if it stands here.
pub(super) fn end_of(letters: &[char], at: usize, word: &str) -> Option<usize> {
    let mut to = at;
    for letter in word.chars() {
        if letters.get(to) != Some(&letter) {
            return None;
        }
        to += 1;
    }
    Some(to)
}

#[cfg(test)]
mod tests {
    use super::super::Utterance;
    use super::*;

    fn said(text: &str) -> Option<String> {
        let heard = Heard::new(&[Utterance {
            start_ms: 0,
            text: text.into(),
        }]);
        choose(&heard).map(|found| found.text)
    }

    fn is(text: &str, found: &str) {
        assert_eq!(said(text).as_deref(), Some(found), "{text}");
    }

    #[test]
    fn households_and_people_are_counted_as_they_are_said() {
        is("我们楼上好几户都没水", "好几户");
        is("老板拖欠我们二十多人的工资", "二十多人");
        is("里面困着两个人", "两个人");
        is("一共有五十来户人家用不上水", "五十来户人家");
        is("三十多名学生吃坏了肚子", "三十多名学生");
        is("一家五口人都吃了", "五口人");
        is("门口十几个老人没地方坐", "十几个老人");
        is("两栋楼都停电了", "两栋楼");
        is("有20多户", "20多户");
    }

    #[test]
    fn everybody_is_more_than_any_number() {
        is("我们三户停水，后来全小区都停了", "全小区");
        is("整栋楼都没电", "整栋楼");
        is("一栋楼的人都睡不着", "一栋楼");
    }

    #[test]
    fn what_only_looks_like_a_count_is_none() {
        for text in [
            "我一个人在家",
            "第二人民医院",
            "我的户口在三户口",
            "住在一栋楼",
            "三号楼201户",
            "人行道坏了",
            "交了五十元",
            "",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
