//! Errors as problem documents (RFC 9457). What a person may read is Chinese; what only a developer needs is logged.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{db, live};

/// `{type,title,status,detail,errors}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What it is, for who shows it in another language: stays the same, whatever `detail` says
    #[serde(default)]
    #[schema(value_type = String)]
    pub code: Box<str>,
    pub detail: String,
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Path of the field in the request; empty: the request as a whole.
    pub field: String,
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let (kind, title) = describe(status);
        Self {
            kind: format!("urn:minsheng:problem:{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            code: kind.into(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// Names the very fault, where the status alone would leave a reader of another language in the dark.
    #[must_use]
    pub fn coded(self, code: &str) -> Self {
        Self {
            code: code.into(),
            ..self
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "请先登录")
    }

    /// The session belongs to another address: whoever holds it must prove who they are.
    pub fn elsewhere() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "本次登录来自另一个网络地址，请在本机重新登录",
        )
        .coded("session-elsewhere")
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "您的角色不能执行此操作")
    }

    /// Also for what exists but is none of the caller's business: the answer must not tell the two apart.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "没有这个对象")
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Fields that cannot be accepted.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "提交的内容有误，请按提示修改")
        }
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// Our own fault: logged here, told in general terms.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "系统内部错误，已记录")
    }
}

fn describe(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        400 => ("bad-request", "请求格式有误"),
        401 => ("unauthorized", "未登录"),
        403 => ("forbidden", "没有权限"),
        404 => ("not-found", "不存在"),
        405 => ("method-not-allowed", "不支持的操作"),
        406 | 415 => ("unsupported-media-type", "不支持的内容类型"),
        408 => ("timeout", "请求超时"),
        409 => ("conflict", "与现状冲突"),
        413 => ("too-large", "内容过大"),
        416 => ("range-not-satisfiable", "范围无效"),
        422 => ("invalid", "内容有误"),
        429 => ("too-many-requests", "请求过于频繁"),
        503 => ("unavailable", "暂时不可用"),
        402..=499 => ("refused", "请求被拒绝"),
        _ => ("internal", "系统内部错误"),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"))
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"))
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            _ => None,
        };
        response
    }
}

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::NotFound => Self::not_found(),
            temporary if temporary.is_temporary() => {
                tracing::warn!(error = %temporary, "request refused: database");
                Self::unavailable("数据库暂时无法写入，请稍后重试").coded("database-busy")
            }
            other => Self::internal(other),
        }
    }
}

impl From<live::Refused> for Problem {
    fn from(refused: live::Refused) -> Self {
        use live::Refused;
        match refused {
            Refused::NotRunning => Self::unavailable("话务服务未运行").coded("telephony-not-running"),
            Refused::NoSuchCall => Self::not_found(),
            Refused::Offline => Self::conflict("该坐席的电话没有登录").coded("phone-not-registered"),
            Refused::NoLine => Self::unavailable("中继线路已满").coded("no-trunk-free"),
            Refused::NumberNotAllowed => Self::conflict("该号码不允许外呼").coded("number-not-allowed"),
        }
    }
}
