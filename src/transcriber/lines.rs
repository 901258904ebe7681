//! From the tokens of a window to lines of the transcript in call time. Pure.

use super::audio::Span;
use super::windows::Window;

/// A pause this long in the call begins a new line: usually the other side spoke in between.
const NEW_LINE_MS: i64 = 1_500;
/// The two limits under which a segment counts as invented over silence.
const NO_SPEECH: f32 = 0.6;
const DOUBTFUL: f32 = 0.5;
/// Music and tones come out as words that the model itself does not believe; speech with line noise 10 dB under
/// it still has 0.5.
const GUESSED: f32 = 0.4;
/// People say four characters a second; over noise the model spreads a phrase over half a minute.
const SLOW_AFTER_MS: i64 = 8_000;
const SLOW_MS_PER_CHARACTER: i64 = 1_000;
/// The recogniser reading its own prompt aloud, as it does over steady noise. No caller and no operator says this.
const PROMPT_ECHO: [&str; 3] = ["市民拨打12345", "政务服务热线的通话", "提到的名称有"];

/// A piece of text as the model writes it, with its time in the window.
pub(super) struct Token {
    pub(super) bytes: Vec<u8>,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    pub(super) probability: f32,
}

/// What the model takes for one utterance.
pub(super) struct Heard {
    pub(super) tokens: Vec<Token>,
    pub(super) no_speech: f32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) span: Span,
    pub(super) text: String,
}

impl Line {
    /// The characters after the last full stop, where they are too few to have been said before the pause.
    fn take_stray(&mut self) -> String {
        let begins = self.text.rfind(['。', '？', '！']).map(|at| at + '。'.len_utf8());
        match begins.filter(|at| is_stray(&self.text[*at..])) {
            Some(at) => self.text.split_off(at),
            None => String::new(),
        }
    }

    fn extend(&mut self, text: &str, span: Span, starts_anew: bool) {
        self.text.push_str(text);
        if starts_anew {
            self.span = span;
        }
        self.span.end_ms = self.span.end_ms.max(span.end_ms);
    }
}

pub(super) fn lines(window: &Window, heard: &[Heard]) -> Vec<Line> {
    let mut lines = Vec::new();
    for segment in heard.iter().filter(|segment| !invented(segment)) {
        lines.extend(split(window, &characters(&segment.tokens)));
    }
    lines
}

fn invented(segment: &Heard) -> bool {
    let sum: f32 = segment.tokens.iter().map(|token| token.probability).sum();
    let mean = sum / segment.tokens.len().max(1) as f32;
    let bytes: Vec<u8> = segment
        .tokens
        .iter()
        .flat_map(|token| token.bytes.iter().copied())
        .collect();
    let text = String::from_utf8_lossy(&bytes);
    mean < GUESSED
        || (segment.no_speech > NO_SPEECH && mean < DOUBTFUL)
        || PROMPT_ECHO.iter().any(|echo| text.contains(echo))
        || is_drawn_out(segment, text.chars().count() as i64)
}

fn is_drawn_out(segment: &Heard, characters: i64) -> bool {
    let length = match (segment.tokens.first(), segment.tokens.last()) {
        (Some(first), Some(last)) => last.end_ms - first.start_ms,
        _ => 0,
    };
    length > SLOW_AFTER_MS && length > characters * SLOW_MS_PER_CHARACTER
}

struct Piece {
    text: String,
    start_ms: i64,
    end_ms: i64,
}

/// A Chinese character is often spread over several tokens: joins them until the bytes are text.
fn characters(tokens: &[Token]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut bytes = Vec::new();
    let mut start_ms = None;
    for token in tokens {
        bytes.extend(&token.bytes);
        let from = *start_ms.get_or_insert(token.start_ms);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            pieces.push(Piece {
                text: text.to_owned(),
                start_ms: from,
                end_ms: token.end_ms.max(from),
            });
            bytes.clear();
            start_ms = None;
        }
    }
    // What remains is half a character: the model stopped in its midst.
    pieces
}

fn split(window: &Window, pieces: &[Piece]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut at = None;
    for piece in pieces {
        let here = window
            .piece_at((piece.start_ms + piece.end_ms) / 2)
            .max(at.unwrap_or(0));
        let span = Span::new(
            window.call_ms(here, piece.start_ms),
            window.call_ms(here, piece.end_ms),
        );
        let apart =
            at.is_some_and(|before| (before + 1..=here).any(|next| window.pause_before(next) >= NEW_LINE_MS));
        let stray = lines.len() == 1 && is_stray(&lines[0].text);
        match lines.last_mut() {
            Some(line) if closes(&piece.text) => {
                line.text.push_str(&piece.text);
                continue;
            }
            Some(line) if !apart || stray => line.extend(&piece.text, span, apart),
            last => {
                let carried = last.map(Line::take_stray).unwrap_or_default();
                lines.push(Line {
                    span,
                    text: carried + &piece.text,
                });
            }
        }
        at = Some(here);
    }
    lines
}

/// The model dates a segment's first character to the end of the one before, a pause too early.
fn is_stray(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() <= 2
}

/// Punctuation belongs to what was said before it, whatever time the model gave it.
fn closes(text: &str) -> bool {
    text.trim().chars().all(|c| "，。？！、；：,.?!;:".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcriber::windows::plan;

    fn token(text: &[u8], start_ms: i64, end_ms: i64) -> Token {
        Token {
            bytes: text.to_vec(),
            start_ms,
            end_ms,
            probability: 0.9,
        }
    }

    fn window() -> Window {
        plan(&[Span::new(1200, 3000), Span::new(20_200, 22_000)], &[], 60_000).remove(0)
    }

    fn heard(tokens: Vec<Token>) -> Vec<Heard> {
        vec![Heard {
            tokens,
            no_speech: 0.1,
        }]
    }

    #[test]
    fn a_segment_over_two_pieces_becomes_two_lines_in_call_time() {
        let tokens = vec![
            token("家里".as_bytes(), 100, 700),
            token("停水了".as_bytes(), 700, 2000),
            token("，".as_bytes(), 2700, 2800),
            token("三号楼".as_bytes(), 2800, 4000),
        ];
        assert_eq!(
            lines(&window(), &heard(tokens)),
            [
                Line {
                    span: Span::new(1100, 3000),
                    text: "家里停水了，".to_owned()
                },
                Line {
                    span: Span::new(20_300, 21_500),
                    text: "三号楼".to_owned()
                },
            ]
        );
    }

    #[test]
    fn a_first_character_dated_before_the_pause_joins_what_follows() {
        let tokens = vec![
            token("清".as_bytes(), 1990, 2000),
            token("河湾".as_bytes(), 2800, 3400),
            token("小区".as_bytes(), 3400, 4000),
        ];
        assert_eq!(
            lines(&window(), &heard(tokens)),
            [Line {
                span: Span::new(20_300, 21_500),
                text: "清河湾小区".to_owned()
            }]
        );
    }

    #[test]
    fn a_character_after_the_full_stop_begins_the_next_line() {
        let said = |text: &str, from, to| token(text.as_bytes(), from, to);
        let tokens = vec![
            said("登记工单。", 0, 1900),
            said("作", 1900, 2000),
            said("息仍然全忙", 2800, 4000),
        ];
        let texts: Vec<String> = lines(&window(), &heard(tokens))
            .into_iter()
            .map(|line| line.text)
            .collect();
        assert_eq!(texts, ["登记工单。", "作息仍然全忙"]);
    }

    #[test]
    fn a_character_spread_over_tokens_is_put_together() {
        let bytes = "水".as_bytes();
        let tokens = vec![
            token(&bytes[..1], 0, 100),
            token(&bytes[1..], 100, 300),
            token(&bytes[..2], 300, 400),
        ];
        assert_eq!(lines(&window(), &heard(tokens))[0].text, "水");
    }

    #[test]
    fn text_invented_over_silence_is_dropped() {
        let mut doubtful = heard(vec![token("谢谢".as_bytes(), 0, 500)]);
        doubtful[0].no_speech = 0.9;
        assert_eq!(
            lines(&window(), &doubtful).len(),
            1,
            "the model is sure of the words"
        );
        doubtful[0].tokens[0].probability = 0.45;
        assert_eq!(lines(&window(), &doubtful), []);
    }

    #[test]
    fn text_invented_over_music_and_noise_is_dropped() {
        let mut guessed = heard(vec![token("我感觉".as_bytes(), 0, 500)]);
        guessed[0].tokens[0].probability = 0.3;
        assert_eq!(lines(&window(), &guessed), []);
        let echo = heard(vec![
            token("这次是市民拨打".as_bytes(), 0, 500),
            token(b"12345", 500, 900),
        ]);
        assert_eq!(lines(&window(), &echo), []);
        let named = heard(vec![token("您好，青禾县12345政务服务热线".as_bytes(), 0, 900)]);
        assert_eq!(lines(&window(), &named).len(), 1, "an operator names the hotline");
        let drawn_out = heard(vec![token("很重要".as_bytes(), 0, 9_000)]);
        assert_eq!(lines(&window(), &drawn_out), []);
    }
}
