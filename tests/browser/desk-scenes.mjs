// What tests of the desk have in common: desks that are closed and citizens who hang up at the end, and the usual beginnings of a call.
import { after, before } from 'node:test';
import { callIn, Desk } from './desk-support.mjs';
import { api, baseUrl, openBrowser, openPage, shoot, signIn, testId, visit } from './support.mjs';

// No tone is a multiple of another: what the coding adds to one must not pass for the other.
export const MINE_HERTZ = 700;
export const SECOND_HERTZ = 930;
export const SUPERVISOR_HERTZ = 1270;
// Of the telephone that scripts/test-browser puts behind the trunk.
export const OUTSIDE_HERTZ = 1590;
// Of a WAV's 100 ms window: a voice is above this.
export const HEARD = 0.05;

export const stage = { browser: null };
const citizens = new Set();

/** The browser of a test file. */
export function oneBrowser(...args) {
  before(async () => {
    stage.browser = await openBrowser(...args);
  });
  after(async () => {
    await allHangUp();
    await stage.browser.close();
  });
}

export function dial(number, by) {
  const citizen = callIn(number, by);
  citizens.add(citizen);
  return citizen;
}

async function allHangUp() {
  await Promise.all([...citizens].map((one) => one.stop()));
  citizens.clear();
}

/** A call that a test leaves behind would find the desk of the next one. */
async function isFree(desk) {
  await allHangUp();
  if (desk.page.isClosed()) return;
  await desk.page.locator('[data-phase="ringing"], [data-phase="talking"]').waitFor({ state: 'detached', timeout: 30_000 });
}

/** A desk for one test; whatever its page complained about fails the test. */
export async function withDesk(username, hertz, act, options) {
  const desk = await Desk.open(options?.browser ?? stage.browser, username, hertz, options);
  try {
    await act(desk);
    await isFree(desk);
    if (desk.faults.length) throw new Error(`the page of ${username} complained: ${desk.faults.join('; ')}`);
  } catch (error) {
    await shoot(desk.page, `failed-${username}`).catch(() => undefined);
    throw error;
  } finally {
    await desk.close().catch(() => undefined);
    await allHangUp();
  }
}

export async function ready(desk) {
  await desk.connect();
  const button = desk.locate('desk-ready');
  if (await button.isVisible()) await button.click();
  await desk.state('ready').waitFor({ timeout: 40_000 });
}

export async function ringing(desk, number, by) {
  const citizen = dial(number, by);
  await desk.phase('ringing').waitFor({ timeout: 30_000 });
  return citizen;
}

export async function answeredCall(desk, number, by) {
  const citizen = await ringing(desk, number, by);
  await desk.page.keyboard.press('F2');
  await desk.phase('talking').waitFor();
  return citizen;
}

/** Of two who are ready: who is rung first, and who not. */
export async function firstRung(one, other) {
  const rings = (first, second) => first.phase('ringing').waitFor({ timeout: 30_000 }).then(() => [first, second]);
  return Promise.any([rings(one, other), rings(other, one)]);
}

/** How many operators of the queue ring at once, set by an administrator on the page for it. */
export async function ringAtOnce(count) {
  const { page, faults, close } = await openPage(stage.browser);
  await signIn(page, 'admin1');
  await visit(page, '/queues');
  await page.locator('.el-radio-button').filter({ hasText: '综合受理' }).click();
  await page.locator(testId('queue-form')).filter({ hasText: '综合受理' }).waitFor();
  const field = page.locator(`${testId('ring_at_once')} input`);
  await field.fill(String(count));
  await field.press('Tab');
  await page.locator(testId('queue-save')).click();
  await page.locator('.el-message--success').waitFor();
  await shoot(page, `queue-rings-${count}`);
  await close();
  if (faults.length) throw new Error(`the page of queues complained: ${faults.join('; ')}`);
}

export async function confirm(desk) {
  await desk.page.locator('.el-message-box .el-button--primary').click();
}

export async function hangUp(desk) {
  await desk.page.keyboard.press('F8');
  // After a call back the state may have been this before.
  await desk.phase('talking').waitFor({ state: 'detached' });
  await desk.state('wrap_up').waitFor();
}

/** Opens the transfer and types whom to; `how` is the key: Enter hands over at once, Control+Enter asks first. */
export async function transfer(desk, find, how) {
  await desk.page.keyboard.press('F7');
  await desk.locate('transfer-find').fill(find);
  await desk.locate('transfer-target').first().waitFor();
  await desk.locate('transfer-find').press(how);
}

/** What the page tells in words at the top. */
export async function toldInWords(desk, text) {
  await desk.page.locator('.el-message').filter({ hasText: text }).waitFor();
}

/** Whole: the last of it is written after the call is over. */
export async function recordingOf(page, call) {
  await until(page, `calls/${call.id}`, ({ recording }) => recording.state === 'complete');
  const got = await page.request.get(`${baseUrl}/api/v1/calls/${call.id}/recording`);
  return got.body();
}

/** The newest call, once it is on record so: what a page says and plays is ahead of the disk. */
export async function lastCall(page, isSo = () => true) {
  const { items } = await until(page, 'calls?limit=1', ({ items: [newest] }) => newest && isSo(newest));
  return items[0];
}

export const isTalking = (call) => call.state === 'talking';
export const isEnded = (call) => call.state === 'ended';

/** Asks the daemon until it says so: for what no page shows. */
export async function until(page, address, isSo) {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await api(page, address);
    if (isSo(found)) return found;
    if (Date.now() > end) throw new Error(`${address}: ${JSON.stringify(found).slice(0, 600)}`);
    await page.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => done(true))));
  }
}

/** Of a stretch of windows: from the first that is true to the last. */
export function between(windows) {
  return windows.slice(windows.indexOf(true), windows.lastIndexOf(true) + 1);
}
