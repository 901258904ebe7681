//! SMS by a gateway that is asked over HTTP.

use axum::http::{HeaderName, HeaderValue, Request, header};
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;

use super::{Channel, Failure, Message, web};
use crate::config::Sms;

pub(super) struct Gateway(pub(super) Sms);

impl Channel for Gateway {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.ask(message))
    }
}

impl Gateway {
    async fn ask(&self, message: &Message) -> Result<(), Failure> {
        let request = self
            .request(message)
            .map_err(|error| Failure::Never(format!("短信请求无法生成：{error}")))?;
        let answer = web::exchange(request, self.0.timeout)
            .await
            .map_err(Failure::Later)?;
        let told: String = answer.body.chars().take(200).collect();
        match answer.status {
            200..=299 if answer.body.contains(&self.0.success) => Ok(()),
            200..=299 => Err(Failure::Later(format!("短信网关未确认成功：{told}"))),
            408 | 425 | 429 | 500..=599 => {
                Err(Failure::Later(format!("短信网关返回 {}：{told}", answer.status)))
            }
            status => Err(Failure::Never(format!("短信网关拒绝（{status}）：{told}"))),
        }
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, axum::http::Error> {
        let values = [
            ("id", &message.id),
            ("phone", &message.to),
            ("text", &message.text),
        ];
        let url = self
            .0
            .fill(&self.0.url, "application/x-www-form-urlencoded", &values);
        let body = self.0.fill(&self.0.body, &self.0.content_type, &values);
        let mut request = Request::builder().method(self.0.method.as_str()).uri(url);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, &self.0.content_type);
        }
        for (name, value) in &self.0.headers {
            request = request.header(
                HeaderName::try_from(name.as_str())?,
                HeaderValue::try_from(value.as_str())?,
            );
        }
        request
            .header("idempotency-key", &message.id)
            .body(Full::new(Bytes::from(body)))
    }
}
