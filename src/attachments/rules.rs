//! What may be attached: by content, not by name. Pure.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Image,
    /// A phone's containers do not say whether there is a picture in them: sound and film are one.
    Media,
    Document,
}

impl Family {
    pub fn title(self) -> &'static str {
        match self {
            Self::Image => "照片",
            Self::Media => "音视频",
            Self::Document => "PDF 文档",
        }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// As it is handed out.
    pub mime: &'static str,
    pub family: Family,
    pub extension: &'static str,
}

const fn kind(mime: &'static str, family: Family, extension: &'static str) -> Kind {
    Kind {
        mime,
        family,
        extension,
    }
}

const KINDS: &[Kind] = &[
    kind("image/jpeg", Family::Image, "jpg"),
    kind("image/png", Family::Image, "png"),
    kind("image/gif", Family::Image, "gif"),
    kind("image/webp", Family::Image, "webp"),
    kind("image/heif", Family::Image, "heic"),
    kind("audio/mpeg", Family::Media, "mp3"),
    kind("audio/mp4", Family::Media, "m4a"),
    kind("audio/aac", Family::Media, "aac"),
    kind("audio/ogg", Family::Media, "ogg"),
    kind("audio/wav", Family::Media, "wav"),
    kind("audio/amr", Family::Media, "amr"),
    kind("video/mp4", Family::Media, "mp4"),
    kind("video/quicktime", Family::Media, "mov"),
    kind("video/webm", Family::Media, "webm"),
    kind("video/3gpp", Family::Media, "3gp"),
    kind("application/pdf", Family::Document, "pdf"),
];

/// As much of a file as tells its type.
pub const HEAD: usize = 8192;
/// A photo is read as a whole, for what must be taken out of it.
pub const LARGEST_IMAGE: u64 = 50 << 20;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("文件名“{0}”含有路径，请改成不带“/”“\\”和“..”的名称后重新上传")]
    Path(String),
    #[error("文件是空的，请重新选择或重新拍摄后上传")]
    Empty,
    #[error("无法识别这个文件：只接受照片（JPG、PNG、GIF、WebP、HEIC）、录音、视频和 PDF，请转换格式后上传")]
    Unknown,
    #[error("文件自称{claimed}，内容却是{found}，请上传原文件，不要改动扩展名")]
    Lie { claimed: String, found: &'static str },
    #[error("文件过大：单个文件不能超过 {0} MB，请压缩或分段后上传")]
    TooLarge(u64),
    #[error("本工单的附件已达 {0} 个，不能再增加；请先移除未提交的附件，或把多张照片合并为一个 PDF")]
    TooMany(u64),
    #[error("本工单的附件合计不能超过 {0} MB，请压缩后上传")]
    TicketFull(u64),
}

pub fn by_mime(mime: &str) -> Option<Kind> {
    KINDS.iter().copied().find(|kind| kind.mime == mime)
}

/// What a file is by its first bytes.
pub fn kind_of(head: &[u8]) -> Option<Kind> {
    if head.get(4..8) == Some(b"ftyp") && head.get(8..11) == Some(b"3gp") {
        return by_mime("video/3gpp");
    }
    let found = infer::get(head)?.mime_type();
    by_mime(match found {
        "audio/m4a" => "audio/mp4",
        "audio/x-wav" => "audio/wav",
        "audio/opus" => "audio/ogg",
        "video/x-m4v" => "video/mp4",
        known => known,
    })
}

/// The kind, unless the file is empty, nothing we take, or says that it is something else.
pub fn examine(head: &[u8], name: &str, declared: &str) -> Result<Kind, Fault> {
    if head.is_empty() {
        return Err(Fault::Empty);
    }
    let found = kind_of(head).ok_or(Fault::Unknown)?;
    for claimed in [by_extension(name), by_declaration(declared)]
        .into_iter()
        .flatten()
    {
        if claimed.family != Some(found.family) {
            return Err(Fault::Lie {
                claimed: claimed.word,
                found: found.family.title(),
            });
        }
    }
    Ok(found)
}

struct Claim {
    /// None: nothing that we take.
    family: Option<Family>,
    word: String,
}

fn by_extension(name: &str) -> Option<Claim> {
    let extension = extension(name)?.to_ascii_lowercase();
    let family = match extension.as_str() {
        "jpg" | "jpeg" | "jfif" | "png" | "gif" | "webp" | "heic" | "heif" => Some(Family::Image),
        "mp3" | "m4a" | "aac" | "amr" | "wav" | "ogg" | "oga" | "opus" | "mp4" | "m4v" | "mov" | "qt"
        | "3gp" | "webm" => Some(Family::Media),
        "pdf" => Some(Family::Document),
        _ => None,
    };
    Some(Claim {
        family,
        word: format!("“.{extension}”文件"),
    })
}

/// What the sender's machine takes it for; "some bytes" is no claim.
fn by_declaration(declared: &str) -> Option<Claim> {
    let family = match declared.split('/').next()? {
        "image" => Family::Image,
        "audio" | "video" => Family::Media,
        _ if declared.starts_with("application/pdf") => Family::Document,
        _ => return None,
    };
    Some(Claim {
        family: Some(family),
        word: family.title().to_owned(),
    })
}

/// What stands behind the last dot, when it looks like an extension.
fn extension(name: &str) -> Option<&str> {
    let (_, last) = name.rsplit_once('.')?;
    let is_word = last.starts_with(|c: char| c.is_ascii_alphabetic()) || last == "3gp";
    let short = (1..=5).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word && short).then_some(last)
}

const LONGEST_NAME: usize = 80;

/// A name as it may be shown and offered for saving. One that names a place is refused: who sends such a one is told.
pub fn clean_name(name: &str) -> Result<String, Fault> {
    let shown: String = name.chars().filter(|letter| !is_invisible(*letter)).collect();
    let shown = shown.trim();
    if shown.contains(['/', '\\']) || shown.split('.').all(str::is_empty) && shown.len() > 1 {
        return Err(Fault::Path(shown.chars().take(LONGEST_NAME).collect()));
    }
    let whole: String = shown
        .trim_start_matches('.')
        .chars()
        .map(|letter| {
            if r#":*?"<>|"#.contains(letter) {
                '_'
            } else {
                letter
            }
        })
        .collect();
    let count = whole.chars().count();
    if count <= LONGEST_NAME {
        return Ok(if count == 0 { "附件".into() } else { whole });
    }
    let tail = extension(&whole)
        .map(|last| format!(".{last}"))
        .unwrap_or_default();
    let stem: String = whole.chars().take(LONGEST_NAME - tail.len()).collect();
    Ok(stem + &tail)
}

/// Control characters, and those that turn the direction of writing: `gpj.exe` would be read as `exe.jpg`.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// How much of it there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub file_bytes: u64,
    pub ticket_bytes: u64,
    pub files: u64,
}

pub const MEGABYTE: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 200 * MEGABYTE,
            ticket_bytes: 1000 * MEGABYTE,
            files: 60,
        }
    }
}

impl Limits {
    /// One file of this size, beside what is there.
    pub fn admit(&self, bytes: u64, count: u64, used: u64) -> Result<(), Fault> {
        if bytes > self.file_bytes {
            return Err(Fault::TooLarge(self.file_bytes / MEGABYTE));
        }
        if count >= self.files {
            return Err(Fault::TooMany(self.files));
        }
        if used.saturating_add(bytes) > self.ticket_bytes {
            return Err(Fault::TicketFull(self.ticket_bytes / MEGABYTE));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const PDF: &[u8] = b"%PDF-1.7\n";
    const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

    fn mime(head: &[u8]) -> Option<&'static str> {
        kind_of(head).map(|kind| kind.mime)
    }

    #[test]
    fn what_a_file_is_stands_in_its_first_bytes() {
        assert_eq!(mime(b"\xff\xd8\xff\xe0\0\x10JFIF"), Some("image/jpeg"));
        assert_eq!(mime(PNG), Some("image/png"));
        assert_eq!(mime(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(mime(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), Some("image/heif"));
        assert_eq!(mime(MP4), Some("video/mp4"));
        assert_eq!(mime(b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42"), Some("audio/mp4"));
        assert_eq!(mime(b"\0\0\0\x14ftypqt  \0\0\0\0qt  "), Some("video/quicktime"));
        assert_eq!(mime(b"\0\0\0\x18ftyp3gp4"), Some("video/3gpp"));
        assert_eq!(mime(b"#!AMR\n\x3c\x91\x17\x16\xbe\x66"), Some("audio/amr"));
        assert_eq!(mime(b"ID3\x04\0\0\0\0"), Some("audio/mpeg"));
        assert_eq!(mime(b"RIFF\x10\0\0\0WAVEfmt "), Some("audio/wav"));
        assert_eq!(mime(PDF), Some("application/pdf"));
        for stranger in [
            &b"MZ\x90\0"[..],
            b"PK\x03\x04",
            b"<svg xmlns=",
            b"<html>",
            b"hello",
        ] {
            assert_eq!(mime(stranger), None);
        }
    }

    #[test]
    fn a_file_that_lies_about_its_type_is_refused() {
        assert!(examine(PNG, "井盖.PNG", "image/png").is_ok());
        assert!(
            examine(PNG, "井盖.jpg", "image/jpeg").is_ok(),
            "a photo is a photo"
        );
        assert!(
            examine(MP4, "录音.m4a", "audio/mp4").is_ok(),
            "a container is a container"
        );
        assert!(examine(PNG, "井盖 2026.3.2", "application/octet-stream").is_ok());
        for (head, name, declared) in [
            (PDF, "井盖.jpg", ""),
            (PNG, "报告.pdf", ""),
            (PNG, "报告.exe", ""),
            (PNG, "报告", "application/pdf"),
            (PDF, "录音", "audio/mpeg"),
        ] {
            let refused = examine(head, name, declared);
            assert!(
                matches!(refused, Err(Fault::Lie { .. })),
                "{name} {declared}: {refused:?}"
            );
        }
        assert_eq!(examine(b"", "a.jpg", ""), Err(Fault::Empty));
        assert_eq!(examine(b"MZ\x90\0", "a.jpg", "image/jpeg"), Err(Fault::Unknown));
    }

    #[test]
    fn a_name_is_shown_and_leads_nowhere() {
        for bad in [
            "../../x",
            "..\\x.jpg",
            "/etc/passwd",
            "C:\\x.jpg",
            "..",
            "a/../b.png",
        ] {
            assert!(matches!(clean_name(bad), Err(Fault::Path(_))), "{bad}");
        }
        let clean = |name: &str| clean_name(name).expect("a name");
        assert_eq!(clean("现场 1.jpg"), "现场 1.jpg");
        assert_eq!(clean("a\u{202e}gpj.exe\n"), "agpj.exe");
        assert_eq!(clean("<b>\"x\".png"), "_b__x_.png");
        assert_eq!(clean(".htaccess"), "htaccess");
        assert_eq!(clean("  "), "附件");
        let long = clean(&format!("{}.jpeg", "长".repeat(300)));
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with("长.jpeg"));
    }

    #[test]
    fn limits_are_of_a_file_of_a_ticket_and_of_their_number() {
        let limits = Limits {
            file_bytes: 10 * MEGABYTE,
            ticket_bytes: 25 * MEGABYTE,
            files: 3,
        };
        assert_eq!(limits.admit(10 * MEGABYTE, 2, 15 * MEGABYTE), Ok(()));
        assert_eq!(limits.admit(10 * MEGABYTE + 1, 0, 0), Err(Fault::TooLarge(10)));
        assert_eq!(limits.admit(1, 3, 0), Err(Fault::TooMany(3)));
        assert_eq!(limits.admit(1, 1, 25 * MEGABYTE), Err(Fault::TicketFull(25)));
    }
}
