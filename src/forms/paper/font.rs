//! A Chinese font of this machine: how wide its letters are, and the part of it that a paper needs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use subsetter::GlyphRemapper;
use ttf_parser::{Face, PlatformId, RawFace, Tag, fonts_in_collection};

/// Where Debian puts its Chinese fonts, the most fitting for an official paper first.
const PLACES: [&str; 8] = [
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/truetype/arphic/ukai.ttc",
    "/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
];

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "服务器上没有中文字体，无法生成 PDF；请安装 fonts-noto-cjk 或 fonts-wqy-zenhei，或在配置文件 [forms] font 中指定字体文件"
    )]
    None,
    #[error(
        "字体文件 {0} 不能用于生成 PDF，请在配置文件 [forms] font 中指定一个带中文的 TrueType 或 OpenType 字体"
    )]
    Unusable(PathBuf),
}

/// A font file in memory, and which of its faces writes simplified Chinese.
pub struct Font {
    path: PathBuf,
    data: Vec<u8>,
    index: u32,
}

impl Font {
    /// The font that was configured, or the first that is there.
    pub fn open(configured: Option<&Path>) -> Result<Self, Error> {
        let path = match configured {
            Some(path) => path.to_owned(),
            None => PLACES
                .iter()
                .map(PathBuf::from)
                .find(|place| place.is_file())
                .ok_or(Error::None)?,
        };
        let unusable = || Error::Unusable(path.clone());
        let data = std::fs::read(&path).map_err(|_| unusable())?;
        let index = simplified(&data);
        let font = Self { path, data, index };
        let writes = font.face()?.glyph_index('单').is_some();
        if writes {
            Ok(font)
        } else {
            Err(Error::Unusable(font.path))
        }
    }

    pub(super) fn face(&self) -> Result<Face<'_>, Error> {
        Face::parse(&self.data, self.index).map_err(|_| Error::Unusable(self.path.clone()))
    }

    /// The outlines of these glyphs alone, as a PDF takes them in.
    pub(super) fn embed(&self, glyphs: &GlyphRemapper) -> Result<Embedded, Error> {
        let unusable = || Error::Unusable(self.path.clone());
        let subset = subsetter::subset(&self.data, self.index, glyphs).map_err(|_| unusable())?;
        let raw = RawFace::parse(&subset, 0).map_err(|_| unusable())?;
        match raw.table(Tag::from_bytes(b"CFF ")) {
            Some(outlines) => Ok(Embedded::Cff(outlines.to_vec())),
            None => Ok(Embedded::TrueType(subset)),
        }
    }
}

pub(super) enum Embedded {
    Cff(Vec<u8>),
    TrueType(Vec<u8>),
}

/// A collection has a face for each country, which write some letters differently.
fn simplified(data: &[u8]) -> u32 {
    let count = fonts_in_collection(data).unwrap_or(1);
    let is_ours = |index: &u32| {
        let Ok(face) = Face::parse(data, *index) else {
            return false;
        };
        face.names().into_iter().any(|name| {
            let wide = name.platform_id == PlatformId::Windows || name.platform_id == PlatformId::Unicode;
            let text: String = name
                .name
                .iter()
                .filter(|byte| **byte != 0)
                .map(|byte| char::from(*byte))
                .collect();
            wide && (text.ends_with(" SC") || text.ends_with(" CN"))
        })
    };
    (0..count).find(is_ours).unwrap_or(0)
}

/// How letters become glyphs of one paper, and how wide they are.
pub(super) struct Letters<'a> {
    face: Face<'a>,
    pub(super) used: GlyphRemapper,
    /// By the number in the paper: its letter and its width in thousandths.
    pub(super) written: BTreeMap<u16, (char, f32)>,
}

impl<'a> Letters<'a> {
    pub(super) fn of(font: &'a Font) -> Result<Self, Error> {
        Ok(Self {
            face: font.face()?,
            used: GlyphRemapper::new(),
            written: BTreeMap::new(),
        })
    }

    pub(super) fn face(&self) -> &Face<'a> {
        &self.face
    }

    fn per_mille(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em().max(1))
    }

    pub(super) fn scaled(&self, units: i16) -> f32 {
        self.per_mille(f32::from(units))
    }

    /// In parts of the font's size.
    pub(super) fn width(&self, letter: char) -> f32 {
        let glyph = self.face.glyph_index(letter).unwrap_or_default();
        let units = self.face.glyph_hor_advance(glyph).unwrap_or(0);
        self.per_mille(f32::from(units)) / 1000.0
    }

    /// The line as the paper writes it: two bytes a letter.
    pub(super) fn encode(&mut self, line: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(line.len());
        for letter in line.chars() {
            let glyph = self.face.glyph_index(letter).unwrap_or_default();
            let number = self.used.remap(glyph.0);
            let width = self.width(letter) * 1000.0;
            self.written.entry(number).or_insert((letter, width));
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }
}
