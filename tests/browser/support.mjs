// What the browser tests share. Knows only the console's test ids, never its code.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const baseUrl = process.env.BASE_URL ?? 'http://127.0.0.1:8345';
export const password = process.env.MINSHENG_PASSWORD ?? 'minsheng-demo';
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const screens = process.env.SCREENS ?? path.join(root, 'target', 'screens');

// Without the background flags a browser start looks up hosts that a closed network refuses.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

const browserOptions = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true };

export const testId = (id) => `[data-testid="${id}"]`;

/** With `more` arguments, if a test wants some. */
export async function openBrowser(more = []) {
  await mkdir(screens, { recursive: true });
  return chromium.launch({ ...browserOptions, args: [...args, ...more] });
}

/** A browser of its own that can be killed as a computer breaks down. */
export async function openMortalBrowser() {
  const server = await chromium.launchServer({ ...browserOptions, args });
  const browser = await chromium.connect(server.wsEndpoint());
  return { browser, kill: () => server.kill() };
}

/** A fresh page that remembers everything that should not happen: errors, and requests to anywhere else. */
export async function openPage(browser, viewport = { width: 1366, height: 768 }) {
  const context = await browser.newContext({ viewport, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults = [];
  const origin = new URL(baseUrl).origin;
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // A refused log-in and the question "who am I" before it are answers, not faults.
    if (message.type() === 'error' && !/401/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) faults.push(`outside: ${url.href}`);
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400 && response.status() !== 401) faults.push(`${response.status()} ${pathname}`);
  });
  /** What a test provoked is no fault. */
  const forgive = (pattern) => faults.splice(0, faults.length, ...faults.filter((one) => !pattern.test(one)));
  return { page, faults, forgive, close: () => context.close() };
}

export async function signIn(page, username) {
  await page.goto(`${baseUrl}/#/login`);
  await page.locator(testId('login-username')).fill(username);
  await page.locator(testId('login-password')).fill(password);
  await page.locator(testId('login-submit')).click();
  await page.locator(testId('who')).waitFor();
}

/** Opens a page of the console and waits until it has loaded what it shows. */
export async function visit(page, hash) {
  await page.goto(`${baseUrl}/#${hash}`);
  const names = { tickets: 'ticket', calls: 'call', menus: 'menu', knowledge: 'article' };
  const [, list, one] = hash.split('/');
  await page.locator(`main[data-page="${one ? names[list] : list}"] h1`).first().waitFor();
  await page.locator('main[aria-busy="false"]').waitFor();
}

export async function shoot(page, name) {
  await page.screenshot({ path: path.join(screens, `${name}.png`) });
}

/** The page in all its length: only its own part scrolls, so the window grows to fit it. */
export async function shootAll(page, name) {
  const { width, height } = page.viewportSize();
  const length = await page.evaluate(() =>
    Math.max(...['html', 'main', 'body'].map((tag) => document.querySelector(tag)?.scrollHeight ?? 0)),
  );
  await page.setViewportSize({ width, height: Math.max(height, length + 60) });
  await shoot(page, name);
  await page.setViewportSize({ width, height });
}

/** The JSON of an API address as the signed-in person gets it. */
export async function api(page, address) {
  const response = await page.request.get(`${baseUrl}/api/v1/${address}`);
  if (!response.ok()) throw new Error(`${response.status()} ${address}`);
  return response.json();
}
