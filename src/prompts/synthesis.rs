//! Prompts spoken from their text by an endpoint as OpenAI's. What comes back is made fit for the telephone like any upload.

use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::Full;
use serde_json::json;

use super::sound::{self, Fault, Prepared};
use crate::{config::Synthesis, web};

/// Three minutes at the rate that such endpoints answer with.
const LARGEST: usize = 20 << 20;
/// Of what a server says in its refusal.
const TOLD: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("没有配置语音合成服务；请在配置文件的 [speech] 中填写 synthesis_url，或上传、录制提示音")]
    NotConfigured,
    #[error("语音合成服务没有回应：{0}")]
    Unreachable(String),
    #[error("语音合成服务返回 {status}：{told}")]
    Status { status: u16, told: String },
    #[error("语音合成服务返回的不是可用的声音：{0}")]
    Sound(#[from] Fault),
    #[error("语音合成请求无法生成：{0}")]
    Request(String),
}

pub async fn speak(endpoint: Option<&Synthesis>, text: &str) -> Result<Prepared, Refused> {
    let endpoint = endpoint.ok_or(Refused::NotConfigured)?;
    let request = request(endpoint, text).map_err(|error| Refused::Request(error.to_string()))?;
    let answer = web::exchange(request, endpoint.timeout, LARGEST)
        .await
        .map_err(|fault| Refused::Unreachable(fault.to_string()))?;
    if !(200..300).contains(&answer.status) {
        let told = answer.text().chars().take(TOLD).collect();
        return Err(Refused::Status {
            status: answer.status,
            told,
        });
    }
    let prepared = tokio::task::spawn_blocking(move || sound::prepare(&answer.body));
    let prepared = prepared
        .await
        .map_err(|error| Refused::Request(error.to_string()))?;
    Ok(prepared?)
}

fn request(endpoint: &Synthesis, text: &str) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let body = json!({
        "model": endpoint.model,
        "voice": endpoint.voice,
        "input": text,
        "response_format": "wav",
    });
    let mut request = Request::post(&endpoint.url).header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = &endpoint.key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    request.body(Full::new(Bytes::from(body.to_string())))
}
