// A menu flow in the hands of an administrator: drawn, changed, tried out in the browser, published, rolled back; and its prompts.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Desk } from './desk-support.mjs';
import { api, openBrowser, shoot, testId, visit } from './support.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

async function withDesk(act) {
  const desk = await Desk.open(browser, 'admin1', 700, { width: 1600, height: 1000 });
  try {
    await act(desk, desk.page);
    assert.deepEqual(desk.faults, []);
  } catch (error) {
    await shoot(desk.page, 'failed-flows').catch(() => undefined);
    throw error;
  } finally {
    await desk.close();
  }
}

const faults = (page, count) => page.locator(`${testId('flow-faults')}[data-count="${count}"]`);
const confirm = (page) => page.locator('.el-message-box .el-button--primary').click();

/** Chooses, or types, a value of a list of the step's panel. */
async function put(page, field, value) {
  const input = page.locator(`${testId(`field-${field}`)} input`).last();
  await input.click();
  await input.fill(value);
  await input.press('Enter');
}

/** What the browser has heard so far, in bytes. */
const heardBytes = (page) =>
  page.evaluate(async () => {
    const stats = await window.__ear.peers.at(-1).getStats();
    return [...stats.values()].find((one) => one.type === 'inbound-rtp')?.bytesReceived ?? 0;
  });

test('a flow is drawn, changed, tried out, published and rolled back', () =>
  withDesk(async (desk, page) => {
    await visit(page, '/menus/one-level');
    const before = await api(page, 'menus/one-level');
    await page.locator(testId('menu-node')).first().waitFor();
    assert.equal(await page.locator(testId('menu-node')).count(), Object.keys(before.flow.nodes).length);

    await page.locator('[data-node="notice"]').click();
    await page.locator(testId('node-title')).fill('录音告知');
    await put(page, 'next', 'nowhere');
    await page.locator(`${testId('flow-faults')}:not([data-count="0"])`).waitFor();
    assert.ok(await page.locator(testId('menu-publish')).isDisabled());
    await put(page, 'next', 'main');
    await faults(page, 0).waitFor();
    await page.locator('[data-node="notice"]', { hasText: '录音告知' }).waitFor();
    await page.locator(testId('menu-save')).click();
    await page.locator(`${testId('menu-save')}.is-disabled:not(.is-loading)`).waitFor();
    assert.equal((await api(page, 'menus/one-level')).version, before.version, 'a draft is not in force');
    await shoot(page, 'flow-graph');

    const connect = page.locator(testId('line-connect')).first();
    await connect.click();
    await page.locator(`${testId('trial-ring')}:not([disabled])`).waitFor();
    await page.locator(testId('trial-ring')).click();
    const step = (name) => page.locator(`${testId('trial-step')}[data-name="${name}"]`);
    await step('main').waitFor({ timeout: 40_000 });
    await page.waitForFunction(() => window.__ear.peers.length > 0);
    const before_key = await heardBytes(page);
    assert.ok(before_key > 8000, `the greeting is heard: ${before_key} bytes`);
    await page.locator(testId('trial-key-2')).click();
    await step('housing').first().waitFor();
    await page.locator(`${testId('trial-step')}[data-what="queue"]`).waitFor();
    await page.locator('[data-node="housing"].here').waitFor();
    await shoot(page, 'flow-trial');
    await page.locator(testId('trial-key-*')).click();
    await step('general').first().waitFor();
    await page.locator(testId('trial-hangup')).click();
    await page.locator(`${testId('trial-step')}[data-what="ended"]`).waitFor();
    assert.deepEqual((await api(page, 'calls')).items, [], 'a trial is no call of the hotline');

    await page.locator(testId('menu-publish')).click();
    await confirm(page);
    await page.locator(testId(`rollback-${before.version}`)).waitFor();
    const published = await api(page, 'menus/one-level');
    assert.equal(published.version, before.version + 1);
    assert.equal(published.flow.nodes.notice.title, '录音告知');

    await page.locator(testId(`rollback-${before.version}`)).click();
    await confirm(page);
    await page.locator(testId(`rollback-${before.version + 1}`)).waitFor();
    const back = await api(page, 'menus/one-level');
    assert.deepEqual([back.version, back.flow], [before.version + 2, before.flow]);
  }));

/** Two seconds of a tone at a studio's rate, as somebody's recorder writes it; cut off where told. */
function wav(rate, seconds) {
  const bytes = Buffer.alloc(44 + rate * seconds * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  for (let n = 0; n < rate * seconds; n += 1) bytes.writeInt16LE(Math.round(3000 * Math.sin((n / rate) * 2765)), 44 + n * 2);
  return bytes;
}

test('a prompt is brought in, refused where it lies, spoken into the browser, and the shipped one brought back', () =>
  withDesk(async (desk, page) => {
    await visit(page, '/prompts');
    const row = page.locator(`${testId('prompt-row')}[data-name="greeting"]`);
    await row.locator('[data-source="shipped"]').waitFor();
    await page.locator(testId('replace-greeting')).click();
    const file = page.locator(testId('prompt-file'));
    const whole = wav(44_100, 2);
    await file.setInputFiles({ name: 'cut.wav', mimeType: 'audio/wav', buffer: whole.subarray(0, 90_000) });
    await page.locator(testId('prompt-keep')).click();
    await page.locator(testId('prompt-refused'), { hasText: '文件头写明' }).waitFor();
    // The refusal is what was asked for.
    desk.faults.splice(0, desk.faults.length, ...desk.faults.filter((fault) => !/422/.test(fault)));
    await file.setInputFiles({ name: 'whole.wav', mimeType: 'audio/wav', buffer: whole });
    await page.locator(testId('prompt-keep')).click();
    await row.locator('[data-source="uploaded"]').waitFor();
    await shoot(page, 'prompts');

    await page.locator(testId('replace-greeting')).click();
    await page.locator(testId('prompt-record')).click();
    await page.locator(`${testId('prompt-record')}.el-button--danger`).waitFor();
    await page.waitForFunction((since) => performance.now() > since + 1000, await page.evaluate(() => performance.now()));
    await page.locator(testId('prompt-record')).click();
    await page.locator(testId('prompt-preview')).waitFor();
    await page.locator(testId('prompt-keep')).click();
    await row.locator('[data-source="recorded"]').waitFor();

    await page.locator(testId('reset-greeting')).click();
    await confirm(page);
    await row.locator('[data-source="shipped"]').waitFor();
  }));

/** An endpoint that speaks texts, as the daemon's configuration names it; `answer` is the next status and body. */
async function voice(answer) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const body = [];
    for await (const part of request) body.push(part);
    asked.push({ path: request.url, ...JSON.parse(Buffer.concat(body).toString()) });
    const [status, said] = answer();
    response.writeHead(status).end(said);
  });
  await new Promise((listening) => server.listen(Number(process.env.VOICE_PORT), '127.0.0.1', listening));
  return { asked, stop: () => new Promise((done) => server.close(done)) };
}

test('a prompt is spoken from its text, heard before it is kept, and a voice that fails is told with its reason', () =>
  withDesk(async (desk, page) => {
    let answer = [503, 'busy'];
    const { asked, stop } = await voice(() => answer);
    try {
      await visit(page, '/prompts');
      await page.locator(testId('prompt-add')).click();
      await page.locator(testId('prompt-name')).fill('flood');
      const speak = page.locator(testId('prompt-speak'));
      assert.ok(await speak.isDisabled(), 'there is nothing to say yet');
      await page.locator(testId('prompt-text')).fill('汛期请注意安全');
      await speak.click();
      await page.locator(testId('problem')).filter({ hasText: '返回 503：busy' }).waitFor();
      desk.forgive(/502|503|409/);

      answer = [200, wav(24_000, 3)];
      await speak.click();
      const preview = page.locator(testId('prompt-preview'));
      await preview.waitFor();
      await page.waitForFunction((id) => document.querySelector(id).duration > 0, testId('prompt-preview'));
      const seconds = await preview.evaluate((one) => one.duration);
      assert.ok(Math.abs(seconds - 3) < 0.1, `${seconds} s`);
      await page.locator(testId('prompt-keep')).click();
      const row = page.locator(`${testId('prompt-row')}[data-name="flood"]`);
      await row.locator('[data-source="synthesised"]').waitFor();
      assert.match(await row.innerText(), /汛期请注意安全[\s\S]*3\.0/);
      const said = { path: '/v1/audio/speech', model: 'tts-1', voice: 'alloy', input: '汛期请注意安全', response_format: 'wav' };
      assert.deepEqual(asked, [said, said]);
      await shoot(page, 'prompt-spoken');
    } finally {
      await stop();
    }
  }));
