// People of the office and of units, each at a page of their own, and what they do there: by clicks, or by keys alone.
import { api, baseUrl, openPage, shoot, signIn, testId } from './support.mjs';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const PHONE = { width: 390, height: 844 };

export class Person {
  constructor(username, opened) {
    this.username = username;
    Object.assign(this, opened);
  }

  /** Signed in, and at the inbox. */
  static async at(browser, username, { phone = false } = {}) {
    const person = new Person(username, await openPage(browser, phone ? PHONE : undefined));
    await signIn(person.page, username);
    await person.goTo('/inbox');
    await person.locate('inboxes').waitFor();
    return person;
  }

  locate(id) {
    return this.page.locator(testId(id));
  }

  async goTo(hash) {
    await this.page.goto(`${baseUrl}/#${hash}`);
  }

  /** Opens a ticket from an inbox, once it has arrived there without anybody reloading. */
  async open(inbox, number) {
    await this.goTo('/inbox');
    await this.locate(`inbox-${inbox}`).click();
    await this.page.locator(`${testId('inbox-row')}[data-number="${number}"]`).click();
    await this.shows(number);
  }

  async shows(number) {
    await this.locate('ticket-number').filter({ hasText: number }).waitFor();
  }

  async choose(field, value) {
    await this.locate(`action-${field}`).locator(`input[value="${value}"]`).locator('xpath=ancestor::label').click();
  }

  /** Takes a step: texts are typed; `pick` chooses a unit by its code after a search; `choices` are radio buttons. */
  async step(action, { texts = {}, choices = {}, pick = null, photo = null } = {}) {
    await this.locate(`action-${action}`).click();
    for (const [field, value] of Object.entries(choices)) await this.choose(field, value);
    if (pick) await this.pick(pick);
    for (const [field, value] of Object.entries(texts)) await this.type(field, value);
    if (photo) await this.attach(photo);
    await this.locate('action-run').click();
    await this.finished();
  }

  /** Chooses a photo and waits until it is uploaded and shown. */
  async attach(name) {
    const dialog = this.locate('action-dialog');
    await dialog.locator(testId('file-input')).setInputFiles({ name, mimeType: 'image/png', buffer: PIXEL });
    await dialog.locator(testId('attachment')).filter({ hasText: name }).waitFor();
  }

  /** A step of which one yes is enough. */
  async confirm(action) {
    await this.locate(`action-${action}`).click();
    await this.page.locator('.el-message-box .el-button--primary').click();
    await this.finished();
  }

  /** The dialog is gone, and the page has gone on to wherever it goes on by itself. */
  async finished() {
    await this.page.locator(`${testId('action-dialog')}, .el-message-box`).first().waitFor({ state: 'detached' });
    await this.page.locator('main[aria-busy="false"]').waitFor();
  }

  async type(field, value) {
    const found = this.locate(`action-${field}`);
    const input = (await found.evaluate((one) => /INPUT|TEXTAREA/.test(one.tagName))) ? found : found.locator('input, textarea');
    await input.first().fill(value);
  }

  async pick({ code, search }) {
    await this.locate('unit-search').fill(search);
    await this.locate(`candidate-${code}`).click();
    await this.page.locator(`${testId('unit-picker')}[data-chosen="${code}"]`).waitFor();
  }

  async ticket(number) {
    return api(this.page, `tickets/${number}`);
  }

  /** Waits until the ticket is in a state: what is done elsewhere takes its time. */
  async until(number, state) {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = (await this.ticket(number)).state;
      if (found === state) return;
      if (Date.now() > end) throw new Error(`${number} is ${found}, not ${state}`);
      await this.page.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => done(true))));
    }
  }

  async shoot(name) {
    await shoot(this.page, `life-${name}`);
  }

  /** Sideways scrolling, in pixels. */
  async tooWide() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  }

  async post(address, body) {
    const response = await this.page.request.post(`${baseUrl}/api/v1/${address}`, { data: body });
    if (!response.ok()) throw new Error(`${response.status()} ${address}: ${await response.text()}`);
    return response.json();
  }

  async act(number, verb, body) {
    return this.post(`tickets/${number}/${verb}`, body);
  }
}
