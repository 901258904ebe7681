//! Files with Range (RFC 9110 section 14), also while they grow: what the player asks for when the listener jumps.

use std::{io::SeekFrom, path::Path};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};
use tokio_util::io::ReaderStream;

use super::problem::Problem;

/// Sends `file`, or the part the request asks for. The length is that of the moment: a file still being written is sent as far as it is.
pub async fn file(headers: &HeaderMap, file: &Path, content_type: &'static str) -> Result<Response, Problem> {
    let mut opened = File::open(file).await.map_err(|error| missing(error, file))?;
    let length = opened.metadata().await.map_err(Problem::internal)?.len();
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let part = match wanted.map(|text| parse(text, length)) {
        Some(Wanted::Unsatisfiable) => return Ok(unsatisfiable(length)),
        Some(Wanted::Part(from, to)) => Some((from, to)),
        Some(Wanted::Whole) | None => None,
    };
    let (from, to) = part.unwrap_or((0, length.saturating_sub(1)));
    let count = if length == 0 { 0 } else { to - from + 1 };
    opened
        .seek(SeekFrom::Start(from))
        .await
        .map_err(Problem::internal)?;
    let body = Body::from_stream(ReaderStream::with_capacity(opened.take(count), 64 * 1024));
    let mut response = body.into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    if part.is_some() {
        answer.insert(
            header::CONTENT_RANGE,
            header_text(format!("bytes {from}-{to}/{length}")),
        );
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

fn missing(error: std::io::Error, file: &Path) -> Problem {
    if error.kind() == std::io::ErrorKind::NotFound {
        tracing::warn!(file = %file.display(), "a file that should be there is not");
        return Problem::not_found();
    }
    Problem::internal(error)
}

fn unsatisfiable(length: u64) -> Response {
    let mut response = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "请求的范围超出文件").into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_RANGE, header_text(format!("bytes */{length}")));
    response
}

fn header_text(text: String) -> HeaderValue {
    // Digits and punctuation only.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Several ranges, another unit or nonsense: the header is ignored, as the RFC allows.
    Whole,
    Part(u64, u64),
    Unsatisfiable,
}

fn parse(text: &str, length: u64) -> Wanted {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => part(from, to, length),
        (Ok(from), Err(_)) if last.trim().is_empty() => part(from, u64::MAX, length),
        (Err(_), Ok(0)) if first.trim().is_empty() => Wanted::Unsatisfiable,
        (Err(_), Ok(count)) if first.trim().is_empty() => {
            part(length.saturating_sub(count), u64::MAX, length)
        }
        _ => Wanted::Whole,
    }
}

fn part(from: u64, to: u64, length: u64) -> Wanted {
    if from >= length {
        Wanted::Unsatisfiable
    } else {
        Wanted::Part(from, to.min(length - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        assert_eq!(parse("bytes=0-99", 1000), Wanted::Part(0, 99));
        assert_eq!(parse("bytes=900-", 1000), Wanted::Part(900, 999));
        assert_eq!(parse("bytes=900-5000", 1000), Wanted::Part(900, 999));
        assert_eq!(parse("bytes=-100", 1000), Wanted::Part(900, 999));
        assert_eq!(parse("bytes=-5000", 1000), Wanted::Part(0, 999));
        assert_eq!(parse("bytes=1000-", 1000), Wanted::Unsatisfiable);
        assert_eq!(parse("bytes=-0", 1000), Wanted::Unsatisfiable);
        assert_eq!(parse("bytes=0-", 0), Wanted::Unsatisfiable);
        for whole in ["bytes=5-1", "bytes=0-1,5-9", "lines=1-2", "bytes=a-b", "bytes=-"] {
            assert_eq!(parse(whole, 1000), Wanted::Whole, "{whole}");
        }
    }

    #[tokio::test]
    async fn a_part_of_a_file_is_sent_with_its_place() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("a.wav");
        std::fs::write(&path, b"0123456789").expect("write");
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=2-4"));
        let response = file(&headers, &path, "audio/wav").await.expect("response");
        assert_eq!(response.status(), 206);
        assert_eq!(response.headers()[header::CONTENT_RANGE], "bytes 2-4/10");
        let body = axum::body::to_bytes(response.into_body(), 100)
            .await
            .expect("body");
        assert_eq!(&body[..], b"234");
        assert_eq!(
            file(&headers, &dir.path().join("none"), "audio/wav")
                .await
                .expect_err("none")
                .status,
            404
        );
    }
}
