// The figures of the desk's page, against a running daemon (BASE_URL): how soon it can be worked with, how much is loaded, and how soon the
// screen shows what happened. figures.mjs FILE: writes them as JSON.
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Desk } from './desk-support.mjs';
import { dial, ready } from './desk-scenes.mjs';
import { api, baseUrl, openBrowser, openPage, password, testId } from './support.mjs';

const LOADS = 7;
const TOGGLES = 40;
const CALLS = 5;

/** One cold load: until the desk can be worked with, and the bytes of its files as gzip sends them. */
async function coldLoad(browser) {
  const { page, close } = await openPage(browser);
  await page.request.post(`${baseUrl}/api/v1/session`, { data: { username: 'operator1', password } });
  const bodies = [];
  page.on('response', (response) => {
    if (/\.(js|css|svg)$|\/$/.test(new URL(response.url()).pathname)) bodies.push(response.body());
  });
  const begun = performance.now();
  await page.goto(`${baseUrl}/#/desk`);
  await page.locator(testId('desk-state')).waitFor();
  const took = performance.now() - begun;
  const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  await close();
  return { took, bytes };
}

/** Runs in the page: notes when the screen begins to show each state of the desk, and each phase of a call. */
function watchScreen() {
  const shown = (window.__shown = []);
  let before = '';
  const look = () => {
    const state = document.querySelector('[data-testid="desk-state"]')?.dataset.state ?? '';
    const phase = document.querySelector('[data-phase]')?.dataset.phase ?? '';
    if (`${state} ${phase}` === before) return;
    before = `${state} ${phase}`;
    // The picture is on the screen with the next frame.
    requestAnimationFrame(() => shown.push({ state, phase, at: performance.timeOrigin + performance.now() }));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

/** The first time from `since` on at which the screen shows it. */
async function shownAt(page, what, since) {
  const found = await page.waitForFunction(
    ({ what: [key, value], since: from }) => window.__shown.find((one) => one[key] === value && one.at >= from)?.at,
    { what, since },
    { polling: 'raf' },
  );
  return found.jsonValue();
}

/** When what operator1 is in now began, by the daemon's clock, which is this machine's. */
async function begun(page) {
  const operators = await api(page, 'operators');
  return Date.parse(operators.items.find((one) => one.username === 'operator1').since);
}

async function toggle(desk, supervisor, state) {
  const since = Date.now();
  const data = { state, reason: state === 'paused' ? 'forced' : null };
  await supervisor.request.post(`${baseUrl}/api/v1/operators/operator1/state`, { data });
  const at = await shownAt(desk.page, ['state', state], since);
  return at - (await begun(supervisor));
}

async function ring(desk, number) {
  const since = Date.now();
  const citizen = dial(number);
  const at = await shownAt(desk.page, ['phase', 'ringing'], since);
  const took = at - (await begun(desk.page));
  await citizen.stop();
  await desk.phase('ringing').waitFor({ state: 'detached' });
  return took;
}

const rank = (values, share) => values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
const times = async (count, act) => {
  const all = [];
  for (let n = 0; n < count; n += 1) all.push(await act(n));
  return all;
};

const browser = await openBrowser();
try {
  const loads = await times(LOADS, () => coldLoad(browser));
  const desk = await Desk.open(browser, 'operator1', 700, { prepare: (page) => page.addInitScript(watchScreen) });
  const supervisor = await openPage(browser);
  await supervisor.page.request.post(`${baseUrl}/api/v1/session`, { data: { username: 'supervisor1', password } });
  await ready(desk);
  const toggles = await times(TOGGLES, (n) => toggle(desk, supervisor.page, n % 2 ? 'ready' : 'paused'));
  const rings = await times(CALLS, (n) => ring(desk, `1380000009${n}`));
  const figures = {
    loads: loads.length,
    interactive_ms_p50: rank(loads.map((one) => one.took), 0.5),
    interactive_ms_max: rank(loads.map((one) => one.took), 1),
    first_load_kb: Math.max(...loads.map((one) => one.bytes)) / 1000,
    updates: toggles.length + rings.length,
    update_ms_p50: rank([...toggles, ...rings], 0.5),
    update_ms_p95: rank([...toggles, ...rings], 0.95),
    ring_ms_max: rank(rings, 1),
  };
  writeFileSync(process.argv[2], JSON.stringify(figures));
  console.log(figures);
} finally {
  await browser.close();
}
