//! What a spoken answer means, as the key that it stands for. Pure. Recognition errs in letters that sound alike, so words are compared by
//! their sounds. Where an answer says both, no outweighs yes: a person looks after who is taken for dissatisfied; of who is taken for
//! satisfied nobody ever hears again.

mod sounds;

use sounds::Said;

/// A wish to talk with a person.
const PERSON: char = '0';
/// The names of the questions in the shipped flow.
const CONTACTED: &str = "contacted";
const SOLVED: &str = "solved";
const SATISFACTION: &str = "satisfaction";

/// No answer, whatever else is in it.
const UNSURE: [&str; 14] = [
    "不知道",
    "不清楚",
    "不好说",
    "说不好",
    "说不准",
    "没听清",
    "没听懂",
    "听不清",
    "什么意思",
    "再说一遍",
    "你说什么",
    "等一下",
    "稍等",
    "你是谁",
];
const WISHES: [&str; 18] = [
    "转人工",
    "人工服务",
    "人工坐席",
    "人工客服",
    "要人工",
    "接人工",
    "找人说",
    "找人聊",
    "找人谈",
    "找人讲",
    "找个人",
    "和人说",
    "跟人说",
    "跟人讲",
    "真人",
    "工服务",
    "我要找",
    "我想找",
];
/// A wish if little else is said: in a sentence they may be what the unit did, or who had rung.
const SHORT_WISHES: [&str; 7] = ["人工", "找人", "转接", "坐席", "客服", "接线员", "话务员"];
const SHORT: usize = 6;
/// Says nothing, whatever denial is in it.
const POLITE: [&str; 4] = ["不好意思", "没关系", "不客气", "不用谢"];

/// The key that `text` stands for in answer to the question `key`; None: it is no answer that `digits` allows.
pub fn meaning(key: &str, digits: &str, text: &str) -> Option<char> {
    let text = POLITE
        .iter()
        .fold(once(text), |text, words| text.replace(words, ""));
    let said = Said::new(&text);
    if said.is_empty() || said.has_any(&UNSURE) {
        return None;
    }
    if said.has_any(&WISHES) {
        return Some(PERSON).filter(|digit| digits.contains(*digit));
    }
    let answer = match key {
        CONTACTED => contacted(&said),
        SOLVED => solved(&said),
        SATISFACTION => satisfaction(&said),
        _ => None,
    };
    let wishes_person = said.len() <= SHORT && said.has_any(&SHORT_WISHES);
    let meant = answer
        .or(wishes_person.then_some(PERSON))
        .or_else(|| number(&said));
    meant.filter(|digit| digits.contains(*digit))
}

/// A recogniser repeats the last words where it runs past the end of the sound.
fn once(text: &str) -> String {
    let mut sentences: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric()).collect();
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.dedup();
    sentences.concat()
}

const NOT_CONTACTED: [&str; 15] = [
    "没有人",
    "没人",
    "没打",
    "没接到",
    "没收到",
    "没来",
    "没见",
    "没找",
    "没通知",
    "没跟我",
    "没给我",
    "不曾",
    "没说",
    "没消息",
    "联系不上",
];
const WAS_CONTACTED: [&str; 12] = [
    "打过",
    "打了",
    "来过",
    "来了",
    "见过",
    "找过",
    "找我了",
    "接到过",
    "接到了",
    "通知了",
    "沟通过",
    "说过",
];

fn contacted(said: &Said) -> Option<char> {
    let no = said.denied("联系") || said.denied("电话") || said.has_any(&NOT_CONTACTED);
    if no {
        return Some('2');
    }
    if said.has("联系") || said.has("电话") || said.has_any(&WAS_CONTACTED) {
        return Some('1');
    }
    plain(said)
}

const NOT_SOLVED: [&str; 26] = [
    "解决不",
    "没弄好",
    "没修",
    "没办",
    "没处理",
    "没搞好",
    "没来",
    "没好",
    "没人",
    "没管",
    "没动静",
    "没变化",
    "没完",
    "没用",
    "没效果",
    "老样子",
    "还是那样",
    "还那样",
    "还是漏",
    "还是不",
    "又坏",
    "又不",
    "修不好",
    "推来推去",
    "不行",
    "没弄",
];
/// Neither yes nor no, or not yet: keys, or a person, will tell.
const HALF_SOLVED: [&str; 15] = [
    "一半",
    "一部分",
    "部分解决",
    "差不多",
    "快解决",
    "正在",
    "马上",
    "在处理",
    "要解决",
    "能解决",
    "怎么解决",
    "什么时候",
    "希望",
    "尽快",
    "等着",
];
const WAS_SOLVED: [&str; 20] = [
    "没问题",
    "没有问题",
    "问题没有",
    "没事了",
    "修好",
    "弄好",
    "办好",
    "办完",
    "处理好",
    "处理完",
    "处理了",
    "搞好",
    "整好",
    "完成了",
    "恢复了",
    "来水了",
    "来电了",
    "好了",
    "搞定",
    "办妥",
];

fn solved(said: &Said) -> Option<char> {
    if said.denied("解决") || said.has_any(&NOT_SOLVED) {
        return Some('2');
    }
    if WAS_SOLVED.iter().any(|word| said.denied(word)) {
        return Some('2');
    }
    if said.has_any(&HALF_SOLVED) {
        return None;
    }
    if said.has("解决") || said.has_any(&WAS_SOLVED) {
        return Some('1');
    }
    plain(said)
}

/// Yes and no and nothing else. A lone 嗯 is who thinks as often as who agrees.
fn plain(said: &Said) -> Option<char> {
    const NO: [&str; 14] = [
        "没",
        "没有",
        "没呢",
        "没有呢",
        "还没",
        "还没有",
        "没有啊",
        "没有吧",
        "不是",
        "没有没有",
        "没没",
        "从来没有",
        "一直没有",
        "否",
    ];
    const YES: [&str; 12] = [
        "是", "是的", "有", "有的", "有过", "对", "对的", "对对", "好", "好的", "是啊", "没错",
    ];
    let bare = said.bare();
    if YES.contains(&bare.as_str()) {
        return Some('1');
    }
    if NO.contains(&bare.as_str()) || said.has("没有") {
        return Some('2');
    }
    None
}

/// Before a word they make it stronger, before a denial as well.
const VERY: [&str; 15] = [
    "非常",
    "很",
    "特别",
    "十分",
    "相当",
    "极其",
    "极",
    "太",
    "超级",
    "最",
    "完全",
    "根本",
    "一点都",
    "一点也",
    "一点儿也",
];
const TERRIBLE: [&str; 10] = [
    "太差",
    "很差",
    "非常差",
    "特别差",
    "差劲",
    "太糟",
    "糟透",
    "极差",
    "气死",
    "差极了",
];
const BAD: [&str; 7] = ["不好", "不行", "很慢", "失望", "不怎么样", "差评", "不满"];
const FAIR: [&str; 14] = [
    "基本",
    "一般",
    "还行",
    "还可以",
    "凑合",
    "马马虎虎",
    "将就",
    "过得去",
    "说得过去",
    "中等",
    "基本上",
    "还成",
    "勉强",
    "差不多",
];
const EXCELLENT: [&str; 8] = [
    "非常好",
    "很好",
    "特别好",
    "太好",
    "好极了",
    "非常棒",
    "五星",
    "满分",
];
const GOOD: [&str; 6] = ["不错", "挺好", "可以", "蛮好", "比较好", "好评"];

fn satisfaction(said: &Said) -> Option<char> {
    let marks: Vec<char> = said.places("满意").map(|at| mark(said, at)).collect();
    // Who is dissatisfied with anything is.
    if let Some(worst) = marks.iter().copied().filter(|mark| *mark < '3').min() {
        return Some(worst);
    }
    if said.has_any(&TERRIBLE) {
        return Some('1');
    }
    // The last word counts: 满意，非常满意.
    if let Some(last) = marks.last() {
        return Some(*last);
    }
    let mut praise = EXCELLENT.iter().chain(&GOOD);
    if praise.any(|word| said.denied(word)) {
        return Some('2');
    }
    let ladder = [
        (&BAD[..], '2'),
        (&FAIR[..], '3'),
        (&EXCELLENT[..], '5'),
        (&GOOD[..], '4'),
    ];
    if let Some((_, mark)) = ladder.iter().find(|(words, _)| said.has_any(words)) {
        return Some(*mark);
    }
    let bare = said.bare();
    match bare.as_str() {
        "好" | "好的" => Some('4'),
        "差" => Some('1'),
        _ => None,
    }
}

/// Of one 满意, by what stands before and after it.
fn mark(said: &Said, at: usize) -> char {
    const DOUBLE: [&str; 4] = ["没有不", "没什么不", "没啥不", "没有什么不"];
    if DOUBLE.iter().any(|words| said.ends_before(at, words)) {
        return '4';
    }
    if let Some(no) = said.denial_before(at) {
        let is_strong = VERY.iter().any(|very| said.ends_before(no, very));
        return if is_strong { '1' } else { '2' };
    }
    let before = |words: &[&str]| words.iter().any(|word| said.ends_before(at, word));
    if before(&["基本", "基本上", "还算", "勉强", "一般"]) {
        return '3';
    }
    if before(&["比较"]) {
        return '4';
    }
    let after = |words: &[&str]| words.iter().any(|word| said.starts_at(at + 2, word));
    if before(&VERY) || after(&["极了", "得很", "得不得了"]) {
        return '5';
    }
    '4'
}

/// A number and nothing else: 五, 按五, 我选五分.
fn number(said: &Said) -> Option<char> {
    let rest = said.without("我就给选按打是个号键分星第那嗯啊吧呃评价数字");
    let mut letters = rest.chars();
    let (letter, None) = (letters.next()?, letters.next()) else {
        return None;
    };
    const NAMES: [(&str, char); 7] = [
        ("零0", '0'),
        ("一1幺壹", '1'),
        ("二2两贰", '2'),
        ("三3", '3'),
        ("四4", '4'),
        ("五5", '5'),
        ("六6", '6'),
    ];
    let found = NAMES.iter().find(|(names, _)| names.contains(letter));
    found.map(|(_, digit)| *digit)
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
