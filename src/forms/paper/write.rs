//! From a paper to pages, and from pages to a file (ISO 32000-1).

use pdf_writer::{
    Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};

use super::{
    Error, Font, Paper, Row,
    font::{Embedded, Letters},
    lines,
};

// A4 in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 54.0;
const LABEL: f32 = 76.0;
const PADDING: f32 = 6.0;
const SIZE: f32 = 10.5;
const LINE: f32 = 16.0;
const FACE: Name<'static> = Name(b"F1");
const INNER: f32 = WIDTH - 2.0 * MARGIN;

/// The pages while they are written, from the top of each to its bottom.
struct Pages<'a> {
    letters: Letters<'a>,
    done: Vec<Content>,
    page: Content,
    y: f32,
}

pub(super) fn print(paper: &Paper, font: &Font) -> Result<Vec<u8>, Error> {
    let mut pages = Pages {
        letters: Letters::of(font)?,
        done: vec![],
        page: Content::new(),
        y: HEIGHT - MARGIN,
    };
    pages.heading(paper);
    for row in &paper.rows {
        pages.row(row);
    }
    pages.y -= LINE;
    pages.text(MARGIN, pages.y, 9.0, &paper.foot);
    file(paper, font, pages)
}

impl Pages<'_> {
    fn measure(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.letters.width(letter)).sum::<f32>() * size
    }

    fn text(&mut self, x: f32, y: f32, size: f32, text: &str) {
        let encoded = self.letters.encode(text);
        self.page
            .begin_text()
            .set_font(FACE, size)
            .next_line(x, y)
            .show(Str(&encoded))
            .end_text();
    }

    fn heading(&mut self, paper: &Paper) {
        let size = 18.0;
        self.y -= size;
        let x = (WIDTH - self.measure(&paper.title, size)) / 2.0;
        self.text(x.max(MARGIN), self.y, size, &paper.title);
        self.y -= 26.0;
        let (left, right) = &paper.head;
        self.text(MARGIN, self.y, SIZE, left);
        let x = WIDTH - MARGIN - self.measure(right, SIZE);
        self.text(x, self.y, SIZE, right);
        self.y -= 8.0;
    }

    fn row(&mut self, row: &Row) {
        let half = INNER / 2.0;
        match row {
            Row::Pair([first, second]) => self.cells(&[(first, half), (second, half)]),
            Row::Wide(label, text) => self.cells(&[(&(label.clone(), text.clone()), INNER)]),
            Row::Room(label, points) => {
                let height = f32::from(*points);
                self.make_room(height);
                self.frame(&[INNER], height);
                let y = self.y - LINE;
                self.text(MARGIN + PADDING, y, SIZE, label);
                self.y -= height;
            }
        }
    }

    /// Cells side by side; what does not fit goes on with the next page.
    fn cells(&mut self, cells: &[(&(String, String), f32)]) {
        let cut =
            |text: &str, width: f32| lines::cut(text, width / SIZE, |letter| self.letters.width(letter));
        let mut columns: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for ((label, text), width) in cells {
            let inner = width - LABEL - 2.0 * PADDING;
            columns.push((cut(label, LABEL - 2.0 * PADDING), cut(text, inner)));
        }
        let longest = columns.iter().map(|(label, text)| label.len().max(text.len()));
        let mut left = longest.max().unwrap_or(0).max(1);
        let mut from = 0;
        while left > 0 {
            self.make_room(LINE + PADDING);
            let fit = ((self.y - MARGIN - PADDING) / LINE) as usize;
            let count = left.min(fit.max(1));
            let widths: Vec<f32> = cells.iter().map(|(_, width)| *width).collect();
            let height = count as f32 * LINE + PADDING;
            self.frame(&widths, height);
            self.fill(&columns, &widths, from, count);
            self.y -= height;
            from += count;
            left -= count;
        }
    }

    fn fill(&mut self, columns: &[(Vec<String>, Vec<String>)], widths: &[f32], from: usize, count: usize) {
        let mut x = MARGIN;
        for ((label, text), width) in columns.iter().zip(widths) {
            for at in from..from + count {
                let y = self.y - (at - from + 1) as f32 * LINE + 2.0;
                if let Some(line) = label.get(at) {
                    self.text(x + PADDING, y, SIZE, line);
                }
                if let Some(line) = text.get(at) {
                    self.text(x + LABEL + PADDING, y, SIZE, line);
                }
            }
            x += width;
        }
    }

    /// The borders of a row of cells, each with its label apart.
    fn frame(&mut self, widths: &[f32], height: f32) {
        let (mut x, y) = (MARGIN, self.y - height);
        self.page.set_line_width(0.6);
        for width in widths {
            self.page.rect(x, y, *width, height).stroke();
            self.page
                .move_to(x + LABEL, y)
                .line_to(x + LABEL, y + height)
                .stroke();
            x += width;
        }
    }

    fn make_room(&mut self, height: f32) {
        if self.y - height < MARGIN {
            self.done.push(std::mem::replace(&mut self.page, Content::new()));
            self.y = HEIGHT - MARGIN;
        }
    }
}

/// Numbers of the file's objects: one after the other.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

fn file(paper: &Paper, font: &Font, pages: Pages<'_>) -> Result<Vec<u8>, Error> {
    let Pages {
        letters,
        mut done,
        page,
        ..
    } = pages;
    done.push(page);
    let mut numbers = Numbers(0);
    let (catalog, tree, info, face) = (numbers.next(), numbers.next(), numbers.next(), numbers.next());
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("zh-CN"));
    pdf.document_info(info).title(TextStr(&paper.title));
    let mut kids = Vec::new();
    for content in done {
        let (kid, stream) = (numbers.next(), numbers.next());
        kids.push(kid);
        let mut page = pdf.page(kid);
        page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
            .parent(tree)
            .contents(stream);
        page.resources().fonts().pair(FACE, face);
        page.finish();
        pdf.stream(stream, &content.finish());
    }
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(kids).count(count);
    write_font(&mut pdf, &mut numbers, face, font, &letters)?;
    Ok(pdf.finish())
}

const SYSTEM: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// The part of the font that is used, how wide its letters are, and which letters they are: so that text can be searched and copied.
fn write_font(
    pdf: &mut Pdf,
    numbers: &mut Numbers,
    id: Ref,
    font: &Font,
    letters: &Letters<'_>,
) -> Result<(), Error> {
    let (cid, descriptor, data, unicode) = (numbers.next(), numbers.next(), numbers.next(), numbers.next());
    // Six letters and a plus sign mark a part of a font.
    let name = Name(b"MSFONT+Paper");
    let embedded = font.embed(&letters.used)?;
    pdf.type0_font(id)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(unicode);
    let mut described = pdf.cid_font(cid);
    described
        .base_font(name)
        .system_info(SYSTEM)
        .font_descriptor(descriptor)
        .default_width(1000.0);
    match &embedded {
        Embedded::Cff(_) => described.subtype(CidFontType::Type0),
        Embedded::TrueType(_) => described
            .subtype(CidFontType::Type2)
            .cid_to_gid_map_predefined(Name(b"Identity")),
    };
    let mut widths = described.widths();
    for (number, (_, width)) in &letters.written {
        widths.same(*number, *number, *width);
    }
    widths.finish();
    described.finish();
    describe(pdf, descriptor, data, name, letters, &embedded);
    match &embedded {
        Embedded::Cff(bytes) => {
            let mut stream = pdf.stream(data, bytes);
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        Embedded::TrueType(bytes) => {
            let mut stream = pdf.stream(data, bytes);
            stream.pair(Name(b"Length1"), i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        }
    }
    let mut map = UnicodeCmap::<u16>::new(Name(b"Paper"), SYSTEM);
    for (number, (letter, _)) in &letters.written {
        map.pair(*number, *letter);
    }
    pdf.cmap(unicode, &map.finish());
    Ok(())
}

fn describe(pdf: &mut Pdf, id: Ref, data: Ref, name: Name<'_>, letters: &Letters<'_>, embedded: &Embedded) {
    let face = letters.face();
    let edges = face.global_bounding_box();
    let scaled = |units| letters.scaled(units);
    let mut descriptor = pdf.font_descriptor(id);
    descriptor
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(
            scaled(edges.x_min),
            scaled(edges.y_min),
            scaled(edges.x_max),
            scaled(edges.y_max),
        ))
        .italic_angle(0.0)
        .ascent(scaled(face.ascender()))
        .descent(scaled(face.descender()))
        .cap_height(scaled(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(80.0);
    match embedded {
        Embedded::Cff(_) => descriptor.font_file3(data),
        Embedded::TrueType(_) => descriptor.font_file2(data),
    };
}
