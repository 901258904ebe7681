//! E-mail by SMTP.

use futures::future::BoxFuture;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{Error, authentication::Credentials},
};

use super::{Channel, Failure, Message};
use crate::config::{Mail, MailSecurity};

pub(super) struct Post(pub(super) Mail);

impl Channel for Post {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.deliver(message))
    }
}

impl Post {
    async fn deliver(&self, message: &Message) -> Result<(), Failure> {
        let letter = self.letter(message).map_err(Failure::Never)?;
        let transport = self
            .transport()
            .map_err(|error| Failure::Later(error.to_string()))?;
        match transport.send(letter).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Failure::Never(format!("邮件服务器拒绝：{error}"))),
            Err(error) => Err(Failure::Later(format!("邮件未能送出：{error}"))),
        }
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
        let Mail { server, port, .. } = &self.0;
        let builder = match self.0.security {
            MailSecurity::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(server)?,
            MailSecurity::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(server)?,
            MailSecurity::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server),
        };
        let builder = builder.port(*port).timeout(Some(self.0.timeout));
        Ok(match &self.0.login {
            Some((username, password)) => {
                builder.credentials(Credentials::new(username.clone(), password.clone()))
            }
            None => builder,
        }
        .build())
    }

    fn letter(&self, message: &Message) -> Result<Letter, String> {
        let from = self
            .0
            .from
            .parse::<Mailbox>()
            .map_err(|error| format!("mail.from：{error}"))?;
        let to = message
            .to
            .parse::<Mailbox>()
            .map_err(|error| format!("收件地址“{}”有误：{error}", message.to))?;
        let domain = from.email.domain().to_owned();
        Letter::builder()
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            .date(message.at.into())
            .from(from)
            .to(to)
            .subject(&message.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.clone())
            .map_err(|error| error.to_string())
    }
}
