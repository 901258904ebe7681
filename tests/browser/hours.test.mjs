// Schedules and holidays in the hands of an administrator: changed, looked at, brought back; the next year's notice clicked and read from a file.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, openBrowser, openPage, shoot, signIn, testId, visit } from './support.mjs';

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

async function withAdmin(act, at = '/hours') {
  const visitor = await openPage(browser);
  try {
    await signIn(visitor.page, 'admin1');
    await visit(visitor.page, at);
    await act(visitor.page, visitor.forgive);
    assert.deepEqual(visitor.faults, []);
  } catch (error) {
    await shoot(visitor.page, 'failed-hours').catch(() => undefined);
    throw error;
  } finally {
    await visitor.close();
  }
}

const confirm = (page) => page.locator('.el-message-box .el-button--primary').click();
async function decline(page) {
  await page.locator('.el-message-box .el-button:not(.el-button--primary)').click();
  await page.locator('.el-message-box').waitFor({ state: 'detached' });
}
const form = (page) => page.locator(testId('schedule-form'));

test('a schedule is refused where it is wrong, saved, and brought back; a new one is offered to flows', () =>
  withAdmin(async (page, forgive) => {
    await page.locator(testId('schedule-seats')).click();
    await form(page).getByText('使用的语音流程').waitFor();
    const before = await api(page, 'schedules/seats');
    const workdays = page.locator(testId('hours-workdays'));
    await workdays.locator(testId('hours-add')).click();
    const added = workdays.locator(testId('time-0')).last();
    await added.fill('19:00');
    await page.locator(testId('schedule-save')).click();
    await page.locator(testId('problem')).filter({ hasText: '开始早于结束' }).waitFor();
    forgive(/422/);
    await workdays.locator(testId('time-1')).last().fill('20:30');
    await page.locator(testId('schedule-save')).click();
    await page.locator(testId(`rollback-${before.version}`)).waitFor();
    const saved = await api(page, 'schedules/seats');
    assert.deepEqual(saved.settings.workdays, [...before.settings.workdays, '19:00-20:30']);
    await shoot(page, 'hours');

    await page.locator(testId(`rollback-${before.version}`)).click();
    await confirm(page);
    await page.locator(testId(`rollback-${before.version + 1}`)).waitFor();
    assert.deepEqual((await api(page, 'schedules/seats')).settings, before.settings);
    assert.equal(await workdays.locator(testId('time-0')).count(), before.settings.workdays.length);

    await page.locator(testId('schedule-new')).click();
    await page.locator(testId('schedule-new-name')).fill('market');
    await page.locator(testId('schedule-new')).click();
    await page.locator(testId('schedule-title')).fill('赶集日');
    await page.locator(testId('schedule-always')).click();
    await page.locator(testId('schedule-save')).click();
    await page.locator(testId('schedule-market')).filter({ hasText: '赶集日' }).waitFor();
    await form(page).locator(testId('schedule-state')).filter({ hasText: '现在开放' }).waitFor();
  }));

test('the next year’s holidays are clicked, read from a file and in force, and the page no longer misses them', () =>
  withAdmin(async (page) => {
    const years = await api(page, 'calendar');
    const { year } = years.find((one) => !one.is_known);
    await page.locator(testId('year-unknown')).filter({ hasText: String(year) }).waitFor();
    await page.locator(testId(`year-${year}`)).click();
    await page.locator(testId('holiday-form')).filter({ hasText: `${year} 年` }).waitFor();

    const day = (date) => page.locator(`[data-date="${date}"]`);
    const first = `${year}-01-01`;
    assert.ok(await day(first).isDisabled(), 'a day is of no holiday yet');
    await page.locator(testId('holiday-name')).fill('元旦');
    await day(first).click();
    await page.locator(`[data-date="${first}"][data-kind="off"]`).waitFor();
    const weekend = await page.locator('[data-kind="weekend"]').first().getAttribute('data-date');
    await day(weekend).click();
    await day(weekend).click();
    await page.locator(`[data-date="${weekend}"][data-kind="makeup"]`).waitFor();
    await page.locator(testId('holiday-span')).filter({ hasText: '元旦' }).first().waitFor();
    await page.locator(testId('holiday-save')).click();
    await confirm(page);
    await page.locator(testId('year-unknown')).waitFor({ state: 'detached' });
    const saved = await api(page, `calendar/${year}`);
    assert.deepEqual(
      saved.days.map((one) => [one.date, one.name, one.off]),
      [[first, '元旦', true], [weekend, '元旦', false]].sort(([one], [other]) => one.localeCompare(other)),
    );

    const notice = { year, days: [{ name: '元旦', date: first, isOffDay: true }] };
    const file = page.locator(testId('holiday-file'));
    const upload = (text) => file.setInputFiles({ name: 'year.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await upload('{}');
    await page.locator(testId('problem')).filter({ hasText: '不是可识别的放假安排文件' }).waitFor();
    await upload(JSON.stringify({ ...notice, year: year + 1 }));
    await page.locator(testId('problem')).filter({ hasText: String(year + 1) }).waitFor();
    await upload(JSON.stringify(notice));
    await page.locator(`[data-date="${weekend}"][data-kind="weekend"]`).waitFor();
    await page.locator(testId('holiday-save')).click();
    await confirm(page);
    await page.locator(testId('rollback-1')).waitFor();
    assert.equal((await api(page, `calendar/${year}`)).days.length, 1);
    await shoot(page, 'holidays');
  }));

test('a limit is refused where it is wrong, previewed before it is saved, and brought back; another profile is put in force and back', () =>
  withAdmin(async (page, forgive) => {
    const field = (timer) => page.locator(`${testId(`timer-${timer}`)} input`).first();
    const versions = page.locator(testId('profile-versions'));
    const preview = (timer) => page.locator(testId(`preview-${timer}`));
    const before = await api(page, 'limits/profiles/shandong');
    await page.locator(`${testId('profile-shandong')} ${testId('in-force')}`).waitFor();
    await preview('handle').waitFor();
    const due = await preview('handle').innerText();
    assert.equal(await field('handle').inputValue(), before.settings.bands.C.handle.replace('wd', ''));

    await page.locator(testId('limit-due-at')).fill('5 点');
    await page.locator(testId('limit-rules')).getByText('截止时刻应写作 24:00 或 17:30').waitFor();
    forgive(/422/);
    await page.locator(testId('limit-due-at')).fill('24:00');
    await preview('handle').waitFor();

    await field('handle').fill('400');
    await page.waitForFunction(
      ([selector, old]) => document.querySelector(selector) && document.querySelector(selector).innerText !== old,
      [testId('preview-handle'), due],
    );
    await field('handle').fill('4');
    await page.locator(testId('group-投诉')).click();
    await page.locator(testId('timer-table')).getByText('类别的时限优先').waitFor();
    await field('handle').fill('2');
    await page.locator(testId('limit-preview')).filter({ hasText: '投诉' }).filter({ hasText: '2 个工作日' }).waitFor();
    await page.locator(testId('limit-save')).click();
    await confirm(page);
    await versions.locator(testId(`rollback-${before.version}`)).waitFor();
    const saved = await api(page, 'limits/profiles/shandong');
    assert.equal(saved.settings.bands.C.handle, '4wd');
    assert.deepEqual(saved.settings.kinds, { ...before.settings.kinds, 投诉: { handle: '2wd' } });
    await shoot(page, 'limits');

    await versions.locator(testId(`rollback-${before.version}`)).click();
    await confirm(page);
    await versions.locator(testId(`rollback-${saved.version}`)).waitFor();
    assert.deepEqual((await api(page, 'limits/profiles/shandong')).settings, before.settings);

    const choice = await api(page, 'limits');
    await page.locator(testId('choose-linyi')).click();
    await confirm(page);
    await page.locator(`${testId('profile-linyi')} ${testId('in-force')}`).waitFor();
    assert.equal((await api(page, 'limits')).profile, 'linyi');
    const choices = page.locator(testId('choice-versions'));
    await choices.locator(testId(`rollback-${choice.version}`)).click();
    await confirm(page);
    await page.locator(`${testId('profile-shandong')} ${testId('in-force')}`).waitFor();
    await choices.locator(testId(`rollback-${choice.version + 1}`)).waitFor();
    assert.equal((await api(page, 'limits')).profile, 'shandong');
  }, '/limits'));

test('what was edited in a profile is lost only to who says so; saved as another it leaves the first as it was', () =>
  withAdmin(async (page) => {
    await page.locator(testId('nav-limits')).click();
    const title = page.locator(testId('limit-title'));
    const before = (await api(page, 'limits/profiles/shandong')).settings;
    await title.fill('本县办法');
    await page.locator(testId('look-at-linyi')).click();
    await decline(page);
    assert.equal(await title.inputValue(), '本县办法');

    const name = page.locator(testId('profile-name'));
    await page.locator(testId('limit-copy')).click();
    await name.fill('linyi');
    await page.locator(testId('profile-dialog')).getByText('已有使用这个代码的方案').waitFor();
    await name.fill('county');
    await page.locator(testId('profile-title')).fill('本县方案');
    await page.locator(testId('profile-save')).click();
    await page.locator(testId('profile-county')).filter({ hasText: '本县方案' }).waitFor();
    await page.locator(`${testId('look-at-county')}[disabled]`).waitFor();
    await page.waitForFunction((selector) => document.querySelector(selector).value === '本县方案', testId('limit-title'));
    assert.deepEqual((await api(page, 'limits/profiles/county')).settings, { ...before, name: 'county', title: '本县方案' });
    assert.deepEqual((await api(page, 'limits/profiles/shandong')).settings, before);

    await title.fill('又一个');
    const elsewhere = page.locator(testId('nav-hours'));
    await elsewhere.click();
    await decline(page);
    assert.equal(await title.inputValue(), '又一个');
    await page.goBack();
    await decline(page);
    assert.equal(await title.inputValue(), '又一个');
    await page.waitForFunction(() => location.hash === '#/limits');
    await elsewhere.click();
    await confirm(page);
    await page.locator('main[data-page="hours"]').waitFor();
    assert.equal((await api(page, 'limits/profiles/county')).settings.title, '本县方案');
  }));
