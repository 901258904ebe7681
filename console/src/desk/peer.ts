// One WebRTC connection to the daemon: G.711 only, host candidates only. Decides nothing about when.
import type { Peer, PeerEvents } from './line';

// All host candidates are there long before; mDNS names are what may dawdle.
const GATHER_MS = 500;
// A connection that ICE says is interrupted usually is back at once; after this it is made anew.
const GRACE_MS = 1200;
// Neither answered nor refused: a firewall that swallows UDP.
const SET_UP_MS = 6000;

const wanted = ['audio/pcma', 'audio/pcmu', 'audio/telephone-event'];

interface Codec {
  mimeType: string;
  clockRate: number;
}

/** G.711 A-law before µ-law, then the digits of a keypad at the same rate; nothing else is offered. */
export function telephoneCodecs<C extends Codec>(codecs: readonly C[]): C[] {
  const rank = (codec: C) => wanted.indexOf(codec.mimeType.toLowerCase());
  return codecs
    .filter((codec) => rank(codec) >= 0 && codec.clockRate === 8000)
    .sort((a, b) => rank(a) - rank(b));
}

/** Where the far end wants its packets: what a firewall has to let through. */
export function portOf(answer: string): number | null {
  const candidate = /^a=candidate:\S+ 1 udp \d+ \S+ (\d+) /im.exec(answer)?.[1];
  return candidate ? Number(candidate) : null;
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((done) => {
    if (connection.iceGatheringState === 'complete') return done();
    setTimeout(done, GATHER_MS);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') done();
    });
  });
}

/** Tells of the first connection and of the end of it, whatever way the browser words it. */
function watch(connection: RTCPeerConnection, events: PeerEvents): () => void {
  let timer = setTimeout(events.lost, SET_UP_MS);
  const changed = () => {
    const state = connection.connectionState;
    if (state === 'connected') {
      clearTimeout(timer);
      events.connected();
    } else if (state === 'failed' || state === 'closed') {
      clearTimeout(timer);
      events.lost();
    } else if (state === 'disconnected') {
      clearTimeout(timer);
      timer = setTimeout(events.lost, GRACE_MS);
    }
  };
  connection.addEventListener('connectionstatechange', changed);
  return () => {
    clearTimeout(timer);
    connection.removeEventListener('connectionstatechange', changed);
  };
}

export interface MediaPeer extends Peer {
  replaceTrack(track: MediaStreamTrack): Promise<void>;
  stats(): Promise<RTCStatsReport>;
}

/** What the far end says is given to `heard` as a stream. */
export function connectPeer(
  track: MediaStreamTrack,
  heard: (stream: MediaStream) => void,
  events: PeerEvents,
): MediaPeer {
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
  const transceiver = connection.addTransceiver(track, { direction: 'sendrecv' });
  const codecs = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
  transceiver.setCodecPreferences(telephoneCodecs(codecs));
  connection.addEventListener('track', (event) => heard(event.streams[0] ?? new MediaStream([event.track])));
  const unwatch = watch(connection, events);
  return {
    async offer() {
      await connection.setLocalDescription();
      await gathered(connection);
      return connection.localDescription?.sdp ?? '';
    },
    accept: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
    close() {
      unwatch();
      connection.close();
    },
    replaceTrack: (next) => transceiver.sender.replaceTrack(next),
    stats: () => connection.getStats(),
  };
}
