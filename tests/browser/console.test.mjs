// The console as each role meets it, against a running daemon (BASE_URL) with the demo's accounts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, baseUrl, openBrowser, openPage, shoot, shootAll, signIn, testId, visit } from './support.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

/** Runs one visit; whatever the page complained about fails it. */
async function withPage(username, act, viewport) {
  const { page, faults, close } = await openPage(browser, viewport);
  try {
    if (username) await signIn(page, username);
    await act(page, faults);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
}

async function recordedCalls(page) {
  const { items } = await api(page, 'calls?limit=50');
  return items.filter((one) => one.recording?.state === 'complete');
}

/** A ticket that a unit has, and the account of the clerk who has to deal with it. */
async function dispatchedTicket() {
  let found;
  await withPage('admin', async (page) => {
    const { items } = await api(page, 'tickets?limit=50');
    const ticket = items.find((one) => one.unit);
    assert.ok(ticket, 'no ticket was dispatched');
    const { items: users } = await api(page, 'users');
    const clerk = users.find((one) => one.role === 'unit' && one.unit_code === ticket.unit.code);
    assert.ok(clerk, `nobody works for ${ticket.unit.name}`);
    found = { clerk: clerk.username, number: ticket.number };
  });
  return found;
}

const pagesOf = {
  admin: ['inbox', 'live', 'supervise', 'tickets', 'supervisions', 'knowledge', 'calls', 'missed', 'callbacks', 'dialer', 'wall', 'menus', 'prompts', 'queues', 'hours', 'limits', 'lines', 'users', 'audit', 'units', 'duties'],
  operator1: ['desk', 'inbox', 'live', 'tickets', 'supervisions', 'knowledge', 'calls', 'missed', 'callbacks', 'wall', 'units'],
  supervisor1: ['inbox', 'live', 'supervise', 'tickets', 'supervisions', 'knowledge', 'calls', 'missed', 'callbacks', 'dialer', 'wall', 'audit', 'units', 'duties'],
  dispatcher1: ['inbox', 'tickets', 'live', 'supervisions', 'knowledge', 'calls', 'callbacks', 'wall', 'units', 'duties'],
  unit1: ['inbox', 'tickets', 'supervisions', 'units'],
};

test('a wrong password is refused in plain words', () =>
  withPage(null, async (page) => {
    await page.goto(`${baseUrl}/`);
    await page.locator(testId('login-username')).fill('admin');
    await page.locator(testId('login-password')).fill('not-the-password');
    await shoot(page, 'login');
    await page.locator(testId('login-submit')).click();
    assert.match(await page.locator(testId('login-fault')).innerText(), /用户名或密码不正确/);
  }));

for (const [username, names] of Object.entries(pagesOf)) {
  test(`${username} opens every page of the role, and only those are offered`, () =>
    withPage(username, async (page) => {
      // The big screen has no frame to come back by; it is tested with the desk.
      for (const name of names.filter((one) => one !== 'wall')) {
        await visit(page, `/${name}`);
        assert.equal(await page.locator(testId('problem')).count(), 0, `${name} shows a problem`);
        await shoot(page, `${username}-${name}`);
      }
      const offered = await page.locator('[data-testid^="nav-"]').evaluateAll((links) =>
        links.map((link) => link.dataset.testid.slice(4)),
      );
      assert.deepEqual(offered.sort(), [...names].sort());
    }));
}

test('a page of another role sends the person home', () =>
  withPage('unit1', async (page) => {
    await page.goto(`${baseUrl}/#/users`);
    await page.locator(testId('nav-inbox')).waitFor();
    await page.waitForURL(/#\/inbox/);
  }));

test('an address without the hash leads to its page', () =>
  withPage('dispatcher1', async (page) => {
    await page.goto(`${baseUrl}/tickets?state=closed`);
    await page.waitForURL(/\/#\/tickets\?state=closed/);
    await page.locator(testId('nav-tickets')).waitFor();
  }));

test('the live page shows calls, queues, operators and the state of speech', () =>
  withPage('supervisor1', async (page) => {
    await visit(page, '/live');
    for (const id of ['live-calls', 'queue-board', 'operator-board', 'speech-state', 'today-calls']) {
      await page.locator(testId(id)).waitFor();
    }
    const { speech } = await api(page, 'overview');
    if (speech.state === 'no_model') {
      assert.match(await page.locator(testId('speech-state')).innerText(), /未配置语音模型/);
    }
  }));

test('a supervisor holds a kind of calls with a reason, lets it go on, and keeps the do-not-call list', () =>
  withPage('supervisor1', async (page) => {
    await visit(page, '/dialer');
    const card = page.locator(testId('kind-missed'));
    await card.locator(testId('kind-pause')).click();
    await page.locator(testId('reason')).fill('线路检修');
    await page.locator(testId('reason-give')).click();
    await card.locator(testId('kind-paused')).filter({ hasText: '线路检修' }).waitFor();
    await shoot(page, 'dialer-held');
    await card.locator(testId('kind-resume')).click();
    await card.locator(testId('kind-paused')).waitFor({ state: 'detached' });
    await page.locator(testId('dialer-numbers')).click();
    await page.locator(testId('number-number')).fill('+86 139 0000 7777');
    await page.locator(testId('number-reason')).fill('本人要求');
    await page.locator(testId('number-add')).click();
    const row = page.locator(testId('number-row')).filter({ hasText: '13900007777' });
    await row.waitFor();
    await row.locator(testId('number-remove')).click();
    await page.locator('.el-message-box .el-button--primary').click();
    await row.waitFor({ state: 'detached' });
  }));

test('a recording plays, moves on and stops, from the ticket it belongs to', () =>
  withPage('supervisor1', async (page) => {
    const call = (await recordedCalls(page)).find((one) => one.ticket_number && one.direction === 'inbound');
    assert.ok(call, 'no call with a complete recording and a ticket');
    await visit(page, '/tickets');
    await page.locator(`a[href$="/tickets/${call.ticket_number}"]`).first().click();
    await page.locator(testId('ticket-number')).filter({ hasText: call.ticket_number }).waitFor();
    const player = page.locator(testId('audio-player')).first();
    await player.locator(testId('audio-play')).click();
    await page.waitForFunction(() => [...document.querySelectorAll('audio')].some((a) => a.currentTime > 1.2));
    assert.match(await player.locator(testId('audio-position')).innerText(), /^0:0[1-9]$/);
    await shoot(page, 'ticket-playing');
    const length = await player.locator('audio').evaluate((audio) => audio.duration * 1000);
    assert.ok(Math.abs(length - call.recording.duration_ms) < 100, `${length} ms, not ${call.recording.duration_ms}`);
    await player.locator(testId('audio-play')).click();
    await page.locator(`${testId('audio-player')}[data-playing="true"]`).waitFor({ state: 'detached' });
    await shootAll(page, 'ticket');
  }));

test('a click on a transcript segment plays from it and marks it', () =>
  withPage('supervisor1', async (page) => {
    const { speech } = await api(page, 'overview');
    const recorded = await recordedCalls(page);
    if (speech.state === 'no_model') {
      await visit(page, `/calls/${recorded[0].id}`);
      await page.getByText('未配置语音模型').waitFor();
      return;
    }
    const call = recorded.find((one) => one.direction === 'inbound' && one.transcript_state === 'done');
    assert.ok(call, 'no call has a transcript');
    const { segments } = await api(page, `calls/${call.id}/transcript`);
    assert.ok(segments.length > 1, 'a conversation has more than one segment');
    await visit(page, `/calls/${call.id}`);
    const shown = page.locator(testId('transcript-segment'));
    await shown.first().waitFor();
    assert.deepEqual((await shown.locator('button').allInnerTexts()).sort(), segments.map((one) => one.text).sort());
    const from = Math.max(...segments.map((one) => one.start_ms)) / 1000;
    await shown.last().locator('button').click();
    await page.waitForFunction((at) => document.querySelector('audio').currentTime >= at, from);
    const marked = page.locator(`${testId('transcript-segment')}[data-current="true"]`);
    await marked.waitFor();
    assert.equal(await marked.innerText(), await shown.last().innerText());
    await shoot(page, 'call-transcript');
    await shootAll(page, 'call');
  }));

test('the administrator sees a menu as steps and its versions', () =>
  withPage('admin', async (page) => {
    await visit(page, '/menus');
    await page.locator(`${testId('menu-row')} a`).first().click();
    await page.locator(testId('menu-node')).first().waitFor();
    await page.locator(testId('versions')).waitFor();
    await shoot(page, 'menu');
  }));

test('a new queue is begun like the one on the screen, and is there for flows once it is saved', () =>
  withPage('admin', async (page) => {
    await visit(page, '/queues');
    await page.locator(testId('queue-new')).click();
    await page.locator(testId('queue-new-name')).fill('night');
    await page.locator(testId('queue-new')).click();
    await page.locator(testId('queue-title')).fill('夜间受理');
    await page.locator(testId('overflow_when_paused')).click();
    await page.locator(testId('queue-save')).click();
    await page.locator(testId('versions')).waitFor();
    const saved = await api(page, 'queues/night');
    assert.deepEqual([saved.version, saved.settings.title, saved.settings.overflow_when_paused], [1, '夜间受理', true]);
    await page.locator('label').filter({ hasText: '夜间受理' }).waitFor();
  }));

test('an article is found, changed, and brought back as it was', async () => {
  await withPage('supervisor1', async (page) => {
    await visit(page, '/knowledge');
    await page.locator(testId('article-search')).fill('停水');
    await page.keyboard.press('Enter');
    const row = page.locator(testId('article-row')).filter({ hasText: '停水' }).first();
    const title = await row.locator('a').innerText();
    await row.locator('a').click();
    const body = page.locator(testId('article-body'));
    const before = await body.innerText();
    await page.locator(testId('article-edit')).click();
    await page.locator(testId('article-text')).fill('抢修电话二十四小时有人接听。');
    await page.locator(testId('article-save')).click();
    await body.filter({ hasText: '二十四小时有人接听' }).waitFor();
    await shoot(page, 'knowledge-article');
    await page.locator(testId('look-1')).click();
    await page.locator(testId('article-old')).waitFor();
    assert.equal(await body.innerText(), before);
    await page.locator(testId('rollback-1')).click();
    await page.locator('.el-message-box .el-button--primary').click();
    await page.locator(testId('rollback-2')).waitFor();
    assert.equal(await body.innerText(), before);

    // One whose last day is over is marked.
    await visit(page, '/knowledge/new');
    await page.locator(testId('article-title')).fill(`${title}（旧）`);
    await page.locator(testId('article-text')).fill('去年的通知');
    await page.locator('#k-until').fill('2020-01-31');
    await page.keyboard.press('Enter');
    await page.locator(testId('article-save')).click();
    await page.locator(`${testId('article-state')}[data-state="expired"]`).waitFor();
  });
  await withPage('operator1', async (page) => {
    await visit(page, '/knowledge');
    const expired = page.locator(testId('article-row')).filter({ hasText: '（旧）' });
    await expired.locator(`${testId('article-state')}[data-state="expired"]`).waitFor();
    await shoot(page, 'knowledge');
    // Operators read.
    assert.equal(await page.locator(testId('article-new')).count(), 0);
    await expired.locator('a').click();
    await page.locator(testId('article-body')).waitFor();
    assert.equal(await page.locator(testId('article-edit')).count(), 0);
  });
});

test('a fault in a menu is shown at its step and nothing is saved', () =>
  withPage('admin', async (page) => {
    const [menu] = [await api(page, 'menus')].flatMap((answer) => answer.items ?? answer);
    await visit(page, `/menus/${menu.name}`);
    await page.locator(testId('view-raw')).click();
    const raw = page.locator(`${testId('menu-raw')}, ${testId('menu-raw')} textarea`).last();
    const flow = JSON.parse(await raw.inputValue());
    const broken = Object.values(flow.nodes).find((one) => one.next || one.open || one.overflow);
    for (const way of ['next', 'open', 'overflow']) if (broken[way]) broken[way] = 'nowhere';
    await raw.fill(JSON.stringify(flow));
    await page.locator(testId('view-graph')).click();
    // As it is typed, before anything is saved.
    await page.locator(`${testId('menu-node')}.faulty`).first().waitFor();
    assert.ok(await page.locator(testId('menu-publish')).isDisabled());
    await shoot(page, 'menu-fault');
    const after = await api(page, `menus/${menu.name}`);
    assert.equal(after.version, menu.version);
  }));

test('a unit’s clerk reads a ticket on a telephone without sideways scrolling', async () => {
  const { clerk, number } = await dispatchedTicket();
  await withPage(
    clerk,
    async (page) => {
      for (const [address, name] of [['/inbox', 'phone-inbox'], ['/tickets', 'phone-tickets'], [`/tickets/${number}`, 'phone-ticket']]) {
        await visit(page, address);
        await shootAll(page, name);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `${address} is ${wide} px too wide`);
      }
      // Recordings are the office's.
      assert.equal(await page.locator(testId('audio-player')).count(), 0);
    },
    { width: 390, height: 844 },
  );
});

test('a clerk sees a masked number until a reason is given, and the supervisor sees who did and why', async () => {
  const { clerk, number } = await dispatchedTicket();
  await withPage(clerk, async (page) => {
    await visit(page, `/tickets/${number}`);
    const phone = page.locator(testId('masked-contact_phone'));
    assert.match(await phone.innerText(), /^\d+\*+\d+$/);
    await page.locator(testId('reveal-contact_phone')).click();
    await page.locator(testId('reveal-reason')).fill('首次联系诉求人');
    await shoot(page, 'reveal');
    await page.locator(testId('reveal-run')).click();
    await page.locator(testId('reveal-contact_phone')).waitFor({ state: 'detached' });
    assert.match(await phone.innerText(), /^\d+$/);
  });
  await withPage('supervisor1', async (page) => {
    await visit(page, `/tickets/${number}`);
    const readers = page.locator(testId('ticket-readers'));
    await readers.getByText('显示隐藏的信息').first().waitFor();
    await visit(page, '/audit');
    await page.locator(testId('audit-actor')).fill(clerk);
    await page.keyboard.press('Enter');
    await page.locator(testId('audit-row')).getByText('首次联系诉求人').first().waitFor();
    await page.locator(testId('audit-verify')).click();
    await page.locator(testId('audit-result')).getByText('均未被改动').waitFor();
    await shootAll(page, 'audit');
  });
});

test('a lost connection is said, and the page recovers', () =>
  withPage('supervisor1', async (page, faults) => {
    await visit(page, '/live');
    await page.route('**/api/v1/events', (route) => route.abort());
    await page.reload();
    await page.locator(testId('connection-lost')).waitFor();
    // What is so now is shown all the same.
    await page.locator(`${testId('operator-board')} li`).first().waitFor();
    await shoot(page, 'connection-lost');
    await page.unroute('**/api/v1/events');
    await page.locator(testId('connection-lost')).waitFor({ state: 'detached' });
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ERR_FAILED/.test(fault)));
  }));

for (const [width, height] of [
  [1920, 1080],
  [3840, 2160],
]) {
  test(`the wallboard is whole and legible at ${width} by ${height}, and says when its figures are old`, () =>
    withPage(
      'supervisor1',
      async (page, faults) => {
        await page.goto(`${baseUrl}/#/wall`);
        const { offered } = await api(page, 'wallboard');
        const shown = page.locator(testId('wall-offered'));
        await shown.filter({ hasText: String(offered) }).waitFor();
        const boxes = await page.locator('.wall *').evaluateAll((all) =>
          all.map((one) => {
            const { right, bottom } = one.getBoundingClientRect();
            return { right, bottom, letters: parseFloat(getComputedStyle(one).fontSize) };
          }),
        );
        const outside = boxes.filter((box) => box.right > width + 1 || box.bottom > height + 1);
        assert.equal(outside.length, 0, 'something hangs out of the screen');
        // Letters of 1/36 of the height are read from ten metres on a screen of 55 inches.
        const smallest = Math.min(...boxes.map((box) => box.letters));
        assert.ok(smallest >= height / 36, `${smallest} px`);
        await shoot(page, `wallboard-${height}`);

        await page.route('**/api/v1/wallboard', (route) => route.abort());
        await page.locator(testId('wall-lost')).waitFor();
        assert.equal(await shown.innerText(), String(offered));
        await page.unroute('**/api/v1/wallboard');
        await page.locator(testId('wall-lost')).waitFor({ state: 'detached' });
        faults.splice(0, faults.length, ...faults.filter((fault) => !/ERR_FAILED/.test(fault)));
      },
      { width, height },
    ));
}

test('signing out leaves nothing behind', () =>
  withPage('supervisor1', async (page) => {
    await page.locator(testId('sign-out')).click();
    await page.locator(testId('login-submit')).waitFor();
    await page.goto(`${baseUrl}/#/live`);
    await page.locator(testId('login-submit')).waitFor();
  }));

test('a part of a title finds its ticket and is marked, and the search is kept', () =>
  withPage('dispatcher1', async (page) => {
    const phrase = '门路灯';
    const status = await page.evaluate(async () => {
      const body = JSON.stringify({ title: '清河湾东门路灯不亮' });
      const headers = { 'Content-Type': 'application/json' };
      return (await fetch('/api/v1/tickets', { method: 'POST', headers, body })).status;
    });
    assert.equal(status, 201);
    const box = page.locator(testId('ticket-search'));
    await visit(page, '/tickets');
    await box.fill(phrase);
    await box.press('Enter');
    const mark = page.locator(`${testId('search-hit')} mark`).first();
    await mark.waitFor();
    assert.equal(await mark.innerText(), phrase);
    await page.locator(testId('view-save')).click();
    await page.locator(testId('view-name')).fill(`查${phrase}`);
    await page.locator(testId('view-keep')).click();
    const kept = page.locator(testId('saved-view')).filter({ hasText: `查${phrase}` });
    await kept.waitFor();
    await shoot(page, 'tickets-search');
    await visit(page, '/tickets');
    await page.reload();
    await kept.waitFor();
    await kept.click();
    await mark.waitFor();
    assert.equal(await box.inputValue(), phrase);
  }));
