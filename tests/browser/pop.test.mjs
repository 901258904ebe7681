// What an operator sees and does besides talking: who rings, whom a call is handed to, what a supervisor forces, in both languages and on
// the smallest screen. Against a running daemon.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CITIZEN_HERTZ, toneOverTime } from './desk-support.mjs';
import {
  answeredCall,
  hangUp,
  HEARD,
  isEnded,
  lastCall,
  MINE_HERTZ,
  oneBrowser,
  OUTSIDE_HERTZ,
  ready,
  recordingOf,
  ringing,
  SECOND_HERTZ,
  stage,
  toldInWords,
  transfer,
  until,
  withDesk,
} from './desk-scenes.mjs';
import { api, baseUrl, openPage, shoot, signIn, testId, visit } from './support.mjs';

oneBrowser();

/** Fills fields of a ticket as another page would. */
async function fill(page, number, fields) {
  const { version } = await api(page, `tickets/${number}`);
  const answer = await page.request.post(`${baseUrl}/api/v1/tickets/${number}/fill`, { data: { version, ...fields } });
  assert.ok(answer.ok(), await answer.text());
}

/** Gives a unit these people; the answer takes them away again. */
async function peopleOf(unit, contacts) {
  const { page, close } = await openPage(stage.browser);
  await signIn(page, 'admin1');
  const put = async (data) => {
    const answer = await page.request.put(`${baseUrl}/api/v1/unit-directory/${unit}/contacts`, { data });
    assert.ok(answer.ok(), await answer.text());
  };
  await put({ contacts });
  return async () => {
    await put({ contacts: [] });
    await close();
  };
}

test('before the answer the page tells who calls, from where, what is open, and how long they waited', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    const caller = '02088886666';
    await ready(desk);
    await answeredCall(desk, caller);
    const first = await until(desk.page, 'calls?limit=1', ({ items }) => items[0].ticket_number);
    const number = first.items[0].ticket_number;
    await desk.locate('field-title').fill('路灯三天不亮');
    await desk.page.locator(`${testId('save-note')}[data-state="saved"]`).waitFor();
    await hangUp(desk);
    await fill(desk.page, number, { caller_name: '秦女士', place: '御景湾小区', content: '路灯坏了，怕出事' });

    await desk.page.keyboard.press('Alt+r');
    await desk.state('ready').waitFor();
    const beside = [];
    await desk.page.route('**/api/v1/calls/*/context', async (route) => {
      beside.push(await desk.locate('caller-context').count());
      await route.continue();
    });
    await ringing(desk, caller);
    const pop = desk.locate('caller-context');
    await pop.waitFor();
    assert.equal(beside[0], 0, 'nothing is said of who called before');
    assert.equal(await desk.phase('ringing').count(), 1, 'nobody has answered');
    const text = await pop.innerText();
    for (const wanted of ['固定电话', '广东广州', '秦女士', '御景湾小区', '路灯三天不亮', '未办结工单', '最近通话']) {
      assert.ok(text.includes(wanted), `${wanted} is not in: ${text}`);
    }
    assert.match(text, /\d:\d\d/, 'how long they waited');
    const context = await api(desk.page, `calls/${(await lastCall(desk.page)).id}/context`);
    assert.ok(context.menu_path.length > 0 && text.includes(context.menu_path[0].title), text);
    assert.match(await desk.locate('desk-caller').innerText(), new RegExp(caller));
    await shoot(desk.page, 'desk-pop');
    await desk.page.keyboard.press('F2');
    await desk.phase('talking').waitFor();
    await hangUp(desk);
  }));

test('an answer that comes just after the caller gave up is refused in words, and the desk is free again', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    await ready(desk);
    const number = '13800000051';
    const citizen = await ringing(desk, number);
    const { id } = await lastCall(desk.page, ({ caller }) => caller === number);
    await desk.page.route('**/api/v1/desk/answer', async (route) => {
      await citizen.stop();
      await until(desk.page, `calls/${id}`, isEnded);
      await route.continue();
    });
    await desk.page.keyboard.press('F2');
    await toldInWords(desk, '没有正在振铃的来电，可能已被取消');
    await shoot(desk.page, 'desk-cancelled');
    await desk.state('ready').waitFor();
    assert.equal(await desk.isRinging(), false);
    await until(desk.page, `calls/${id}`, (call) => call.outcome === 'abandoned');
    desk.forgive(/409/);
  }));

/** Presses keys for the unit that is asked, then for the citizen, then in the three-way call for either. */
async function keysGoWhereTheyShould(desk) {
  const press = async (key, to) => {
    const asked = desk.page.waitForRequest((one) => one.url().endsWith('/desk/dtmf'));
    await desk.page.keyboard.press(key);
    assert.deepEqual((await asked).postDataJSON(), { digits: key, to });
    await desk.locate('keypad-sent').filter({ hasText: key }).waitFor();
  };
  const chosen = (who) => desk.page.waitForFunction((id) => document.querySelector(`[data-testid="${id}"]`)?.checked, `keypad-${who}`);
  await desk.page.keyboard.press('F9');
  await chosen('third');
  await press('1', 'third');
  await desk.page.keyboard.press('Alt+s');
  await chosen('citizen');
  await press('7', 'citizen');
  await desk.page.keyboard.press('Alt+m');
  await chosen('third');
  await press('2', 'third');
  await shoot(desk.page, 'desk-keypad-three-way');
  await desk.locate('keypad-citizen').check();
  await press('8', 'citizen');
  await desk.page.keyboard.press('Escape');
  await desk.locate('keypad').waitFor({ state: 'detached' });
}

test('whoever is on duty at a unit is found by the unit or the word, and called', () =>
  withDesk('operator1', MINE_HERTZ, async (desk) => {
    const clerk = (name, mobile, duty) => ({ name, office: '值班员', mobile, duty });
    const close = await peopleOf('huanwei', [clerk('周某', '13900000001', '2001-01-01'), clerk('孙某', '13800000016', '')]);
    try {
      await ready(desk);
      await answeredCall(desk, '13800000057');
      await desk.hears([CITIZEN_HERTZ]);
      await desk.page.keyboard.press('F7');
      const rows = desk.locate('transfer-target');
      await desk.locate('transfer-find').fill('值班员');
      await rows.nth(1).waitFor();
      assert.match(await rows.nth(0).innerText(), /孙某[^]*环卫[^]*今日值班/);
      assert.doesNotMatch(await rows.nth(1).innerText(), /今日值班/);
      await desk.locate('transfer-find').fill('环卫 孙');
      await rows.nth(1).waitFor({ state: 'detached' });
      await shoot(desk.page, 'desk-transfer-duty');
      await desk.locate('transfer-find').press('Control+Enter');
      await desk.page.locator(`${testId('desk-consult')}[data-state="talking"]`).waitFor({ timeout: 15_000 });
      await desk.hears([OUTSIDE_HERTZ], [CITIZEN_HERTZ]);
      assert.match(await desk.locate('consult-name').innerText(), /县城管局\(环卫\) 值班员 孙某/);
      await desk.page.keyboard.press('Alt+x');
      await desk.hears([CITIZEN_HERTZ], [OUTSIDE_HERTZ]);
      // A number that is nobody's: she must know that the citizen hears her again.
      await transfer(desk, '05348200099', 'Control+Enter');
      await toldInWords(desk, '05348200099 未接通（空号），您正在与市民通话');
      await desk.hears([CITIZEN_HERTZ]);
      await hangUp(desk);
    } finally {
      await close();
    }
  }));

test('a call is handed to a queue, and from there to the telephone of a unit', () =>
  withDesk('operator1', MINE_HERTZ, (first) =>
    withDesk('operator2', SECOND_HERTZ, async (second) => {
      await ready(first);
      const citizen = await answeredCall(first, '13800000052');
      await first.hears([CITIZEN_HERTZ]);
      await ready(second);
      await transfer(first, '综合受理', 'Enter');
      await second.phase('ringing').waitFor({ timeout: 30_000 });
      await first.hears([], [CITIZEN_HERTZ]);
      await second.page.keyboard.press('F2');
      await second.hears([CITIZEN_HERTZ]);
      // The voice may be there before the page knows of the call.
      await second.phase('talking').waitFor();
      const call = await lastCall(second.page, ({ operator }) => operator?.username === 'operator2');
      // The answer comes late: what was opened meanwhile stays open.
      await second.page.route('**/api/v1/desk/transfer', async (route) => {
        const response = await route.fetch();
        await second.locate('keypad').waitFor();
        await route.fulfill({ response });
      });
      await transfer(second, '县城管局(环卫)', 'Control+Enter');
      await second.page.locator(`${testId('desk-consult')}[data-state="talking"]`).waitFor({ timeout: 15_000 });
      await second.hears([OUTSIDE_HERTZ], [CITIZEN_HERTZ]);
      assert.match(await second.locate('consult-name').innerText(), /县城管局\(环卫\)/);
      await shoot(second.page, 'desk-unit');
      await keysGoWhereTheyShould(second);
      await second.page.keyboard.press('Alt+c');
      await second.state('wrap_up').waitFor();
      // The citizen and the unit go on without any operator, for long enough to be found in the recording.
      await second.clockMoves(2);
      assert.equal((await api(second.page, `calls/${call.id}`)).state, 'talking');
      await citizen.stop();
      assert.equal(citizen.keys(), '78', 'and none of the unit’s');
      const { legs } = await until(second.page, `calls/${call.id}`, isEnded);
      assert.ok(legs.some((leg) => leg.party === '05348200030'), JSON.stringify(legs));
      const unit = toneOverTime(await recordingOf(second.page, call), 1, OUTSIDE_HERTZ);
      assert.ok(unit.filter((one) => one > HEARD).length > 10, 'the citizen hears the unit');
    }),
  ));

test('a supervisor pauses an operator and makes her ready again; her page says by whom', () =>
  withDesk('operator1', MINE_HERTZ, (desk) =>
    withDesk('supervisor1', null, async (supervisor) => {
      await ready(desk);
      await visit(supervisor.page, '/supervise');
      const row = supervisor.page.locator(testId('monitor-row')).filter({ hasText: 'operator1' });
      await row.locator(testId('force-paused')).click();
      await desk.state('paused').waitFor();
      await desk.locate('desk-state').filter({ hasText: '督导安排' }).waitFor();
      await shoot(desk.page, 'desk-forced');
      await row.locator(testId('force-ready')).click();
      await desk.state('ready').waitFor();
    }),
  ));

test('help is asked for by one key and seen by the supervisor, whose words reach the operator in mid-call', () =>
  withDesk('operator1', MINE_HERTZ, (desk) =>
    withDesk('supervisor1', null, async (supervisor) => {
      await ready(desk);
      await answeredCall(desk, '13800000054');
      await visit(supervisor.page, '/supervise');
      await desk.page.keyboard.press('Alt+h');
      await toldInWords(desk, '已通知督导');
      const help = supervisor.locate('help').filter({ hasText: 'operator1' });
      await help.waitFor();
      await shoot(supervisor.page, 'board-help');
      await help.locator(testId('help-seen')).click();
      await help.waitFor({ state: 'detached' });
      await supervisor.locate('message-to').selectOption('operator1');
      await supervisor.locate('message-text').fill('先安抚，再核对地址');
      await supervisor.locate('message-send').click();
      await toldInWords(desk, '先安抚，再核对地址');
      await desk.locate('messages').filter({ hasText: '先安抚，再核对地址' }).waitFor();
      await hangUp(desk);
    }),
  ));

/** What is cut off on this screen: anything to press or read that ends outside it, and words that do not fit what holds them. */
function cutOff() {
  const faults = [];
  const sideways = document.documentElement.scrollWidth - window.innerWidth;
  if (sideways > 0) faults.push(`scrolls ${sideways} px sideways`);
  for (const one of document.querySelectorAll('button, a, input, textarea, label, h1, h2, h3, p, td, th, .tag')) {
    const box = one.getBoundingClientRect();
    const name = `${one.tagName} ${(one.innerText ?? '').slice(0, 20)}`;
    if (box.width === 0 || box.height === 0 || one.closest('[aria-hidden="true"]')) continue;
    // Meant for those who listen to the page, not for those who look at it.
    const style = getComputedStyle(one);
    if (box.right <= 0 || style.clipPath !== 'none') continue;
    if (box.left < -1 || box.right > window.innerWidth + 1) faults.push(`${name} ends at ${Math.round(box.right)}`);
    const clips = style.overflowX !== 'visible' && !/INPUT|TEXTAREA/.test(one.tagName);
    if (clips && style.textOverflow !== 'ellipsis' && one.scrollWidth > one.clientWidth + 1) faults.push(`${name} is cut`);
  }
  return faults;
}

for (const [language, word] of [['zh-CN', '示忙'], ['en', 'Pause']]) {
  test(`on 1366x768 nothing of the desk is cut off or scrolls sideways, in ${language}`, () =>
    withDesk(
      'operator1',
      MINE_HERTZ,
      async (desk) => {
        const fits = async (name) => {
          assert.deepEqual(await desk.page.evaluate(cutOff), [], `${name} in ${language}`);
          await shoot(desk.page, `desk-${language}-${name}`);
        };
        assert.equal(await desk.page.evaluate(() => document.documentElement.lang), language);
        await ready(desk);
        await fits('idle');
        assert.match(await desk.locate('desk-pause').innerText(), new RegExp(word));
        await ringing(desk, '13800000053');
        await desk.locate('caller-context').waitFor();
        await fits('ringing');
        await desk.page.keyboard.press('F2');
        await desk.phase('talking').waitFor();
        await desk.locate('ticket-form').waitFor();
        await fits('talking');
        await desk.page.keyboard.press('F7');
        await desk.locate('transfer-target').first().waitFor();
        await fits('transfer');
        await desk.page.keyboard.press('Escape');
        await desk.locate('transfer').waitFor({ state: 'detached' });
        await hangUp(desk);
        await fits('wrap-up');
      },
      { prepare: (page) => page.addInitScript((kept) => localStorage.setItem('minsheng.locale', kept), language) },
    ));
}
