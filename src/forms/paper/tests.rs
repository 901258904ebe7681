use super::*;

#[test]
fn without_a_chinese_font_it_says_what_to_install() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("no.ttf");
    std::fs::write(&file, b"no font").expect("written");
    for path in [file, dir.path().join("none.ttf")] {
        let Err(error) = Font::open(Some(&path)) else {
            panic!("a font")
        };
        assert!(error.to_string().contains("[forms] font"), "{error}");
    }
    assert!(Error::None.to_string().contains("fonts-noto-cjk"));
}

#[test]
fn a_long_text_goes_on_with_the_next_page() {
    let font = Font::open(None).expect("scripts/install-deps test installs one");
    let paper = |text: String| Paper {
        title: "交办单".into(),
        rows: vec![wide("诉求内容", text), room("领导批示", 120)],
        ..Paper::default()
    };
    let pages = |text: &str, times: usize| {
        let bytes = paper(text.repeat(times)).print(&font).expect("printed");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.starts_with("%PDF-") && text.contains("CIDFontType"));
        text.matches("/MediaBox").count()
    };
    assert_eq!(pages("停水。", 1), 1);
    assert_eq!(pages("清河湾小区停水三天。", 400), 3);
}
