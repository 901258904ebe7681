// The operator's desk with real audio: two browsers, a supervisor and citizens' telephones, against a running daemon (BASE_URL).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CITIZEN_HERTZ, Desk, stopDaemon, toneOverTime } from './desk-support.mjs';
import {
  answeredCall,
  confirm,
  dial,
  firstRung,
  isEnded,
  isTalking,
  lastCall,
  MINE_HERTZ,
  oneBrowser,
  OUTSIDE_HERTZ,
  ready,
  recordingOf,
  SECOND_HERTZ,
  stage,
  SUPERVISOR_HERTZ,
  until,
  withDesk,
} from './desk-scenes.mjs';
import { api, baseUrl, openPage, password, shoot, signIn, testId } from './support.mjs';

oneBrowser();

/** One cold load of the desk: how long until it can be worked with, and how much came over the wire (as gzip would send it). */
async function coldLoad() {
  const { page, faults, close } = await openPage(stage.browser);
  await page.request.post(`${baseUrl}/api/v1/session`, { data: { username: 'operator1', password } });
  const bodies = [];
  page.on('response', (response) => {
    if (/\.(js|css|svg)$|\/$/.test(new URL(response.url()).pathname)) bodies.push(response.body());
  });
  const begun = Date.now();
  await page.goto(`${baseUrl}/#/desk`);
  await page.locator(testId('desk-state')).waitFor();
  const took = Date.now() - begun;
  const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  assert.deepEqual(faults, []);
  await close();
  return { took, bytes };
}

// How long it takes is `make bench`'s to measure.
test('the desk loads in less than 600 kB', async () => {
  const { bytes, took } = await coldLoad();
  console.log(`the desk: ${Math.round(bytes / 1000)} kB, ${took} ms`);
  assert.ok(bytes > 100_000 && bytes <= 600_000, `${bytes} bytes`);
});

test('an older browser is told so instead of being shown an empty page', async () => {
  const { page, close } = await openPage(stage.browser);
  await page.addInitScript(() => delete Object.hasOwn);
  await page.goto(`${baseUrl}/`);
  const told = await page.locator('#older').innerText();
  assert.match(told, /Chromium）93 或更高版本[^]*极速模式/);
  await shoot(page, 'older-browser');
  await close();
});

test('the microphone is tried before the shift: its level moves, and what is said comes back', () =>
  withDesk('operator1', null, async (desk) => {
    await desk.connect();
    const level = (name) => desk.locate(`level-${name}`).getAttribute('data-value').then(Number);
    const above = (name) =>
      desk.page.waitForFunction(
        (id) => Number(document.querySelector(`[data-testid="level-${id}"]`)?.dataset.value) > 0.2,
        name,
      );
    await above('spoken');
    assert.ok((await level('heard')) < 0.1, 'nothing is to be heard yet');
    await desk.locate('line-echo').click();
    await above('heard');
    await shoot(desk.page, 'desk-echo');
    await desk.locate('line-echo').click();
    await desk.page.waitForFunction(() => document.querySelector('[data-testid="line-echo"]').dataset.on === 'false');
  }));

test('a citizen’s call rings in the page, is answered by a key, held, taken back and ended', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    await shoot(desk.page, 'desk-idle');
    const citizen = dial('13800000011');
    await desk.phase('ringing').waitFor({ timeout: 30_000 });
    await desk.page.waitForFunction(() => window.__ear.sounds.some((one) => one.dataset.role === 'bell' && !one.paused));
    assert.match(await desk.locate('desk-caller').innerText(), /13800000011/);
    await desk.locate('caller-context').waitFor();
    await shoot(desk.page, 'desk-ringing');

    const begun = Date.now();
    await desk.page.keyboard.press('F2');
    await desk.hears([CITIZEN_HERTZ]);
    const took = Date.now() - begun;
    console.log(`answer to audio in the page: ${took} ms`);
    assert.equal(await desk.isRinging(), false);
    await desk.phase('talking').waitFor();

    await desk.locate('field-title').fill('坐席通话中填写的标题');
    await desk.page.locator(`${testId('save-note')}[data-state="saved"]`).waitFor();
    await shoot(desk.page, 'desk-call');

    await desk.page.keyboard.press('F4');
    await desk.phase('held').waitFor();
    await desk.hears([], [CITIZEN_HERTZ]);
    // Long enough to be found in the recording.
    await desk.clockMoves(2);
    await desk.page.keyboard.press('F4');
    await desk.phase('talking').waitFor();
    await desk.hears([CITIZEN_HERTZ]);
    // So is what the operator says afterwards.
    await desk.clockMoves(1);

    await desk.page.keyboard.press('F8');
    await desk.state('wrap_up').waitFor();
    await citizen.stop();
    const call = await lastCall(desk.page, isEnded);
    assert.deepEqual([call.outcome, call.operator.username], ['answered', 'operator1']);
    const ticket = await api(desk.page, `tickets/${call.ticket_number}`);
    assert.equal(ticket.title, '坐席通话中填写的标题');
    await shoot(desk.page, 'desk-wrap-up');
  }));

test('both sides are in the recording, and the operator is not while the citizen is on hold', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    const call = await lastCall(desk.page);
    assert.equal(call.caller, '13800000011');
    const wav = await recordingOf(desk.page, call);
    const said = toneOverTime(wav, 0, CITIZEN_HERTZ);
    const heard = toneOverTime(wav, 1, MINE_HERTZ);
    assert.ok(said.filter((one) => one > 0.05).length > 10, `the citizen: ${said.map((one) => one.toFixed(2))}`);
    const talking = heard.map((one) => one > 0.05);
    const [first, last] = [talking.indexOf(true), talking.lastIndexOf(true)];
    assert.ok(last - first > 5, `the operator: ${heard.map((one) => one.toFixed(2))}`);
    assert.ok(talking.slice(first, last).includes(false), `on hold: ${heard.map((one) => one.toFixed(2))}`);
  }));

test('a second call about the same matter is tied to its ticket, and another demand becomes another ticket', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    const before = await lastCall(desk.page);
    await ready(desk);
    await answeredCall(desk, '13800000011');
    const open = desk.locate('open-ticket').filter({ hasText: '坐席通话中填写的标题' });
    await open.locator(testId('tie-enquiry')).click();
    await desk.locate('ticket-number').filter({ hasText: before.ticket_number }).waitFor();
    const call = await lastCall(desk.page, ({ ticket_number }) => ticket_number === before.ticket_number);

    await desk.locate('another-ticket').click();
    // The tab may be there before its ticket is.
    await desk.locate('ticket-tab').nth(1).and(desk.page.locator('[aria-pressed="true"]')).waitFor();
    const further = await desk.locate('ticket-number').innerText();
    assert.notEqual(further.trim(), before.ticket_number);
    await desk.locate('field-title').fill('第二项诉求');
    await desk.page.locator(`${testId('save-note')}[data-state="saved"]`).waitFor();
    await shoot(desk.page, 'desk-tied');
    await desk.locate('ticket-tab').nth(0).click();
    await desk.locate('ticket-number').filter({ hasText: before.ticket_number }).waitFor();
    await desk.page.keyboard.press('F8');
    await desk.state('wrap_up').waitFor();
    assert.equal((await api(desk.page, `tickets/${further.trim()}`)).title, '第二项诉求');
    const { calls } = await api(desk.page, `tickets/${before.ticket_number}`);
    assert.deepEqual(calls.map((one) => one.id).sort(), [before.id, call.id].sort());
  }));

test('a reload in mid-call comes back to the same call within 5 s', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    const citizen = await answeredCall(desk, '13800000012');
    await desk.hears([CITIZEN_HERTZ]);
    const before = await lastCall(desk.page);
    const begun = Date.now();
    await desk.page.reload();
    await desk.hears([CITIZEN_HERTZ]);
    const took = Date.now() - begun;
    console.log(`reload to audio: ${took} ms`);
    assert.ok(took <= 5000, `${took} ms`);
    await desk.phase('talking').waitFor();
    const now = await lastCall(desk.page, isTalking);
    assert.equal(now.id, before.id);
    await desk.page.keyboard.press('F8');
    await desk.state('wrap_up').waitFor();
    await citizen.stop();
  }));

test('a second desk of the same person takes the line over, and the first is told', () =>
  withDesk('operator1', MINE_HERTZ, async (first) => {
    await first.connect();
    const second = await Desk.open(stage.browser, 'operator1', MINE_HERTZ);
    await second.connect();
    await first.page.locator(`${testId('line-note')}[data-state="replaced"]`).first().waitFor();
    await shoot(first.page, 'desk-replaced');
    assert.equal(await second.locate('line-state').getAttribute('data-state'), 'connected');
    await second.close();
  }));

test('a call is handed on after asking; a supervisor’s whisper is heard by the operator alone', () =>
  withDesk('operator1', MINE_HERTZ, (first) =>
    withDesk('operator2', SECOND_HERTZ, (second) =>
      withDesk('supervisor1', SUPERVISOR_HERTZ, async (supervisor) => {
        await ready(first);
        await answeredCall(first, '13800000013');
        await first.hears([CITIZEN_HERTZ]);
        await ready(second);

        await first.page.keyboard.press('F7');
        await first.locate('transfer-find').fill('operator2');
        await first.locate('transfer-target').first().waitFor();
        await shoot(first.page, 'desk-transfer');
        await first.locate('transfer-find').press('Control+Enter');
        await second.phase('ringing').waitFor();
        await second.page.keyboard.press('F2');
        await first.hears([SECOND_HERTZ], [CITIZEN_HERTZ]);
        await second.hears([MINE_HERTZ], [CITIZEN_HERTZ]);
        const consult = (desk, state) => desk.page.locator(`${testId('desk-consult')}[data-state="${state}"]`).waitFor();
        await consult(first, 'talking');

        await first.page.keyboard.press('Alt+s');
        await first.hears([CITIZEN_HERTZ], [SECOND_HERTZ]);
        await consult(first, 'waiting');
        await consult(second, 'waiting');
        assert.match(await second.locate('desk-consult').innerText(), /正在与市民通话，请稍候/);
        await shoot(first.page, 'desk-swapped');
        await first.locate('desk-swap').click();
        await first.hears([SECOND_HERTZ], [CITIZEN_HERTZ]);
        await second.hears([MINE_HERTZ], [CITIZEN_HERTZ]);
        await consult(second, 'talking');

        await first.page.keyboard.press('Alt+m');
        await first.hears([SECOND_HERTZ, CITIZEN_HERTZ]);
        await second.hears([MINE_HERTZ, CITIZEN_HERTZ]);
        await shoot(first.page, 'desk-three-way');
        await first.page.keyboard.press('Alt+c');
        await second.hears([CITIZEN_HERTZ], [MINE_HERTZ]);

        await supervisor.connect('/supervise');
        const row = supervisor.page.locator(testId('monitor-row')).filter({ hasText: 'operator2' });
        await row.locator(testId('monitor-listen')).click();
        await supervisor.hears([CITIZEN_HERTZ, SECOND_HERTZ]);
        await row.locator(testId('monitor-whisper')).click();
        await second.hears([CITIZEN_HERTZ, SUPERVISOR_HERTZ]);
        await second.clockMoves(2);
        await shoot(supervisor.page, 'board');
        await supervisor.locate('monitor-stop').click();
        await second.hears([CITIZEN_HERTZ], [SUPERVISOR_HERTZ]);
        await supervisor.locate('monitor-entry').first().waitFor();
        await second.page.keyboard.press('F8');
        await second.state('wrap_up').waitFor();

        const call = await lastCall(second.page);
        const whispered = Math.max(...toneOverTime(await recordingOf(second.page, call), 1, SUPERVISOR_HERTZ));
        assert.ok(whispered < 0.02, `the citizen heard the whisper: ${whispered}`);
      }),
    ),
  ));

test('a call that one declines rings at the other, is passed on blindly, joined and taken over by the supervisor', () =>
  withDesk('operator1', MINE_HERTZ, (first) =>
    withDesk('operator2', SECOND_HERTZ, (second) =>
      withDesk('supervisor1', SUPERVISOR_HERTZ, async (supervisor) => {
        await ready(first);
        await ready(second);
        const citizen = dial('13800000014');
        const [declines, answers] = await firstRung(first, second);
        await declines.page.keyboard.press('F8');
        await answers.phase('ringing').waitFor({ timeout: 30_000 });
        assert.ok(await answers.isRinging());
        await answers.page.keyboard.press('F2');
        await answers.hears([CITIZEN_HERTZ]);

        await ready(declines);
        await answers.page.keyboard.press('F7');
        await answers.locate('transfer-find').fill(declines.username);
        await answers.locate('transfer-target').first().waitFor();
        await answers.locate('transfer-find').press('Enter');
        await declines.phase('ringing').waitFor();
        await declines.page.keyboard.press('F2');
        await declines.hears([CITIZEN_HERTZ], [answers.hertz]);
        await answers.hears([], [CITIZEN_HERTZ]);

        await supervisor.connect('/supervise');
        const row = supervisor.page.locator(testId('monitor-row')).filter({ hasText: declines.username });
        await row.locator(testId('monitor-barge')).click();
        await supervisor.hears([CITIZEN_HERTZ, declines.hertz]);
        await declines.hears([CITIZEN_HERTZ, SUPERVISOR_HERTZ]);
        // Long enough to be found in the recording.
        await declines.clockMoves(2);
        await row.locator(testId('monitor-takeover')).click();
        await confirm(supervisor);
        await supervisor.hears([CITIZEN_HERTZ], [declines.hertz]);
        await declines.hears([], [CITIZEN_HERTZ]);
        await supervisor.phase('talking').waitFor();
        await shoot(supervisor.page, 'taken-over');
        const call = await lastCall(supervisor.page);
        await supervisor.page.keyboard.press('F8');
        await supervisor.phase('talking').waitFor({ state: 'detached' });
        await citizen.stop();
        const heard = Math.max(...toneOverTime(await recordingOf(supervisor.page, call), 1, SUPERVISOR_HERTZ));
        assert.ok(heard > 0.05, `the citizen did not hear the supervisor: ${heard}`);
      }),
    ),
  ));

test('what must not be recorded is not, an emergency service joins by one key, and the citizen is called back', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    const citizen = await answeredCall(desk, '13800000016');
    await desk.hears([CITIZEN_HERTZ]);
    const recording = (paused) => desk.page.locator(`${testId('desk-recording')}[aria-pressed="${paused}"]`);
    await desk.clockMoves(2);
    await desk.page.keyboard.press('F10');
    await recording(true).waitFor();
    await desk.clockMoves(3);
    await desk.page.keyboard.press('F10');
    await recording(false).waitFor();
    await desk.clockMoves(2);

    await desk.page.keyboard.press('Shift+F1');
    await desk.page.locator(`${testId('desk-consult')}[data-state="three_way"]`).waitFor();
    await desk.hears([CITIZEN_HERTZ, OUTSIDE_HERTZ]);
    await shoot(desk.page, 'desk-emergency');
    await desk.page.keyboard.press('Alt+x');
    await desk.hears([CITIZEN_HERTZ], [OUTSIDE_HERTZ]);
    const call = await lastCall(desk.page);
    await desk.page.keyboard.press('F8');
    await desk.state('wrap_up').waitFor();
    await citizen.stop();

    const { events } = await until(desk.page, `calls/${call.id}`, isEnded);
    const marks = ['recording_paused', 'recording_resumed'];
    const paused = events.filter((one) => marks.includes(one.kind)).map((one) => one.detail.at_ms);
    assert.equal(paused.length, 2, 'the pause is marked with its beginning and its end');
    const said = toneOverTime(await recordingOf(desk.page, call), 0, CITIZEN_HERTZ).map((one) => one > 0.05);
    const within = said.slice(Math.ceil(paused[0] / 100) + 3, Math.floor(paused[1] / 100) - 3);
    assert.ok(within.length > 10 && !within.includes(true), `recorded in the pause: ${within}`);
    assert.ok(said.slice(Math.ceil(paused[1] / 100)).includes(true), 'the recording did not go on');

    await desk.page.keyboard.press('Alt+b');
    await confirm(desk);
    await desk.phase('talking').waitFor();
    await desk.hears([OUTSIDE_HERTZ]);
    await shoot(desk.page, 'desk-call-back');
    await desk.page.keyboard.press('F8');
    await desk.phase('talking').waitFor({ state: 'detached' });
    const back = await lastCall(desk.page, ({ purpose }) => purpose === 'callback');
    assert.deepEqual([back.direction, back.called], ['outbound', '13800000016']);
  }));

test('a citizen is handed to the police by one key: the operator stays until they answer, and the ticket is theirs', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    const citizen = await answeredCall(desk, '13800000017');
    await desk.hears([CITIZEN_HERTZ]);
    const { id } = await lastCall(desk.page);
    await desk.page.keyboard.press('Alt+g');
    await desk.state('wrap_up').waitFor();
    const { events, ticket_number } = await until(desk.page, `calls/${id}`, (one) =>
      one.events.some((event) => event.kind === 'transferred'),
    );
    const kinds = events.map((one) => one.kind);
    assert.ok(kinds.indexOf('consult_answered') < kinds.indexOf('transferred'), kinds.join(' '));
    assert.ok(!kinds.includes('conference'), kinds.join(' '));
    await citizen.stop();
    await until(desk.page, `tickets/${ticket_number}`, (one) => one.state === 'transferred');
    await shoot(desk.page, 'desk-handed-over');
  }));

test('the wallboard says that the daemon is gone, and comes back with it', async () => {
  const { page, close } = await openPage(stage.browser, { width: 1920, height: 1080 });
  await signIn(page, 'supervisor1');
  await page.goto(`${baseUrl}/#/wall`);
  const offered = page.locator(testId('wall-offered'));
  await offered.waitFor();
  const before = await offered.innerText();
  assert.notEqual(before, '0');
  const start = stopDaemon();
  // As long as the daemon may wait for calls.
  await page.locator(testId('wall-lost')).waitFor({ timeout: 75_000 });
  assert.equal(await offered.innerText(), before, 'the last figures stay');
  await shoot(page, 'wallboard-lost');
  const end = await start();
  try {
    await page.locator(testId('wall-lost')).waitFor({ state: 'detached', timeout: 30_000 });
    await page.locator(`${testId('wall')}[data-live="true"]`).waitFor();
    assert.equal(await offered.innerText(), before);
    await shoot(page, 'wallboard');
  } finally {
    await close();
    await end();
  }
});
