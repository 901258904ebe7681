// Calls that the office owes: a kind held and let go on, one of its calls given to a person, and that person's call and form.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEnded, lastCall, MINE_HERTZ, oneBrowser, OUTSIDE_HERTZ, ready, stage, withDesk } from './desk-scenes.mjs';
import { Person } from './life-support.mjs';
import { shoot, testId } from './support.mjs';

// A telephone that scripts/test-browser answers.
const CITIZEN = '13800000016';

oneBrowser();

/** Opens pages for these people; what one of their pages complained about fails the test. */
async function withPeople(names, act) {
  const people = [];
  try {
    for (const name of names) people.push(await Person.at(stage.browser, name));
    await act(...people);
    for (const person of people) assert.deepEqual([person.username, person.faults], [person.username, []]);
  } catch (error) {
    for (const person of people) await shoot(person.page, `failed-${person.username}`).catch(() => undefined);
    throw error;
  } finally {
    for (const person of people) await person.close();
  }
}

/** A ticket whose citizen is owed a call; its number. */
async function owed(operator, dispatcher, unit) {
  const { number } = await operator.post('tickets', {
    title: '东关街路灯不亮',
    content: '东关街南段的路灯三天不亮',
    kind: '求助',
    class_code: '010101',
    contact_phone: CITIZEN,
  });
  await operator.act(number, 'accept', {});
  await dispatcher.act(number, 'dispatch', { unit_code: 'zhujian', note: '请核实' });
  await unit.act(number, 'sign', {});
  await unit.act(number, 'reply', {
    outcome: 'solved',
    text: '已到现场修复路灯并回访',
    public_text: '路灯已修复',
    basis: '《城市照明管理规定》',
    contact: { at: new Date().toISOString(), number: '0534-8220001', result: 'reached', note: '' },
  });
  await dispatcher.act(number, 'close', { note: '转回访' });
  await dispatcher.until(number, 'callback');
  return number;
}

async function giveReason(page, reason) {
  await page.locator(testId('reason')).fill(reason);
  await page.locator(testId('reason-give')).click();
}

test('a call that a supervisor takes from the machine is made by a person with one click, whose form closes the ticket', () =>
  withPeople(['supervisor1', 'dispatcher1', 'building1'], (supervisor, dispatcher, unit) =>
    withDesk('operator1', MINE_HERTZ, async (desk) => {
      const operator = new Person('operator1', desk);
      await supervisor.goTo('/dialer');
      const surveys = supervisor.locate('kind-survey');
      await surveys.locator(testId('kind-pause')).click();
      await giveReason(supervisor.page, '问卷用语核对');
      await surveys.locator(testId('kind-paused')).filter({ hasText: '问卷用语核对' }).waitFor();

      const number = await owed(operator, dispatcher, unit);
      const order = supervisor.locate('dial-order').filter({ hasText: number });
      await order.waitFor();
      await order.locator(testId('order-why')).waitFor();
      await shoot(supervisor.page, 'dialer-order-held');
      await order.locator(testId('order-cancel')).click();
      await giveReason(supervisor.page, '市民耳背');
      await order.waitFor({ state: 'detached' });
      await surveys.locator(testId('kind-resume')).click();
      await surveys.locator(testId('kind-paused')).waitFor({ state: 'detached' });

      await ready(desk);
      await operator.goTo('/callbacks');
      const row = desk.locate('callback-row').filter({ hasText: number });
      await row.filter({ hasText: '市民耳背' }).waitFor();
      await shoot(desk.page, 'callbacks');
      await row.locator(testId('call-back')).click();
      await operator.goTo('/desk');
      await desk.phase('talking').waitFor();
      await desk.hears([OUTSIDE_HERTZ]);
      await desk.page.keyboard.press('F8');
      await desk.phase('talking').waitFor({ state: 'detached' });
      const call = await lastCall(desk.page, isEnded);
      const made = [call.direction, call.purpose, call.called, call.ticket_number, call.operator.username];
      assert.deepEqual(made, ['outbound', 'callback', CITIZEN, number, 'operator1']);

      await operator.goTo('/callbacks');
      await row.locator(testId('callback-result')).click();
      for (const [field, value] of [['reached', 'true'], ['contacted', 'true'], ['solved', 'true'], ['satisfaction', '5']]) {
        await operator.choose(field, value);
      }
      await desk.locate('action-run').click();
      await row.waitFor({ state: 'detached' });
      await operator.until(number, 'closed');
    }),
  ));
