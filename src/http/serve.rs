//! Listening: plain HTTP on loopback, TLS beyond it, and an orderly end.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use anyhow::Context;
use axum_server::Handle;
use tokio::task::JoinHandle;

use super::tls::{self, Door};
use crate::app::App;

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Binds and serves. Port 0 takes a free one: see [`Server::address`].
pub async fn start(app: App) -> anyhow::Result<Server> {
    let listen = app.config.http.listen;
    let listener =
        TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen} (http.listen)"))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = Handle::new();
    let tls = tls::prepare(&app).await?;
    let service = super::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let task = match tls {
        Some(tls) => tokio::spawn(
            axum_server::from_tcp(listener)?
                .acceptor(Door::new(tls))
                .handle(handle.clone())
                .serve(service),
        ),
        None => tokio::spawn(
            axum_server::from_tcp(listener)?
                .handle(handle.clone())
                .serve(service),
        ),
    };
    Ok(Server {
        address,
        handle,
        task,
    })
}

impl Server {
    /// Accepts nothing new, lets running requests end for at most `wait`.
    pub async fn stop(self, wait: Duration) {
        self.handle.graceful_shutdown(Some(wait));
        match self.task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the web server ended badly"),
            Err(error) => tracing::error!(%error, "the web server panicked"),
        }
    }
}
