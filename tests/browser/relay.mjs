// The cable between a browser's audio and the daemon, which a test can pull out: a UDP relay, put into the answer that the page gets.
import { createSocket } from 'node:dgram';

export class Cable {
  #sockets = new Map();
  #target = 0;
  #isOut = false;

  constructor() {
    this.front = createSocket('udp4');
    this.front.on('message', (bytes, from) => this.#forward(bytes, from));
  }

  /** Between this page and the daemon; before the console runs. */
  async plugIn(page) {
    await new Promise((done) => this.front.bind(0, '127.0.0.1', done));
    await page.exposeFunction('__rewire', (sdp) => this.#rewire(sdp));
    await page.addInitScript(() => {
      const Peer = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends Peer {
        async setRemoteDescription({ type, sdp }) {
          return super.setRemoteDescription({ type, sdp: await window.__rewire(sdp) });
        }
      };
    });
  }

  pull() {
    this.#isOut = true;
  }

  plug() {
    this.#isOut = false;
  }

  remove() {
    for (const socket of [this.front, ...this.#sockets.values()]) socket.close();
  }

  #rewire(sdp) {
    const here = this.front.address().port;
    return sdp.replace(/^(a=candidate:\S+ 1 udp \d+ \S+ )(\d+)( typ host)/gim, (_, before, port, rest) => {
      this.#target = Number(port);
      return `${before}${here}${rest}`;
    });
  }

  #forward(bytes, from) {
    if (!this.#isOut) this.#behind(from).send(bytes, this.#target, '127.0.0.1');
  }

  /** Each of the browser's sockets has one of its own towards the daemon. */
  #behind(from) {
    const known = this.#sockets.get(from.port);
    if (known) return known;
    const socket = createSocket('udp4');
    socket.on('message', (bytes) => {
      if (!this.#isOut) this.front.send(bytes, from.port, from.address);
    });
    this.#sockets.set(from.port, socket);
    return socket;
  }
}
