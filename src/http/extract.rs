//! Extractors whose refusals are problem documents. Handlers use these, never axum's own.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    problem::{FieldError, Problem},
    wording,
};

/// A JSON body, in or out.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
            .await
            .map_err(|rejection| unread(rejection.status()))?;
        // PostgreSQL stores no NUL, and no honest text has one.
        if bytes.windows(6).any(|window| window == b"\\u0000") || bytes.contains(&0) {
            return Err(Problem::invalid(vec![FieldError::new("", "文本中不能含空字符")]));
        }
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(refuse(&rejection)),
        }
    }
}

fn refuse(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(error) => {
            let text = error.body_text();
            let (field, message) = wording::of_field(&text);
            Problem::invalid(vec![FieldError::new(field, message)])
        }
        JsonRejection::JsonSyntaxError(error) => Problem::bad_request(wording::of_syntax(&error.body_text())),
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "请以 application/json 提交")
        }
        other => unread(other.status()),
    }
}

/// The body did not come whole.
fn unread(status: StatusCode) -> Problem {
    let told = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "提交的内容过大，请减少后再提交",
        _ => "提交的内容没有收全，请重新提交",
    };
    Problem::new(status, told)
}

/// The parameters in the path. What cannot be one names nothing, so it is not found.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) if rejection.status().is_server_error() => Err(Problem::internal(rejection)),
            Err(_) => Err(Problem::not_found()),
        }
    }
}

/// The query string.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        match serde_urlencoded::from_str(query) {
            Ok(value) => Ok(Self(value)),
            Err(error) => {
                let (field, message) = wording::of_field(&error.to_string());
                let of = if field.is_empty() {
                    String::new()
                } else {
                    format!("{field} ")
                };
                Err(Problem::bad_request(format!("查询参数有误：{of}{message}")))
            }
        }
    }
}
