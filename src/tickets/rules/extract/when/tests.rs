use super::super::Utterance;
use super::*;

/// A Sunday.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day")
}

fn said(text: &str) -> Option<(String, String)> {
    let heard = Heard::new(&[Utterance {
        start_ms: 0,
        text: text.into(),
    }]);
    choose(&heard, today()).map(|found| (found.text, heard.text(found.from, found.to)))
}

fn is(text: &str, on_ticket: &str, words: &str) {
    assert_eq!(
        said(text),
        Some((on_ticket.to_owned(), words.to_owned())),
        "{text}"
    );
}

#[test]
fn near_days_become_dates_with_their_part_of_the_day() {
    is("从昨天晚上就停水了", "11月21日晚上起", "昨天晚上");
    is("前天下午三点多吵起来的", "11月20日下午三点多", "前天下午三点多");
    is("大前天的夜里", "11月19日夜里", "大前天的夜里");
    is("昨晚又放炮了", "11月21日晚上", "昨晚");
    is("今天早上八点半摔的", "11月22日早上八点半", "今天早上八点半");
}

#[test]
fn weekdays_are_the_last_that_have_been() {
    is("上周三来过一次", "11月11日", "上周三");
    is("星期五晚上开始没电", "11月20日晚上起", "星期五晚上");
    is("这个星期天还在施工", "11月22日", "这个星期天");
    assert_eq!(said("周一到周五上班"), None);
    assert_eq!(said("每周三收垃圾"), None);
}

#[test]
fn written_dates_are_read_and_never_in_the_future() {
    is("11月20号上午就报修了", "11月20日上午", "11月20号上午");
    is("十二月三号交的钱", "2025年12月3日", "十二月三号");
    is("去年十月份买的房", "2025年10月", "去年十月份");
    is("2024年5月1日签的合同", "2024年5月1日", "2024年5月1日");
    is("从20号开始停暖", "11月20日起", "20号");
    is("25号晚上", "10月25日晚上", "25号晚上");
    is("上个月15号", "10月15日", "上个月15号");
    is("上个月就坏了", "10月", "上个月");
    is("三天前报过", "约11月19日", "三天前");
}

#[test]
fn how_long_it_lasts_says_since_when() {
    is("停水三天了", "约11月19日起，已三天", "三天");
    is("已经两个多月没发工资", "约9月起，已两个多月", "两个多月");
    is("宽带坏了一个星期没人来修", "约11月15日起，已一个星期", "一个星期");
    is("拖了半年多", "约5月起，已半年多", "半年多");
    is("家里停电一上午了", "已一上午", "一上午");
    is("都两年了", "约2024年11月起，已两年", "两年");
}

#[test]
fn a_day_beats_a_length_and_both_beat_today() {
    is("停了两天了，从前天开始的", "11月20日起", "前天");
    is("我今天打电话是因为停水三天了", "约11月19日起，已三天", "三天");
    is("今天打电话问一下", "11月22日", "今天");
}

#[test]
fn houses_terms_habits_and_prices_are_no_times() {
    for text in [
        "我住三号楼",
        "3号楼2单元",
        "七天内答复我",
        "要等五天",
        "每三天收一次",
        "三月",
        "八十岁了",
        "办证要几天",
        "13月45号",
        "",
    ] {
        assert_eq!(said(text), None, "{text}");
    }
}

#[test]
fn no_words_whatever_break_it() {
    let letters: Vec<char> = "一十百千万半个多月年天号日点上周三去前今从第每两几好近0123456789 ，"
        .chars()
        .collect();
    let mut state = 7_usize;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push(letters[(state >> 33) % letters.len()]);
        }
        let found = said(&text);
        assert!(found.is_none_or(|(on_ticket, _)| !on_ticket.is_empty()), "{text}");
    }
}
