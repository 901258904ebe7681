use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;

const SOON: Duration = Duration::from_millis(500);

/// Connections on a free port of loopback, what they tell, and where they listen.
async fn listening(limits: Limits) -> (Connections<()>, mpsc::Receiver<Input<()>>, SocketAddr) {
    let (sender, inputs) = mpsc::channel(64);
    let connections = Connections::new(sender, limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::task::spawn_local(connections.clone().accept(listener, Accept::Tcp));
    (connections, inputs, addr)
}

async fn says(stream: &mut TcpStream, inputs: &mut mpsc::Receiver<Input<()>>, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
    match inputs.recv().await {
        Some(Input::Bytes { bytes, .. }) => assert_eq!(bytes, text),
        _ => panic!("the bytes arrive"),
    }
}

async fn is_closed(mut stream: TcpStream) -> bool {
    matches!(stream.read(&mut [0; 8]).await, Ok(0) | Err(_))
}

#[tokio::test]
async fn strangers_of_one_address_leave_room_and_known_peers_do_not_count() {
    let limits = Limits {
        strangers_an_address: 2,
        ..Limits::default()
    };
    let test = async {
        let (connections, mut inputs, addr) = listening(limits).await;
        let mut phone = TcpStream::connect(addr).await.unwrap();
        let mut other = TcpStream::connect(addr).await.unwrap();
        says(&mut phone, &mut inputs, "REGISTER").await;
        says(&mut other, &mut inputs, "OPTIONS").await;
        assert!(is_closed(TcpStream::connect(addr).await.unwrap()).await);
        connections.know(phone.local_addr().unwrap());
        let mut third = TcpStream::connect(addr).await.unwrap();
        says(&mut third, &mut inputs, "REGISTER").await;
        says(&mut other, &mut inputs, "OPTIONS").await;
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn who_stays_a_stranger_is_closed_whatever_it_sends_and_who_is_known_stays() {
    let limits = Limits {
        prove_within: SOON,
        ..Limits::default()
    };
    let test = async {
        let (connections, mut inputs, addr) = listening(limits).await;
        let mut phone = TcpStream::connect(addr).await.unwrap();
        says(&mut phone, &mut inputs, "REGISTER").await;
        connections.know(phone.local_addr().unwrap());
        let mut stranger = TcpStream::connect(addr).await.unwrap();
        says(&mut stranger, &mut inputs, "\r\n\r\n").await;
        assert!(is_closed(stranger).await);
        assert!(matches!(inputs.recv().await, Some(Input::Closed { .. })));
        says(&mut phone, &mut inputs, "INVITE").await;
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn what_is_queued_at_the_end_still_leaves() {
    let test = async {
        let (connections, mut inputs, addr) = listening(Limits::default()).await;
        let mut phone = TcpStream::connect(addr).await.unwrap();
        says(&mut phone, &mut inputs, "INVITE").await;
        for word in ["BYE ", "now"] {
            let hop = Hop {
                transport: Transport::Tcp,
                addr: phone.local_addr().unwrap(),
            };
            connections.send(hop, Bytes::from_static(word.as_bytes()));
        }
        connections.finish().await;
        let mut said = String::new();
        phone.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "BYE now");
    };
    LocalSet::new().run_until(test).await;
}
