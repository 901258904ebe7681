use super::*;

fn all(key: &str, cases: &[(&str, Option<char>)]) {
    let digits = if key == SATISFACTION { "012345" } else { "012" };
    for (text, expected) in cases {
        assert_eq!(meaning(key, digits, text), *expected, "{key}: {text}");
    }
}

#[test]
fn marks_by_their_words() {
    all(
        SATISFACTION,
        &[
            ("满意。", Some('4')),
            ("非常满意", Some('5')),
            ("我很满意，谢谢你们", Some('5')),
            ("满意极了", Some('5')),
            ("挺满意的", Some('4')),
            ("比较满意吧", Some('4')),
            ("基本满意", Some('3')),
            ("还算满意", Some('3')),
            ("一般般吧", Some('3')),
            ("还行", Some('3')),
            ("凑合", Some('3')),
            ("不满意", Some('2')),
            ("不太满意", Some('2')),
            ("不是很满意", Some('2')),
            ("不怎么满意", Some('2')),
            ("非常不满意！", Some('1')),
            ("一点都不满意", Some('1')),
            ("完全不满意", Some('1')),
            ("太差了", Some('1')),
            ("没有不满意的", Some('4')),
            ("满意，非常满意", Some('5')),
            ("非常好", Some('5')),
            ("不错不错", Some('4')),
            ("不好", Some('2')),
            ("不是很好", Some('2')),
            ("不太好", Some('2')),
            ("不好意思，满意", Some('4')),
            ("给个满分", Some('5')),
            ("差不多吧", Some('3')),
            ("五", Some('5')),
            ("我选四分", Some('4')),
            ("按3", Some('3')),
            ("给5星", Some('5')),
            ("满意，就是有点慢，要是再快点就更满意了", Some('4')),
        ],
    );
}

#[test]
fn whoever_is_dissatisfied_with_anything_is() {
    all(
        SATISFACTION,
        &[
            ("态度满意，结果不满意", Some('2')),
            ("不满意，修好了我才满意", Some('2')),
        ],
    );
}

#[test]
fn solved_or_not() {
    all(
        SOLVED,
        &[
            ("解决了", Some('1')),
            ("已经解决了，谢谢", Some('1')),
            ("修好了", Some('1')),
            ("是的", Some('1')),
            ("是的。是的。是的", Some('1')),
            ("嗯", None),
            ("没解决", Some('2')),
            ("没有解决", Some('2')),
            ("还没有完全解决", Some('2')),
            ("根本没解决", Some('2')),
            ("没有", Some('2')),
            ("还没呢", Some('2')),
            ("没修好", Some('2')),
            ("解决不了", Some('2')),
            ("还是不热", Some('2')),
            ("没问题了", Some('1')),
            ("没什么问题了，解决了", Some('1')),
            ("说好了来修，没来", Some('2')),
            ("解决了一半", None),
            ("正在解决", None),
            ("什么时候能解决", None),
            ("一", Some('1')),
            ("二", Some('2')),
        ],
    );
}

#[test]
fn contacted_or_not() {
    all(
        CONTACTED,
        &[
            ("联系过", Some('1')),
            ("联系了", Some('1')),
            ("有联系过", Some('1')),
            ("有", Some('1')),
            ("打过电话", Some('1')),
            ("来过一个电话", Some('1')),
            ("没有电话", Some('2')),
            ("没有联系", Some('2')),
            ("没联系过我", Some('2')),
            ("没有人联系我", Some('2')),
            ("没人找我", Some('2')),
            ("联系不上他们", Some('2')),
            ("客服联系过我", Some('1')),
            ("从来没有", Some('2')),
            ("没有", Some('2')),
            ("幺", Some('1')),
        ],
    );
}

#[test]
fn letters_that_sound_alike_are_forgiven() {
    all(
        SATISFACTION,
        &[
            ("部满意", Some('2')),
            ("费常满意", Some('5')),
            ("曼艺", Some('4')),
        ],
    );
    all(
        SOLVED,
        &[
            ("美解决", Some('2')),
            ("接决了", Some('1')),
            ("修好呢", Some('1')),
        ],
    );
    all(CONTACTED, &[("每有连系", Some('2')), ("连系过", Some('1'))]);
}

#[test]
fn a_wish_for_a_person_is_no_answer_to_the_question() {
    for key in [CONTACTED, SOLVED, SATISFACTION] {
        all(
            key,
            &[
                ("转人工", Some('0')),
                ("我要找人说", Some('0')),
                ("人工", Some('0')),
                ("我想找个人说一下", Some('0')),
            ],
        );
    }
    all(SOLVED, &[("他们找人来修好了", Some('1'))]);
}

#[test]
fn what_is_no_answer_stays_none() {
    for key in [CONTACTED, SOLVED, SATISFACTION] {
        all(
            key,
            &[
                ("", None),
                ("。", None),
                ("不知道", None),
                ("没听清", None),
                ("你再说一遍", None),
                ("不好意思，什么", None),
                ("喂喂", None),
                ("今天天气", None),
            ],
        );
    }
}

#[test]
fn only_keys_that_the_question_takes_are_meant() {
    assert_eq!(meaning(SOLVED, "12", "转人工"), None);
    assert_eq!(meaning(SOLVED, "12", "五"), None);
    assert_eq!(meaning("other", "123", "三"), Some('3'));
    assert_eq!(meaning("other", "123", "满意"), None);
}
