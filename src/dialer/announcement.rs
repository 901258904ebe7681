//! Networks and answering machines that pick up and speak in the citizen's place: told by what the transcript of the call says. Pure.

use super::fate::Fate;

/// The first that is found counts. Recognition errs in single letters, so that each has several forms.
const PHRASES: [(&str, Fate); 28] = [
    ("空号", Fate::BadNumber),
    ("号码不存在", Fate::BadNumber),
    ("空号码", Fate::BadNumber),
    ("核对后再拨", Fate::BadNumber),
    ("查证后再拨", Fate::BadNumber),
    ("已停机", Fate::BadNumber),
    ("电话已停", Fate::BadNumber),
    ("号码已停", Fate::BadNumber),
    ("已关机", Fate::SwitchedOff),
    ("以关机", Fate::SwitchedOff),
    ("电话关机", Fate::SwitchedOff),
    ("不在服务区", Fate::SwitchedOff),
    ("无法接通", Fate::SwitchedOff),
    ("不能接通", Fate::SwitchedOff),
    ("无人接", Fate::NoAnswer),
    ("没有人接听", Fate::NoAnswer),
    ("无法接听", Fate::SwitchedOff),
    ("正在通话", Fate::Busy),
    ("通话中", Fate::Busy),
    ("线路忙", Fate::Busy),
    ("用户正忙", Fate::Busy),
    ("稍后再拨", Fate::SwitchedOff),
    ("后留言", Fate::Voicemail),
    ("请留言", Fate::Voicemail),
    ("语音信箱", Fate::Voicemail),
    ("语音留言", Fate::Voicemail),
    ("来电助手", Fate::Voicemail),
    ("智能助理", Fate::Voicemail),
];

/// Whom we called has another call and hears ours knock: they may still answer.
const WAITS: [&str; 3] = ["不要挂机", "请勿挂机", "别挂机"];

/// None: a person picked up or may yet do so, as far as can be told.
pub fn announced<'a>(sentences: impl IntoIterator<Item = &'a str>) -> Option<Fate> {
    let said: String = sentences.into_iter().collect();
    if WAITS.iter().any(|words| said.contains(words)) {
        return None;
    }
    let found = PHRASES.iter().find(|(phrase, _)| said.contains(phrase));
    found.map(|(_, fate)| *fate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_from_people() {
        let cases = [
            ("您好，您拨打的号码是空号，请核对后再拨", Some(Fate::BadNumber)),
            ("您拨打的电话已关机", Some(Fate::SwitchedOff)),
            ("您所拨打的用户正在通话中，请稍后再拨", Some(Fate::Busy)),
            ("主人现在不方便接听，请在提示音后留言", Some(Fate::Voicemail)),
            ("您拨打的电话暂时无人接听，请稍后再拨", Some(Fate::NoAnswer)),
            ("您拨打的电话暂时无人接停", Some(Fate::NoAnswer)),
            ("您好您拨打的电话已停几", Some(Fate::BadNumber)),
            ("请不要挂机，您拨打的电话正在通话中", None),
            ("喂，你好，哪位", None),
            ("已经修好了，谢谢", None),
            ("", None),
        ];
        for (said, expected) in cases {
            assert_eq!(announced([said]), expected, "{said}");
        }
        assert_eq!(announced(["您所拨打的", "电话已关机"]), Some(Fate::SwitchedOff));
    }
}
