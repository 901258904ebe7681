// One ticket through six people's hands, and a dispatcher without a mouse, against a running daemon (BASE_URL).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Person } from './life-support.mjs';
import { openBrowser } from './support.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

/** Lets people work; whatever one of their pages complained about fails the test, with a picture of each. */
async function withPeople(names, act) {
  const people = {};
  try {
    for (const [username, how] of Object.entries(names)) people[username] = await Person.at(browser, username, how);
    await act(people);
    for (const person of Object.values(people)) assert.deepEqual([person.username, person.faults], [person.username, []]);
  } catch (error) {
    for (const person of Object.values(people)) await person.shoot(`failed-${person.username}`).catch(() => undefined);
    throw error;
  } finally {
    for (const person of Object.values(people)) await person.close();
  }
}

const back = { texts: { reason: '小区内管网由物业维护', basis: '《物业管理条例》' }, pick: { code: 'zhujian', search: '住建' } };
const reply = { outcome: 'solved', text: '已更换阀门，现场恢复供水，并当面确认', public_text: '停水已修复', basis: '《城市供水条例》' };

test('one ticket goes through return, dispute, extension, dissatisfaction, redo and discharge in six people’s hands', () =>
  withPeople(
    { operator1: {}, dispatcher1: {}, water1: { phone: true }, building1: { phone: true }, supervisor1: {}, supervisor2: {} },
    async ({ operator1, dispatcher1, water1, building1, supervisor1, supervisor2 }) => {
      // Intake.
      await operator1.goTo('/tickets');
      await operator1.page.getByRole('button', { name: '新建工单' }).click();
      await operator1.locate('field-title').fill('清河湾小区停水三天');
      await operator1.locate('field-content').fill('3 号楼自前天起没有自来水，物业与供水公司互相推诿。');
      await operator1.page.locator('#f-phone').fill('13800000001');
      const classes = operator1.page.locator('.el-cascader input').first();
      await classes.fill('自来水供应');
      await operator1.page.locator('.el-cascader__suggestion-item').first().click();
      await operator1.shoot('1-intake');
      await operator1.confirm('accept');
      const number = await operator1.locate('ticket-number').innerText();
      await operator1.until(number, 'accepted');

      // Dispatch, by what the duty catalogue says.
      await dispatcher1.open('dispatch', number);
      await dispatcher1.locate('action-dispatch').click();
      await dispatcher1.page.locator(`[data-testid="unit-picker"][data-chosen="gongshui"]`).waitFor();
      await dispatcher1.type('note', '请尽快恢复供水');
      await dispatcher1.shoot('2-dispatch');
      await dispatcher1.locate('action-run').click();
      await dispatcher1.finished();
      await dispatcher1.until(number, 'dispatched');

      // Twice it comes back; then it is a dispute.
      for (const round of ['first', 'second']) {
        await water1.open('sign', number);
        if (round === 'first') {
          assert.ok((await water1.tooWide()) <= 0, 'the ticket scrolls sideways on a phone');
          await water1.shoot('3-unit-phone');
        }
        await water1.step('return', back);
        await water1.until(number, 'returned');
        await dispatcher1.open('returns', number);
        await dispatcher1.step('reject_return', { texts: { ground: '阀门在红线外，属供水职责' } });
      }
      await dispatcher1.until(number, 'disputed');
      await dispatcher1.open('disputes', number);
      await dispatcher1.step('meet', { texts: { participants: '县住建局、县供水公司', minutes: '红线内由住建局牵头' } });
      await supervisor1.open('disputes', number);
      await supervisor1.step('decide', {
        pick: { code: 'zhujian', search: '住建' },
        texts: { basis: '属地优先、首接负责', decision: '由县住建局主办，县供水公司配合' },
      });
      await supervisor1.until(number, 'dispatched');

      // The second unit: sign, contact, more time, reply.
      await building1.goTo('/inbox');
      await building1.locate('inbox-sign').locator('[data-testid="count"]').filter({ hasText: '1' }).waitFor();
      assert.ok((await building1.tooWide()) <= 0, 'the inbox scrolls sideways on a phone');
      await building1.shoot('4-inbox-phone');
      await building1.open('sign', number);
      await building1.confirm('sign');
      await building1.until(number, 'handling');
      await building1.open('handling', number);
      await building1.step('contact', { texts: { number: '0534-8200027', note: '已告知处理安排' }, photo: '现场.png' });
      await building1.page.locator('[data-testid="ticket-files"] [data-mime="image/png"]').waitFor();
      assert.ok((await building1.tooWide()) <= 0, 'a photo makes the ticket scroll sideways on a phone');
      await building1.shoot('4-photo-phone');
      await building1.step('extend', { texts: { limit: '3', reason: '阀门配件到货晚' } });
      await supervisor1.open('approvals', number);
      await supervisor1.shoot('5-approve-extension');
      await supervisor1.step('approve', { texts: { ground: '情况属实' } });
      const { text, public_text, basis } = reply;
      const answer = { texts: { text, public: public_text, basis }, choices: { outcome: 'solved' } };
      await building1.open('handling', number);
      await building1.step('reply', answer);
      await building1.until(number, 'replied');

      // Reviewed, called back, not satisfied: to be done again, under supervision.
      await dispatcher1.open('review', number);
      await dispatcher1.step('review', { choices: { passed: 'true' } });
      await dispatcher1.until(number, 'callback');
      await operator1.open('callback', number);
      await operator1.step('callback', { choices: { reached: 'true', contacted: 'true', solved: 'false', satisfaction: '1' } });
      await supervisor1.open('judge', number);
      await supervisor1.shoot('6-judge');
      await supervisor1.step('judge', { choices: { verdict: 'supervise', level: '2' }, texts: { ground: '楼上住户仍无水' } });
      await supervisor1.until(number, 'redo');
      await supervisor1.open('supervise', number);
      await building1.open('redo', number);
      await building1.shoot('7-redo-phone');
      await building1.step('reply', { ...answer, texts: { ...answer.texts, text: '已加装增压泵，逐户上门确认有水' } });
      await building1.until(number, 'replied');
      await dispatcher1.open('review', number);
      await dispatcher1.step('review', { choices: { passed: 'true' } });
      await operator1.open('callback', number);
      await operator1.step('callback', { choices: { reached: 'true', contacted: 'true', solved: 'true', satisfaction: '5' } });
      await operator1.until(number, 'closed');

      // 销号, by a second supervisor.
      await supervisor2.goTo(`/tickets/${number}`);
      await supervisor2.shows(number);
      await supervisor2.step('discharge', { texts: { ground: '群众满意，予以销号' } });
      await supervisor2.locate('timeline').getByText('销号').first().waitFor();
      await supervisor2.shoot('8-discharged');
      await supervisor2.locate('print').click();
      await supervisor2.locate('paper').getByText('销号').first().waitFor();
      await supervisor2.page.emulateMedia({ media: 'print' });
      await supervisor2.shoot('9-paper');
      const told = await supervisor2.ticket(number);
      const kinds = new Set(told.timeline.map((entry) => entry.kind));
      const way = ['returned', 'disputed', 'meeting_held', 'decided', 'extended', 'dissatisfied', 'judged', 'supervised', 'discharged'];
      assert.deepEqual(way.filter((kind) => !kinds.has(kind)), []);
    },
  ));

test('a dispatcher sends out and reviews without a mouse', () =>
  withPeople({ operator1: {}, dispatcher1: {}, water1: {} }, async ({ operator1, dispatcher1, water1 }) => {
    const fields = { class_code: '010101', contact_phone: '13800000002' };
    const numbers = [];
    for (const title of ['东关街停水', '西关街停水']) {
      const made = await operator1.post('tickets', { ...fields, title });
      await operator1.act(made.number, 'accept', {});
      numbers.push(made.number);
    }
    const { page } = dispatcher1;
    const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    const inbox = (name) => page.locator(`[data-testid="inbox"][data-inbox="${name}"]`);
    await dispatcher1.goTo('/inbox');
    await inbox('accept').or(inbox('dispatch')).first().waitFor();
    await keys('?');
    await dispatcher1.locate('keys').waitFor();
    await dispatcher1.shoot('keys');
    await keys('Escape');
    await dispatcher1.locate('keys').waitFor({ state: 'detached' });
    await keys('4');
    await inbox('dispatch').waitFor();
    await dispatcher1.locate('inbox-row').nth(1).waitFor();
    // Due at the same moment, they stand in the order of their numbers.
    numbers.sort();
    await keys('ArrowDown', 'ArrowUp', 'Enter');
    await dispatcher1.shows(numbers[0]);

    /** Presses the number that a candidate stands under. */
    const choose = async (code) => {
      await dispatcher1.locate(`candidate-${code}`).waitFor();
      const offered = await page.locator('[data-choices] [data-choice]').evaluateAll((all) => all.map((one) => one.dataset.testid));
      await keys(String(offered.indexOf(`candidate-${code}`) + 1));
      await page.locator(`[data-testid="unit-picker"][data-chosen="${code}"]`).waitFor();
    };

    // One of those that precedents and the catalogue offer.
    await keys('d');
    await choose('gongshui');
    await keys('Control+Enter');
    await dispatcher1.until(numbers[0], 'dispatched');

    // By itself the next one is there; this time another unit is searched for.
    await dispatcher1.shows(numbers[1]);
    await keys('d');
    await dispatcher1.locate('candidate-gongshui').waitFor();
    await page.waitForFunction(() => document.activeElement?.matches('[data-testid="unit-search"], [data-testid="unit-search"] input'));
    await page.keyboard.insertText('县住建局');
    // What was offered before the search has gone.
    await dispatcher1.locate('candidate-gongshui').waitFor({ state: 'detached' });
    await choose('zhujian');
    await dispatcher1.shoot('keys-dispatch');
    await keys('Control+Enter');
    await dispatcher1.until(numbers[1], 'dispatched');
    await inbox('dispatch').waitFor();
    await dispatcher1.locate('inbox-empty').waitFor();

    await water1.act(numbers[0], 'sign', {});
    await water1.act(numbers[0], 'reply', {
      ...reply,
      contact: { at: new Date().toISOString(), number: '0534-8220001', result: 'reached', note: '' },
    });
    await dispatcher1.locate('inbox-review').locator('[data-testid="count"]').filter({ hasText: '1' }).waitFor();
    const buttons = dispatcher1.locate('inboxes').locator('button');
    const names = await buttons.evaluateAll((all) => all.map((one) => one.dataset.testid));
    await keys(String(names.indexOf('inbox-review') + 1));
    await inbox('review').waitFor();
    await dispatcher1.locate('inbox-row').first().waitFor();
    await page.locator(`[data-testid="inbox-row"][data-number="${numbers[0]}"]:focus`).waitFor();
    await keys('r');
    await dispatcher1.shows(numbers[0]);
    await dispatcher1.locate('action-dialog').waitFor();
    await keys('1', 'Control+Enter');
    await dispatcher1.until(numbers[0], 'callback');
    await inbox('review').waitFor();
  }));

test('an entry of the duty catalogue changed in the console is what the next dispatch offers', () =>
  withPeople({ operator1: {}, dispatcher1: {} }, async ({ operator1, dispatcher1 }) => {
    const { page } = dispatcher1;
    const row = dispatcher1.locate('duty-row').filter({ hasText: '010102' });
    await dispatcher1.goTo('/duties');
    await dispatcher1.locate('duty-search').fill('供热');
    await dispatcher1.locate('duty-search').press('Enter');
    await row.waitFor();
    await row.locator('[data-testid="duty-edit"]').click();
    await dispatcher1.locate('duty-note').fill('换热站以下由热力公司直接处置');
    await dispatcher1.shoot('duty-edit');
    await dispatcher1.locate('duty-save').click();
    await dispatcher1.locate('duty-dialog').waitFor({ state: 'detached' });
    await row.filter({ hasText: '换热站' }).waitFor();
    await dispatcher1.shoot('duties');

    const made = await operator1.post('tickets', { title: '暖气不热', class_code: '010102', contact_phone: '13800000003' });
    await operator1.act(made.number, 'accept', {});
    await dispatcher1.open('dispatch', made.number);
    await dispatcher1.locate('action-dispatch').click();
    await dispatcher1.locate('candidate-reli').filter({ hasText: '换热站' }).waitFor();
    await page.keyboard.press('Escape');

    // A file is tried, and says what it would change; then the catalogue goes back to what it was.
    await dispatcher1.goTo('/duties');
    await dispatcher1.locate('duty-import').click();
    const file = '分类,区域,主办单位,协办单位,法律依据,备注,生效日期,失效日期\r\n010102,,reli,,《山东省供热条例》,,,\r\n';
    const csv = { name: 'duties.csv', mimeType: 'text/csv', buffer: Buffer.from(file) };
    await dispatcher1.locate('duty-file').setInputFiles(csv);
    await dispatcher1.locate('import-changes').locator('li').filter({ hasText: '协办单位' }).waitFor();
    await dispatcher1.shoot('duty-import');
    await page.getByRole('button', { name: '取消' }).click();
    await dispatcher1.locate('duty-history').click();
    await dispatcher1.locate('look-2').click();
    await dispatcher1.locate('import-changes').locator('li').filter({ hasText: '换热站' }).waitFor();
    await dispatcher1.locate('rollback-1').click();
    await page.locator('.el-message-box .el-button--primary').click();
    await dispatcher1.locate('duty-version-3').waitFor();
    await page.keyboard.press('Escape');
    await row.filter({ hasText: '换热站' }).waitFor({ state: 'detached' });
  }));

test('who may see the citizen of a confidential ticket is chosen by name', () =>
  withPeople({ operator1: {}, dispatcher1: {}, supervisor1: {}, supervisor2: {} }, async (people) => {
    const { operator1, dispatcher1, supervisor1, supervisor2 } = people;
    const { page } = dispatcher1;
    const { number } = await operator1.post('tickets', { title: '举报停水补偿被截留', class_code: '010101', contact_phone: '13800000004' });
    await operator1.act(number, 'accept', {});
    await dispatcher1.goTo(`/tickets/${number}`);
    await dispatcher1.shows(number);
    await page.locator('[data-testid="action-dispatch"].el-button--primary').waitFor();
    assert.equal(await page.locator('[data-testid="action-close"].el-button--primary').count(), 0, 'to close it looks as the main way');
    await dispatcher1.locate('action-protect').click();
    await dispatcher1.locate('action-named').click();
    await page.locator('.el-select-dropdown__item:visible').filter({ hasText: 'supervisor1' }).click();
    await dispatcher1.locate('action-dialog').locator('.el-dialog__title').click();
    await dispatcher1.type('reason', '举报人要求保密');
    await dispatcher1.shoot('protect');
    await dispatcher1.locate('action-run').click();
    await dispatcher1.finished();
    await dispatcher1.locate('ticket-confidential').waitFor();
    for (const person of [supervisor1, supervisor2]) {
      await person.goTo(`/tickets/${number}`);
      await person.shows(number);
    }
    await supervisor2.locate('ticket-hidden').waitFor();
    assert.equal(await supervisor1.locate('ticket-hidden').count(), 0, 'who was named sees nothing');
    await dispatcher1.act(number, 'close', { note: '已当面答复' });
  }));

test('a ticket that is sure to be one unit’s goes there by itself, unless it is held back', () =>
  withPeople({ operator1: {}, dispatcher1: {}, building1: {}, supervisor1: {} }, async (people) => {
    const { operator1, dispatcher1, building1, supervisor1 } = people;
    const waiting = async (contact_phone) => {
      const fields = { title: '污水外溢', kind: '求助', class_code: '010104', place_code: '01', contact_phone };
      const { number } = await operator1.post('tickets', fields);
      await operator1.act(number, 'accept', {});
      return number;
    };
    for (let n = 0; n < 10; n += 1) {
      const number = await waiting(`1390000000${n}`);
      await dispatcher1.act(number, 'dispatch', { unit_code: 'zhujian' });
      const contact = { at: new Date().toISOString(), number: '05348200003', result: 'reached' };
      await building1.act(number, 'reply', { ...reply, contact });
      await dispatcher1.act(number, 'review', { passed: true });
      await operator1.act(number, 'callback', { reached: true, contacted: true, solved: true, satisfaction: 5 });
    }
    const { page } = supervisor1;
    const entry = supervisor1.locate('auto-entry').filter({ hasText: '县住建局' });
    const save = async () => {
      const saved = page.waitForResponse((one) => one.request().method() === 'PUT' && one.url().includes('dispatch/automatic'));
      await supervisor1.locate('auto-save').click();
      assert.ok((await saved).ok());
      await page.locator('[data-testid="auto-save"][disabled]').waitFor();
    };
    await supervisor1.goTo('/duties');
    await supervisor1.locate('duty-automatic').click();
    await entry.filter({ hasText: '10 件中 10 件' }).waitFor();
    await supervisor1.locate('auto-on').click();
    for (const [field, value] of [['cases', '10'], ['wait_minutes', '0']]) {
      const input = supervisor1.locate(`auto-${field}`).locator('input');
      await input.fill(value);
      await input.press('Tab');
    }
    await save();
    await page.locator('[data-testid="auto-entry"][data-sure="true"]').waitFor();
    await supervisor1.shoot('automatic');
    const sent = await waiting('13800000005');
    await dispatcher1.until(sent, 'dispatched');

    const minutes = supervisor1.locate('auto-wait_minutes').locator('input');
    await minutes.fill('30');
    await minutes.press('Tab');
    await save();
    const held = await waiting('13800000006');
    await dispatcher1.goTo(`/tickets/${held}`);
    await dispatcher1.locate('planned-dispatch').filter({ hasText: '自动派往县住建局' }).waitFor();
    await dispatcher1.shoot('planned');
    await dispatcher1.locate('action-hold').click();
    await dispatcher1.type('reason', '先核实是否为私接管道');
    await dispatcher1.locate('action-run').click();
    await dispatcher1.finished();
    await dispatcher1.locate('planned-dispatch').waitFor({ state: 'detached' });
    await supervisor1.locate('auto-on').click();
    await save();
    await dispatcher1.act(held, 'dispatch', { unit_code: 'zhujian' });
    assert.equal((await dispatcher1.ticket(sent)).assignments[0].dispatched_by, '');
  }));
