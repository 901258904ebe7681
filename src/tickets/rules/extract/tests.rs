//! Measured on the sample county's reference data and on requests written by others.

use pinyin::ToPinyin;

use super::*;

fn rows(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    lines
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

fn lexicon() -> Lexicon {
    macro_rules! data {
        ($file:literal) => {
            rows(include_str!(concat!("../../../../provisioning/", $file)))
        };
    }
    let split = |text: &str, by: char| {
        text.split(by)
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let classes = data!("classes.csv").into_iter().map(|row| ClassEntry {
        code: row[0].clone(),
        level1: row[1].clone(),
        level2: row[2].clone(),
        level3: row[3].clone(),
        keywords: split(&row[4], ' '),
    });
    let places = data!("places.csv").into_iter().map(|row| PlaceEntry {
        code: row[0].clone(),
        name: row[1].clone(),
        kind: row[2].clone(),
        parent_code: (!row[3].is_empty()).then(|| row[3].clone()),
        aliases: split(&row[4], ';'),
    });
    let urgency = data!("urgency.csv").into_iter().map(|row| UrgencyWord {
        word: row[0].clone(),
        band: row[1].clone(),
    });
    let kinds = data!("kinds.csv").into_iter().map(|row| KindCues {
        kind: row[0].clone(),
        words: split(&row[1], ';'),
    });
    Lexicon::new(
        classes.collect(),
        places.collect(),
        urgency.collect(),
        kinds.collect(),
    )
}

fn suggest(lexicon: &Lexicon, text: &str) -> Suggestion {
    let said = Utterance {
        start_ms: 0,
        text: text.into(),
    };
    lexicon.suggest(&[said], today())
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day")
}

/// Requests in nobody's words but the test's, and the branch they belong to.
const REQUESTS: [(&str, &str); 24] = [
    ("我家暖气一直是温乎的，屋里冷得不行，孩子都感冒了", "城乡建设"),
    ("小区南门的下水道堵了，脏水都漫到路上来了", "城乡建设"),
    ("健康路上有个井盖不见了，晚上骑车多危险啊", "城乡建设"),
    ("公司三个月没发工资了，老板说没钱", "劳动和社会保障"),
    ("请问城乡居民医保今年交到几月份截止", "卫生计生"),
    ("广场舞音响开到晚上十点多，吵得没法休息", "环境保护"),
    ("村里的自来水又停了两天了，大家都没水做饭", "城乡建设"),
    (
        "我想咨询一下退休手续怎么办，养老金从什么时候开始发",
        "劳动和社会保障",
    ),
    ("公交车半个小时都等不来一趟，能不能加几班车", "交通运输"),
    ("隔壁饭店油烟直接排到我家窗户，一股油烟味", "环境保护"),
    ("超市卖过期的牛奶，我喝了肚子疼", "卫生计生"),
    ("楼上装修把承重墙砸了，我们都很害怕", "城乡建设"),
    ("我们村的路被大车压坏了，全是坑，下雨没法走", "交通运输"),
    ("孩子上小学学区怎么划分的，报名要哪些证件", "教育文体"),
    ("家里停电一上午了，供电所电话打不通", "通信能源"),
    ("老人八十岁了，高龄补贴怎么领", "民政"),
    ("我买的二手车卖家隐瞒事故，不给退", "商贸旅游"),
    ("学校食堂的饭菜有虫子", "教育文体"),
    ("村干部把低保都给了自己亲戚", "农村农业"),
    ("河道里全是垃圾没人捞，臭气熏天", "水利林业"),
    ("办营业执照要几天，需要法人到场吗", "企业和营商环境"),
    ("宽带坏了一个星期没人来修", "通信能源"),
    ("山上有人砍树烧荒", "水利林业"),
    ("退伍军人的优待证怎么办理", "退役军人和群团"),
];

fn branch(lexicon: &Lexicon, text: &str) -> String {
    let code = suggest(lexicon, text).class_code;
    let class = lexicon
        .classes
        .iter()
        .find(|class| Some(&class.code) == code.as_ref());
    class.map(|class| class.level1.clone()).unwrap_or_default()
}

fn share_right(lexicon: &Lexicon, spoil: impl Fn(&str) -> String) -> f64 {
    let right = REQUESTS
        .iter()
        .filter(|(text, level1)| branch(lexicon, &spoil(text)) == *level1)
        .count();
    right as f64 / REQUESTS.len() as f64
}

/// Every `nth` letter becomes another one of the same sound, as recognition of telephone speech makes them.
fn misheard(text: &str, nth: usize, offset: usize) -> String {
    let known: std::collections::BTreeSet<char> = include_str!("../../../../provisioning/classes.csv")
        .chars()
        .filter(|letter| *letter > '\u{4e00}')
        .collect();
    let twin = |letter: char| {
        let sound = letter.to_pinyin()?.with_tone();
        known
            .iter()
            .copied()
            .find(|other| *other != letter && other.to_pinyin().is_some_and(|s| s.with_tone() == sound))
    };
    let spoilt = |(at, letter): (usize, char)| {
        if at % nth == offset {
            twin(letter).unwrap_or(letter)
        } else {
            letter
        }
    };
    text.chars().enumerate().map(spoilt).collect()
}

#[test]
fn four_in_five_requests_reach_their_branch() {
    let lexicon = lexicon();
    let share = share_right(&lexicon, str::to_owned);
    assert!(share > 0.8, "{share}");
}

#[test]
fn homophone_errors_cost_little() {
    let lexicon = lexicon();
    let shares: Vec<_> = (0..8)
        .map(|offset| share_right(&lexicon, |text| misheard(text, 8, offset)))
        .collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!(mean > 0.75, "{mean}: {shares:?}");
}

#[test]
fn a_water_cut_is_titled_classed_and_placed_with_its_words() {
    let said = [
        Utterance {
            start_ms: 4_000,
            text: "喂你好我住青河弯小区三号楼".into(),
        },
        Utterance {
            start_ms: 9_500,
            text: "从昨天晚上就停水了麻烦赶紧给看看".into(),
        },
    ];
    let found = lexicon().suggest(&said, today());
    assert_eq!(found.title, "清河湾小区停水");
    assert_eq!(
        found.place,
        Some(PlaceRef {
            code: "010101".into(),
            name: "清河湾小区".into()
        })
    );
    assert_eq!(found.class_code.as_deref(), Some("010101"));
    assert_eq!(found.band, "A");
    assert_eq!(
        (found.happened.as_str(), found.affected.as_str()),
        ("3月1日晚上起", "")
    );
    let since = SourceWord {
        field: "happened".into(),
        text: "昨天晚上".into(),
        start_ms: 9_500,
    };
    assert!(found.words.contains(&since), "{:?}", found.words);
    let heard = SourceWord {
        field: "place".into(),
        text: "青河弯小区".into(),
        start_ms: 4_000,
    };
    assert!(found.words.contains(&heard), "{:?}", found.words);
    assert!(
        found
            .content
            .ends_with("三号楼，从昨天晚上就停水了麻烦赶紧给看看。"),
        "{}",
        found.content
    );
}

#[test]
fn a_question_is_not_urgent_and_says_so_in_its_title() {
    let found = suggest(&lexicon(), "请问一下，异地贷款要准备什么材料，公积金");
    assert_eq!((found.kind.as_str(), found.band.as_str()), ("咨询", "E"));
    assert_eq!(found.title, "住房公积金：异地贷款咨询");
}

#[test]
fn danger_to_life_decides_the_band_unless_it_is_denied() {
    let lexicon = lexicon();
    assert_eq!(suggest(&lexicon, "电梯坏了里面困着两个人").band, "S");
    assert_ne!(suggest(&lexicon, "电梯坏了，没有困着人").band, "S");
}

#[test]
fn the_same_town_helps_to_choose_between_places() {
    let found = suggest(&lexicon(), "我在城关街道清河湾小区");
    assert_eq!(found.place.map(|place| place.name), Some("清河湾小区".into()));
}

#[test]
fn nothing_is_suggested_from_silence() {
    assert_eq!(lexicon().suggest(&[], today()), Suggestion::default());
    assert_eq!(suggest(&lexicon(), "……"), Suggestion::default());
}

#[test]
fn a_title_shows_the_words_it_was_made_of() {
    let found = suggest(&lexicon(), "你好我们清河湾小区停水三天了");
    let of = |field: &str| -> Vec<&str> {
        let words = found.words.iter().filter(|word| word.field == field);
        words.map(|word| word.text.as_str()).collect()
    };
    assert_eq!(found.title, "清河湾小区停水");
    assert_eq!(of("title"), ["清河湾小区", "小区停水"]);
    assert_eq!(of("place"), ["清河湾小区"]);
    let nothing = suggest(&lexicon(), "喂你好");
    assert!(nothing.title.is_empty() && nothing.words.iter().all(|word| word.field != "title"));
}
