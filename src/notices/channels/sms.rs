//! SMS by a gateway that is asked over HTTP.

use axum::http::{HeaderName, HeaderValue, Request, header};
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;

use super::{Channel, Failure, Message};
use crate::{
    config::{Sms, SmsStatus, sms::fill},
    web::{self, Answer, Fault},
};

/// A gateway says in a line how it went.
const LONGEST_ANSWER: usize = 64 << 10;

pub(super) struct Gateway(pub(super) Sms);

impl Channel for Gateway {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.hand_over(message))
    }

    fn was_taken<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Option<bool>, Failure>> {
        Box::pin(async {
            match &self.0.status {
                Some(status) => self.ask(status, message).await.map(Some),
                None => Ok(None),
            }
        })
    }
}

impl Gateway {
    async fn hand_over(&self, message: &Message) -> Result<(), Failure> {
        let Sms {
            url, method, body, ..
        } = &self.0;
        let answer = match self.exchange((url, method, body), message).await? {
            Ok(answer) => answer,
            Err(Fault::NotAsked(why)) => return Err(Failure::Later(why)),
            Err(Fault::NotAnswered(why)) => return Err(Failure::Unsure(why)),
        };
        let (told, said) = (told(&answer), answer.text());
        match answer.status {
            200..=299 if said.contains(&self.0.success) => Ok(()),
            // Cut off after its first line.
            200..=299 if said.is_empty() => Err(Failure::Unsure("短信网关的回应不完整".into())),
            200..=299 => Err(Failure::Later(format!("短信网关未确认成功：{told}"))),
            408 | 425 | 429 | 503 => Err(Failure::Later(format!("短信网关返回 {}：{told}", answer.status))),
            // It broke while it had the message in hand.
            500..=599 => Err(Failure::Unsure(format!("短信网关返回 {}：{told}", answer.status))),
            status => Err(Failure::Never(format!("短信网关拒绝（{status}）：{told}"))),
        }
    }

    async fn ask(&self, status: &SmsStatus, message: &Message) -> Result<bool, Failure> {
        let SmsStatus {
            url, method, body, ..
        } = status;
        let answer = self.exchange((url, method, body), message).await?;
        let answer = answer.map_err(|fault| Failure::Unsure(format!("短信网关查询失败：{fault}")))?;
        let said = answer.text();
        match answer.status {
            200..=299 if said.contains(&status.taken) => Ok(true),
            200..=299 if !status.unknown.is_empty() && said.contains(&status.unknown) => Ok(false),
            404 => Ok(false),
            other => Err(Failure::Unsure(format!(
                "短信网关查询返回 {other}：{}",
                told(&answer)
            ))),
        }
    }

    async fn exchange(
        &self,
        parts: (&str, &str, &str),
        message: &Message,
    ) -> Result<Result<Answer, Fault>, Failure> {
        let request = self
            .request(parts, message)
            .map_err(|error| Failure::Never(format!("短信请求无法生成：{error}")))?;
        Ok(web::exchange(request, self.0.timeout, LONGEST_ANSWER).await)
    }

    fn request(
        &self,
        (url, method, body): (&str, &str, &str),
        message: &Message,
    ) -> Result<Request<Full<Bytes>>, axum::http::Error> {
        let values = [
            ("id", &message.id),
            ("phone", &message.to),
            ("text", &message.text),
        ];
        let url = fill(url, "application/x-www-form-urlencoded", &values);
        let body = fill(body, &self.0.content_type, &values);
        let mut request = Request::builder().method(method).uri(url);
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

fn told(answer: &Answer) -> String {
    answer.text().chars().take(200).collect()
}
