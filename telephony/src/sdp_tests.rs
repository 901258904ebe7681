use super::*;

fn local() -> SocketAddr {
    "192.0.2.1:20000".parse().unwrap()
}

fn body(media: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n{media}")
}

fn answered(media: &str) -> Result<(String, Stream), SdpError> {
    answer(
        body(media).as_bytes(),
        local(),
        Origin::new(8),
        Direction::SendRecv,
    )
    .map(|(sdp, stream)| (String::from_utf8(sdp.to_vec()).unwrap(), stream))
}

/// What a carrier sends: wide-band codecs first, G.711 in between, telephone-event at two rates, preconditions.
const CARRIER: &str = "m=audio 31022 RTP/AVP 107 106 18 0 8 101 102\r\nb=AS:41\r\n\
    a=rtpmap:107 AMR-WB/16000/1\r\na=fmtp:107 mode-change-capability=2;max-red=0\r\na=rtpmap:106 EVS/16000\r\n\
    a=rtpmap:18 G729/8000\r\na=rtpmap:101 telephone-event/16000\r\na=fmtp:101 0-15\r\n\
    a=rtpmap:102 telephone-event/8000\r\na=fmtp:102 0-15\r\na=ptime:20\r\na=maxptime:240\r\n\
    a=curr:qos local none\r\na=curr:qos remote none\r\na=des:qos mandatory local sendrecv\r\n";

#[test]
fn a_carriers_offer_is_answered_with_a_law_and_its_8_khz_telephone_event() {
    let (sdp, stream) = answered(CARRIER).unwrap();
    assert_eq!(stream.codec, Codec::Alaw);
    assert_eq!(stream.dtmf, Some(102));
    assert_eq!(stream.remote, "198.51.100.7:31022".parse().unwrap());
    assert!(stream.send && stream.receive);
    assert!(sdp.contains("m=audio 20000 RTP/AVP 8 102\r\n"), "{sdp}");
    assert!(sdp.contains("a=rtpmap:102 telephone-event/8000\r\n"));
    assert!(sdp.contains("a=sendrecv\r\n") && !sdp.contains("qos"));
    assert!(sdp.contains("o=- 4 1 IN IP4 192.0.2.1\r\n"), "{sdp}");
}

#[test]
fn mu_law_is_taken_when_there_is_no_a_law() {
    assert_eq!(
        answered("m=audio 4000 RTP/AVP 0\r\n").unwrap().1.codec,
        Codec::Mulaw
    );
    assert_eq!(answered("m=audio 4000 RTP/AVP 0\r\n").unwrap().1.dtmf, None);
}

#[test]
fn an_offer_without_g711_is_refused_with_488() {
    let amr_only = "m=audio 31022 RTP/AVP 107 101\r\na=rtpmap:107 AMR-WB/16000/1\r\na=rtpmap:101 telephone-event/16000\r\n";
    let error = answered(amr_only).unwrap_err();
    assert_eq!(error, SdpError::NoCodec);
    assert_eq!(error.status(), 488);
    let renamed = "m=audio 31022 RTP/AVP 8\r\na=rtpmap:8 SOMETHING/8000\r\n";
    assert_eq!(answered(renamed).unwrap_err(), SdpError::NoCodec);
}

#[test]
fn encrypted_or_missing_audio_is_refused() {
    for media in [
        "m=audio 4000 RTP/SAVP 8\r\n",
        "m=video 4000 RTP/AVP 8\r\n",
        "m=audio 0 RTP/AVP 8\r\n",
        "",
    ] {
        assert_eq!(answered(media).unwrap_err(), SdpError::NoAudio, "{media}");
    }
}

#[test]
fn other_streams_are_refused_in_their_place() {
    let (sdp, stream) =
        answered("m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/SAVP 8\r\nm=audio 4002 RTP/AVP 8\r\nm=audio 4004 RTP/AVP 8\r\n")
            .unwrap();
    let lines: Vec<&str> = sdp.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        lines,
        [
            "m=video 0 RTP/AVP 96",
            "m=audio 0 RTP/SAVP 8",
            "m=audio 20000 RTP/AVP 8",
            "m=audio 0 RTP/AVP 8"
        ]
    );
    assert_eq!(stream.remote.port(), 4002);
}

#[test]
fn hold_and_its_answer_go_by_the_table_of_rfc_3264() {
    for (theirs, ours, send, receive) in [
        ("a=sendrecv", "a=sendrecv", true, true),
        ("a=sendonly", "a=recvonly", false, true),
        ("a=recvonly", "a=sendonly", true, false),
        ("a=inactive", "a=inactive", false, false),
    ] {
        let (sdp, stream) = answered(&format!("m=audio 4000 RTP/AVP 8\r\n{theirs}\r\n")).unwrap();
        assert!(sdp.contains(ours), "{theirs}: {sdp}");
        assert_eq!((stream.send, stream.receive), (send, receive), "{theirs}");
    }
}

#[test]
fn the_session_level_direction_counts_when_the_stream_has_none() {
    let sdp = body("m=audio 4000 RTP/AVP 8\r\n").replace("t=0 0\r\n", "t=0 0\r\na=sendonly\r\n");
    let (_, stream) = answer(sdp.as_bytes(), local(), Origin::new(1), Direction::SendRecv).unwrap();
    assert!(!stream.send && stream.receive);
}

#[test]
fn the_old_hold_by_address_zero_stops_both_ways() {
    let sdp = body("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n");
    let (ours, stream) = answer(sdp.as_bytes(), local(), Origin::new(1), Direction::SendRecv).unwrap();
    assert!(!stream.send && !stream.receive);
    assert!(String::from_utf8_lossy(&ours).contains("a=recvonly"));
}

#[test]
fn the_address_of_the_stream_wins_over_that_of_the_session() {
    let (_, stream) = answered("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 203.0.113.9\r\n").unwrap();
    assert_eq!(stream.remote, "203.0.113.9:4000".parse().unwrap());
}

#[test]
fn groups_and_names_are_no_address_to_send_to() {
    for connection in [
        "c=IN IP4 224.2.1.1/127",
        "c=IN IP4 255.255.255.255",
        "c=IN IP4 media.example.com",
        "c=IN IP6 2001:db8::9",
    ] {
        let error = answered(&format!("m=audio 4000 RTP/AVP 8\r\n{connection}\r\n")).unwrap_err();
        assert_eq!(error, SdpError::NoAddress, "{connection}");
    }
}

#[test]
fn ipv6_is_described_and_understood() {
    let local: SocketAddr = "[2001:db8::1]:20000".parse().unwrap();
    let sdp = body("m=audio 4000 RTP/AVP 8\r\n").replace("IP4 198.51.100.7", "IP6 2001:db8::7");
    let (ours, stream) = answer(sdp.as_bytes(), local, Origin::new(1), Direction::SendRecv).unwrap();
    assert_eq!(stream.remote, "[2001:db8::7]:4000".parse().unwrap());
    assert!(String::from_utf8_lossy(&ours).contains("c=IN IP6 2001:db8::1"));
}

#[test]
fn an_offer_of_ours_is_understood_by_our_own_answerer() {
    let offered = offer(
        local(),
        &[Codec::Alaw, Codec::Mulaw],
        Origin::new(4),
        Direction::SendRecv,
    );
    assert!(String::from_utf8_lossy(&offered).contains("m=audio 20000 RTP/AVP 8 0 101\r\n"));
    let peer: SocketAddr = "198.51.100.7:4000".parse().unwrap();
    let (answer, stream) = answer(&offered, peer, Origin::new(5), Direction::SendRecv).unwrap();
    assert_eq!(stream.remote, local());
    let agreed = accept_answer(&answer).unwrap();
    assert_eq!(
        (agreed.remote, agreed.codec, agreed.dtmf),
        (peer, Codec::Alaw, Some(101))
    );
}

#[test]
fn an_answer_goes_by_the_answerers_order() {
    let stream = accept_answer(
        body("m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n").as_bytes(),
    );
    assert_eq!(stream.unwrap().codec, Codec::Mulaw);
    assert_eq!(
        accept_answer(body("m=audio 0 RTP/AVP 8\r\n").as_bytes()),
        Err(SdpError::NoAudio)
    );
}

#[test]
fn the_version_goes_up_and_the_id_stays() {
    let first = Origin::new(u64::MAX);
    assert_eq!(
        first.next(),
        Origin {
            id: i64::MAX as u64,
            version: 2
        }
    );
}

#[test]
fn what_a_careless_peer_writes_is_still_understood() {
    let sdp = "v=0\no=phone 99999999999999999999999 1 IN IP4 1.2.3.4\nnonsense\ns=\nc=IN IP4 198.51.100.7\nt=0 0\n\
               m=AUDIO 4000 rtp/avp 8 96\na=rtpmap:8  pcma/8000/1\na=rtpmap:96\tTELEPHONE-EVENT/8000\n";
    let (_, stream) = answer(sdp.as_bytes(), local(), Origin::new(1), Direction::SendRecv).unwrap();
    assert_eq!((stream.codec, stream.dtmf), (Codec::Alaw, Some(96)));
}

proptest::proptest! {
    #[test]
    fn no_body_makes_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let _ = answer(&bytes, local(), Origin::new(1), Direction::SendRecv);
        let _ = accept_answer(&bytes);
    }

    #[test]
    fn no_cut_or_changed_byte_makes_it_panic(cut in 0usize..700, at in 0usize..700, byte in proptest::prelude::any::<u8>()) {
        let mut bytes = body(CARRIER).into_bytes();
        if let Some(b) = bytes.get_mut(at) { *b = byte; }
        bytes.truncate(cut);
        let _ = answer(&bytes, local(), Origin::new(1), Direction::SendRecv);
    }
}
