//! An SMS gateway on loopback that writes down what it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use minsheng::config::Sms;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub type Heard = Arc<Mutex<Vec<String>>>;

/// Answers each request with the next of `answers`, the last one for ever; keeps the requests.
pub async fn gateway(answers: Vec<&'static str>) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    let heard = Heard::default();
    let kept = heard.clone();
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        let mut last = "";
        while let Ok((stream, _)) = listener.accept().await {
            last = answers.next().unwrap_or(last);
            let request = answer_one(stream, last).await;
            kept.lock().expect("lock").push(request);
        }
    });
    (address, heard)
}

pub async fn answer_one(stream: TcpStream, answer: &str) -> String {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("a line");
        if let Some(count) = line.to_lowercase().strip_prefix("content-length:") {
            length = count.trim().parse().expect("a length");
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("a body");
    stream.write_all(answer.as_bytes()).await.expect("answered");
    format!("{head}{}", String::from_utf8_lossy(&body))
}

pub const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":0}";

pub fn sms(address: SocketAddr) -> Sms {
    Sms {
        url: format!("http://{address}/send?to={{{{phone}}}}"),
        method: "POST".into(),
        headers: vec![("Authorization".into(), "Bearer secret".into())],
        content_type: "application/json".into(),
        body: r#"{"id":"{{id}}","phone":"{{phone}}","text":"{{text}}"}"#.into(),
        timeout: Duration::from_secs(5),
        success: "\"code\":0".into(),
        status: None,
    }
}
