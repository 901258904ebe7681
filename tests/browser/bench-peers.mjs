// Real browsers for the benchmark of the desk: each speaks a tone on one WebRTC connection and tells when it first hears something.
// bench-peers.mjs COUNT; wishes come and answers go as one JSON object a line. Knows no page and no daemon.
import { createInterface } from 'node:readline';
import { openBrowser } from './support.mjs';

/** Runs in the page. */
function peer() {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 1000 });
  const microphone = context.createMediaStreamDestination();
  tone.connect(new GainNode(context, { gain: 0.3 })).connect(microphone);
  tone.start();
  const connection = new RTCPeerConnection({ iceServers: [] });
  const ear = new AnalyserNode(context, { fftSize: 256 });
  const [track] = microphone.stream.getAudioTracks();
  const transceiver = connection.addTransceiver(track, { direction: 'sendrecv' });
  const codecs = RTCRtpReceiver.getCapabilities('audio').codecs;
  transceiver.setCodecPreferences(codecs.filter((one) => one.mimeType === 'audio/PCMA'));
  connection.addEventListener('track', ({ track: heard }) => {
    // A connection plays only what an element takes from it.
    const element = new Audio();
    element.srcObject = new MediaStream([heard]);
    element.muted = true;
    void element.play();
    context.createMediaStreamSource(element.srcObject).connect(ear);
  });
  const samples = new Float32Array(ear.fftSize);
  const isLoud = () => {
    ear.getFloatTimeDomainData(samples);
    return samples.some((one) => Math.abs(one) > 0.03);
  };
  window.peer = {
    async offer() {
      await connection.setLocalDescription();
      return connection.localDescription.sdp;
    },
    async accept(answer) {
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
      if (connection.connectionState === 'connected') return;
      await new Promise((done) => {
        connection.addEventListener('connectionstatechange', () => connection.connectionState === 'connected' && done());
      });
    },
    /** The time of day of the first sound. */
    hear: () =>
      new Promise((done) => {
        const timer = setInterval(() => {
          if (!isLoud()) return;
          clearInterval(timer);
          done(performance.timeOrigin + performance.now());
        }, 4);
      }),
  };
}

const count = Number(process.argv[2] ?? 1);
const browsers = await Promise.all(Array.from({ length: count }, () => openBrowser()));
const pages = await Promise.all(browsers.map((browser) => browser.newPage()));
await Promise.all(pages.map((page) => page.evaluate(peer)));
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const wishes = {
  offer: async (n) => say({ n, offer: await pages[n].evaluate(() => window.peer.offer()) }),
  accept: async (n, { answer }) => {
    await pages[n].evaluate((sdp) => window.peer.accept(sdp), answer);
    say({ n, connected: true });
  },
  listen: async (n) => {
    const heard = pages[n].evaluate(() => window.peer.hear());
    // The page is asked again, which it answers only once it listens.
    await pages[n].evaluate(() => true);
    say({ n, listening: true });
    say({ n, heard: await heard });
  },
};

async function end() {
  await Promise.all(browsers.map((browser) => browser.close()));
  process.exit(0);
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const wish = JSON.parse(line);
  if (wish.do === 'end') return void end();
  wishes[wish.do](wish.n, wish).catch((error) => {
    console.error(error);
    process.exit(1);
  });
});
lines.on('close', () => void end());
