// What becomes of a voice: muted, silent, cut off, moved to another computer; and the keys and outputs of the desk. Real audio.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { CITIZEN_HERTZ, Desk, loudnessOverTime, toneOverTime } from './desk-support.mjs';
import {
  answeredCall,
  between,
  hangUp,
  HEARD,
  isEnded,
  isTalking,
  lastCall,
  MINE_HERTZ,
  oneBrowser,
  ready,
  recordingOf,
  until,
  withDesk,
} from './desk-scenes.mjs';
import { Cable } from './relay.mjs';
import { api, baseUrl, openMortalBrowser, shoot, testId, visit } from './support.mjs';

oneBrowser();

/** Where an answer wants the audio. */
const portIn = (sdp) => Number(/^a=candidate:\S+ 1 udp \d+ \S+ (\d+) /im.exec(sdp)[1]);
const note = (desk, state) => desk.page.locator(`${testId('line-note')}[data-state="${state}"]`).first();

test('a muted operator is not heard by the citizen, and is heard again', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    await answeredCall(desk, '13800000041');
    await desk.hears([CITIZEN_HERTZ]);
    await desk.clockMoves(2);
    await desk.page.keyboard.press('F6');
    await desk.page.locator(`${testId('desk-mute')}[aria-pressed="true"]`).filter({ hasText: '取消静音' }).waitFor();
    await desk.clockMoves(3);
    await desk.hears([CITIZEN_HERTZ]);
    await desk.page.keyboard.press('F6');
    await desk.clockMoves(2);
    await hangUp(desk);
    const wav = await recordingOf(desk.page, await lastCall(desk.page));
    const spoken = between(toneOverTime(wav, 1, MINE_HERTZ).map((one) => one > HEARD));
    const silent = spoken.filter((one) => !one).length;
    assert.ok(silent >= 15 && silent <= 45, `${silent} tenths of a second without the operator`);
    const left = toneOverTime(wav, 0, CITIZEN_HERTZ).filter((one) => one > HEARD).length;
    assert.ok(left > 50, 'the citizen is heard throughout');
  }));

test('the keys of the keypad reach the citizen’s telephone', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    const citizen = await answeredCall(desk, '13800000042');
    await desk.hears([CITIZEN_HERTZ]);
    await desk.page.keyboard.press('F9');
    await desk.locate('keypad').waitFor();
    for (const key of ['5', '#', '0']) {
      const sent = desk.locate('keypad-sent');
      const before = (await sent.innerText()).replace('—', '');
      if (key === '5') await desk.locate('key-5').click();
      else await desk.page.keyboard.press(key);
      await sent.filter({ hasText: `${before}${key}` }).waitFor();
    }
    await shoot(desk.page, 'desk-keypad');
    await desk.page.keyboard.press('Escape');
    // Each key sounds for a while, one after the other.
    await desk.clockMoves(2);
    await hangUp(desk);
    // Its log is written when it ends.
    await citizen.stop();
    assert.equal(citizen.keys(), '5#0');
  }));

test('each sound has the output that was chosen for it, also after a reload', () =>
  withDesk('operator1', null, async (desk) => {
    await desk.connect();
    const choose = async (purpose, at) => {
      const pick = desk.locate(`device-${purpose}`);
      await pick.locator('option').nth(at).waitFor({ state: 'attached' });
      await pick.selectOption({ index: at });
      return pick.inputValue();
    };
    const speaker = await choose('speaker', 1);
    const bell = await choose('bell', 2);
    assert.ok(speaker && bell && speaker !== bell, 'there are two outputs to choose from');
    await desk.locate('line-bell').click();
    const sinks = ([line, other]) => window.__ear.sinks.line === line && window.__ear.sinks.bell === other;
    await desk.page.waitForFunction(sinks, [speaker, bell]);
    await desk.page.reload();
    await desk.page.locator(`${testId('line-state')}[data-state="connected"]`).waitFor();
    await desk.locate('line-bell').click();
    await desk.page.waitForFunction(sinks, [speaker, bell]);
    assert.equal(await desk.locate('device-speaker').inputValue(), speaker);
    // The meter follows what the chosen microphone hears.
    await choose('microphone', 1);
    await desk.page.waitForFunction(() => Number(document.querySelector('[data-testid="level-spoken"]')?.dataset.value) > 0.2);
  }));

/** A desk whose audio goes through a cable. */
async function withCable(act) {
  const cable = new Cable();
  try {
    await withDesk('operator1', MINE_HERTZ, (desk) => act(desk, cable), { prepare: (page) => cable.plugIn(page) });
  } finally {
    cable.remove();
  }
}

/** Audio and pages are gone for as long as `whileGone` takes; then the citizen is heard again soon. */
async function lose(desk, cable, whileGone) {
  cable.pull();
  await desk.page.context().setOffline(true);
  await whileGone();
  cable.plug();
  await desk.page.context().setOffline(false);
  const begun = Date.now();
  await desk.hears([CITIZEN_HERTZ], [], 10_000);
  const took = Date.now() - begun;
  console.log(`network back to audio: ${took} ms`);
  assert.ok(took <= 5000, `${took} ms`);
}

test('a network that is gone for three seconds costs nothing: music meanwhile, then the same call', () =>
  withCable(async (desk, cable) => {
    await ready(desk);
    await answeredCall(desk, '13800000043');
    await desk.hears([CITIZEN_HERTZ]);
    await desk.clockMoves(2);
    const before = await lastCall(desk.page);
    await lose(desk, cable, () => desk.clockMoves(3));
    await desk.clockMoves(2);
    // Longer, so that the browser notices as well, and says so.
    await lose(desk, cable, async () => {
      await note(desk, 'lost').waitFor();
      assert.match(await note(desk, 'lost').innerText(), /市民此时听到音乐/);
      await shoot(desk.page, 'desk-lost');
    });
    await desk.phase('talking').waitFor();
    await desk.clockMoves(2);
    const now = await lastCall(desk.page, isTalking);
    assert.equal(now.id, before.id);
    await hangUp(desk);
    const wav = await recordingOf(desk.page, now);
    const voice = toneOverTime(wav, 1, MINE_HERTZ).map((one) => one > HEARD);
    const [first, last] = [voice.indexOf(true), voice.lastIndexOf(true)];
    const music = loudnessOverTime(wav, 1).filter((one, at) => at > first && at < last && !voice[at] && one > 0.005);
    assert.ok(music.length >= 20, `${music.length} tenths of a second of music`);
    const { events } = await until(desk.page, `calls/${now.id}`, isEnded);
    const times = (kind) => events.filter((one) => one.kind === kind).length;
    assert.deepEqual([times('desk_lost'), times('desk_back')], [2, 2]);
    desk.forgive(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/);
  }));

test('a firewall that swallows the audio is said with the port to open, and the line comes up once it is open', () =>
  withCable(async (desk, cable) => {
    cable.pull();
    await visit(desk.page, '/desk');
    const opened = desk.page.waitForResponse((one) => one.url().endsWith('/desk/line') && one.ok());
    await desk.locate('line-connect').first().click();
    const port = portIn((await (await opened).json()).sdp);
    await note(desk, 'blocked').waitFor({ timeout: 15_000 });
    assert.match(await note(desk, 'blocked').innerText(), new RegExp(`UDP ${port} 端口`));
    await shoot(desk.page, 'desk-blocked');
    cable.plug();
    await desk.page.locator(`${testId('line-state')}[data-state="connected"]`).waitFor({ timeout: 20_000 });
    await note(desk, 'blocked').waitFor({ state: 'detached' });
  }));

test('a browser that breaks down loses neither the call nor a typed word: another computer goes on with both', async () => {
  const { browser, kill } = await openMortalBrowser();
  const first = await Desk.open(browser, 'operator1', MINE_HERTZ);
  await ready(first);
  // The other computer is switched on and signed in before: what counts is the way back to the call.
  await withDesk('operator1', MINE_HERTZ, async (second) => {
    await visit(second.page, '/desk');
    await answeredCall(first, '13800000044');
    await first.hears([CITIZEN_HERTZ]);
    const before = await lastCall(second.page);
    await first.locate('field-title').fill('浏览器崩溃前填写的标题');
    await first.page.locator(`${testId('save-note')}[data-state="saved"]`).waitFor();
    await kill();
    await note(second, 'off').filter({ hasText: '您的通话还在等待' }).waitFor();
    await shoot(second.page, 'desk-orphaned');
    await note(second, 'off').locator(testId('line-connect')).click();
    await second.hears([CITIZEN_HERTZ], [], 8000);
    assert.equal(await second.locate('field-title').inputValue(), '浏览器崩溃前填写的标题');
    const now = await lastCall(second.page, isTalking);
    assert.deepEqual([now.id, now.operator.username], [before.id, 'operator1']);
    await hangUp(second);
    assert.equal((await api(second.page, `tickets/${now.ticket_number}`)).title, '浏览器崩溃前填写的标题');
  });
});

/** A page whose connection stands, and whose microphone sends nothing at all. */
async function withoutVoice(page) {
  await page.addInitScript(() => {
    const Peer = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Peer {
      addTransceiver(_track, options) {
        return super.addTransceiver('audio', options);
      }
    };
  });
}

test('a browser that never sends audio gets no citizens, and its page says why', () =>
  withDesk(
    'operator1',
    MINE_HERTZ,
    async (desk) => {
      await desk.plugIn();
      assert.equal((await api(desk.page, 'desk')).state, 'offline');
      await note(desk, 'silent').waitFor({ timeout: 15_000 });
      assert.match(await note(desk, 'silent').innerText(), /收不到本机麦克风的声音/);
      await shoot(desk.page, 'desk-silent');
      assert.equal((await api(desk.page, 'desk')).line, 'none');
    },
    { prepare: withoutVoice },
  ));

/** Twenty thousand packets that are nobody's. */
async function flood(port) {
  const socket = createSocket('udp4');
  const one = Buffer.alloc(200);
  for (let n = 0; n < 20_000; n += 1) {
    one.writeUInt32BE(n, 4);
    one[0] = [0x80, 0x00, 0x16, 0xff][n % 4];
    await new Promise((done) => socket.send(one, port, '127.0.0.1', done));
  }
  socket.close();
}

test('a flood on the browsers’ port and one of offers that lie disturb no call', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    const opened = desk.page.waitForResponse((one) => one.url().endsWith('/desk/line') && one.ok());
    await ready(desk);
    const port = portIn((await (await opened).json()).sdp);
    await answeredCall(desk, '13800000045');
    const offer = async (text) => {
      const url = `${baseUrl}/api/v1/desk/line`;
      const answer = await desk.page.request.post(url, { data: { sdp: text } });
      return [answer.status(), (await answer.json()).detail];
    };
    const lies = Array.from({ length: 100 }, (_, n) => offer(n % 2 ? 'v=0' : 'm=audio '.repeat(n * 100)));
    const [answers] = await Promise.all([Promise.all(lies), flood(port)]);
    for (const [status, detail] of answers) {
      assert.equal(status, 400);
      assert.match(detail, /[一-龥]/, 'refused in words');
    }
    await desk.hears([CITIZEN_HERTZ]);
    await desk.page.reload();
    await desk.hears([CITIZEN_HERTZ]);
    await desk.phase('talking').waitFor();
    await hangUp(desk);
  }));
