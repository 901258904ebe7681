// The hotline as other computers of the office see it: HTTPS at the machine's own address with the certificate that the daemon made, the
// way to trust it, audio without any server but ours; and a citizen's words that appear while they are spoken. A daemon of its own (LAN).
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import http from 'node:http';
import tls from 'node:tls';
import { before, test } from 'node:test';
import { answeredCall, hangUp, MINE_HERTZ, oneBrowser, ready, stage, withDesk } from './desk-scenes.mjs';
import { baseUrl, openBrowser, shoot, testId } from './support.mjs';

const { hostname: host, port } = new URL(baseUrl);
const authority = new X509Certificate(await plain('/trust/ca.crt').then(({ body }) => body));
const shown = await certificate();
// What importing the authority into a browser does; its store of certificates is not for a script to write.
const digest = createHash('sha256').update(shown.publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
oneBrowser([`--ignore-certificate-errors-spki-list=${digest}`]);

function plain(path) {
  return new Promise((done, failed) => {
    const request = http.get({ host, port, path }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    request.on('error', failed);
  });
}

/** What the daemon shows to whoever comes encrypted. */
function certificate() {
  return new Promise((done, failed) => {
    const socket = tls.connect({ host, port, rejectUnauthorized: false }, () => {
      done(socket.getPeerX509Certificate());
      socket.end();
    });
    socket.on('error', failed);
  });
}

before(() => assert.equal(new URL(baseUrl).protocol, 'https:'));

test('the certificate is for this address and signed by the authority that the page hands out', () => {
  assert.ok(authority.ca && shown.verify(authority.publicKey));
  assert.ok(shown.checkIP(host), `${host} is not in ${shown.subjectAltName}`);
  assert.ok(Date.parse(shown.validTo) > Date.now());
});

test('a clerk who comes without encryption is shown the way, and a browser that does not trust yet is stopped', async () => {
  const stranger = await openBrowser();
  try {
    const page = await stranger.newPage();
    await page.goto(`http://${host}:${port}/trust`);
    const words = await page.locator('body').innerText();
    assert.match(words, /受信任的根证书颁发机构/);
    const fingerprint = authority.fingerprint256.replaceAll(':', '').toLowerCase();
    assert.ok(words.replaceAll(/[:\s]/g, '').toLowerCase().includes(fingerprint), 'the fingerprint to compare');
    // No microphone here, unless the machine has no address but loopback.
    assert.equal(await page.evaluate(() => globalThis.isSecureContext), host === '127.0.0.1');
    await shoot(page, 'trust');
    const loading = page.waitForEvent('download');
    await page.locator('a.button').first().click();
    assert.equal((await loading).suggestedFilename(), 'minsheng-ca.crt');
    await assert.rejects(page.goto(`http://${host}:${port}/`), /ERR_CERT_AUTHORITY_INVALID/);
  } finally {
    await stranger.close();
  }
  const { status, headers } = await plain('/desk');
  assert.deepEqual([status, headers.location], [307, `https://${host}:${port}/desk`]);
});

test('at the machine’s own address the microphone works, and what is said comes back', () =>
  withDesk('operator1', null, async (desk) => {
    assert.equal(await desk.page.evaluate(() => globalThis.isSecureContext), true);
    await desk.connect();
    await desk.locate('line-echo').click();
    await desk.page.waitForFunction(() => Number(document.querySelector('[data-testid="level-heard"]')?.dataset.value) > 0.2);
    await desk.locate('line-echo').click();
  }));

// Over loopback the same machine is another computer.
const elsewhere = host === '127.0.0.1' ? 'this machine has no other address' : false;

test('a session that was taken to another computer opens nothing, and the page says why', { skip: elsewhere }, () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    const cookies = await desk.page.context().cookies();
    const thief = await stage.browser.newContext({ locale: 'zh-CN' });
    await thief.addCookies(cookies.map((cookie) => ({ ...cookie, domain: '127.0.0.1' })));
    const page = await thief.newPage();
    await page.goto(`https://127.0.0.1:${port}/#/desk`);
    await page.locator(testId('login-fault')).filter({ hasText: '本次登录来自另一个网络地址' }).waitFor();
    assert.equal(await page.locator(testId('line-connect')).count(), 0);
    await shoot(page, 'desk-elsewhere');
    await thief.close();
    await desk.connect();
  }));

const speaks = process.env.SPEECH === 'yes';

test('what a citizen says appears while they say it', { skip: speaks ? false : 'no speech model' }, () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    await answeredCall(desk, '13900000001', process.env.CLIP);
    const words = desk.locate('live-segment').filter({ hasText: /水/ });
    await words.first().waitFor({ timeout: 60_000 });
    await desk.phase('talking').waitFor();
    assert.match(await desk.locate('live-transcript').innerText(), /市民/);
    await shoot(desk.page, 'desk-live-text');
    await hangUp(desk);
  }));
