// All that can happen in one call: a citizen of sipp's, two operators' browsers and a supervisor's, against a running daemon.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CITIZEN_HERTZ, loudnessOverTime, toneOverTime } from './desk-support.mjs';
import {
  between,
  dial,
  HEARD,
  hangUp,
  isEnded,
  lastCall,
  MINE_HERTZ,
  oneBrowser,
  ready,
  recordingOf,
  ringAtOnce,
  SECOND_HERTZ,
  SUPERVISOR_HERTZ,
  toldInWords,
  transfer,
  withDesk,
} from './desk-scenes.mjs';
import { api, shoot, testId } from './support.mjs';

oneBrowser();

/** On hold the citizen hears music: something, and nothing of who put them there. */
function musicIn(wav, hertz) {
  const loud = loudnessOverTime(wav, 1);
  const voice = toneOverTime(wav, 1, hertz);
  const talking = voice.map((one) => one > HEARD);
  const [first, last] = [talking.indexOf(true), talking.lastIndexOf(true)];
  return loud.filter((one, at) => at > first && at < last && one > 0.005 && voice[at] < 0.01).length;
}

/** Both browsers ring at the same time, and both show who calls and the ticket that is already begun. */
async function bothRing(first, second) {
  const both = [first, second];
  await Promise.all(both.map((desk) => desk.phase('ringing').waitFor({ timeout: 30_000 })));
  for (const desk of both) {
    assert.match(await desk.locate('desk-caller').innerText(), /13800000030/);
    await desk.locate('caller-context').waitFor();
    await desk.locate('field-title').waitFor();
  }
  assert.deepEqual(await Promise.all(both.map((desk) => desk.isRinging())), [true, true]);
  await shoot(first.page, 'scenario-both-ring');
  return both;
}

/** The browser that was too late is told who was not, is quiet and empty, and ready for the next call. */
async function isTaken(late, quick) {
  await toldInWords(late, `来电已由 ${quick.username} 接听`);
  await shoot(late.page, 'scenario-taken');
  await late.state('ready').waitFor();
  await late.phase('ringing').waitFor({ state: 'detached' });
  await late.locate('caller-context').waitFor({ state: 'detached' });
  assert.equal(await late.isRinging(), false);
}

test('a call rings in two browsers at once, is answered in one, is held, survives a reload, is asked about, shared, whispered into and handed on', () =>
  withDesk('operator1', MINE_HERTZ, (first) =>
    withDesk('operator2', SECOND_HERTZ, (second) =>
      withDesk('supervisor1', SUPERVISOR_HERTZ, async (supervisor) => {
        await ready(first);
        await ready(second);
        await ringAtOnce(2);
        const citizen = dial('13800000030', 'sipp');
        const [declines, answers] = await bothRing(first, second);
        await answers.page.keyboard.press('F2');
        await answers.hears([CITIZEN_HERTZ]);
        await isTaken(declines, answers);
        await ringAtOnce(1);
        await answers.clockMoves(2);

        await answers.page.keyboard.press('F4');
        await answers.phase('held').waitFor();
        await answers.hears([], [CITIZEN_HERTZ]);
        await answers.clockMoves(3);
        await answers.page.keyboard.press('F4');
        await answers.hears([CITIZEN_HERTZ]);
        await answers.clockMoves(2);

        const begun = Date.now();
        await answers.page.reload();
        await answers.hears([CITIZEN_HERTZ]);
        const took = Date.now() - begun;
        console.log(`reload to audio: ${took} ms`);
        assert.ok(took <= 5000, `${took} ms`);

        await ready(declines);
        await transfer(answers, declines.username, 'Control+Enter');
        await declines.phase('ringing').waitFor();
        await declines.page.keyboard.press('F2');
        await answers.hears([declines.hertz], [CITIZEN_HERTZ]);
        await declines.hears([answers.hertz], [CITIZEN_HERTZ]);
        await answers.page.keyboard.press('Alt+m');
        await answers.hears([declines.hertz, CITIZEN_HERTZ]);
        await declines.hears([answers.hertz, CITIZEN_HERTZ]);
        await answers.clockMoves(2);
        await shoot(answers.page, 'scenario-three-way');

        await answers.page.keyboard.press('Alt+c');
        await declines.hears([CITIZEN_HERTZ], [answers.hertz]);
        await supervisor.connect('/supervise');
        const row = supervisor.page.locator(testId('monitor-row')).filter({ hasText: declines.username });
        await row.locator(testId('monitor-whisper')).click();
        await declines.hears([CITIZEN_HERTZ, SUPERVISOR_HERTZ]);
        await supervisor.hears([CITIZEN_HERTZ, declines.hertz]);
        await declines.clockMoves(2);
        await supervisor.locate('monitor-stop').click();
        await declines.hears([CITIZEN_HERTZ], [SUPERVISOR_HERTZ]);
        await hangUp(declines);
        await citizen.gone;

        const call = await lastCall(first.page, isEnded);
        assert.deepEqual([call.caller, call.outcome], ['13800000030', 'answered']);
        const { events } = await api(first.page, `calls/${call.id}`);
        const kinds = new Set(events.map((one) => one.kind));
        for (const kind of ['desk_lost', 'desk_back', 'consulting', 'conference', 'transferred', 'monitored']) {
          assert.ok(kinds.has(kind), `${kind} is not on record: ${[...kinds]}`);
        }
        const wav = await recordingOf(first.page, call);
        const heard = (channel, hertz) => toneOverTime(wav, channel, hertz).filter((one) => one > HEARD).length;
        assert.ok(heard(0, CITIZEN_HERTZ) > 50, 'the citizen is on the left');
        assert.ok(heard(1, MINE_HERTZ) > 10 && heard(1, SECOND_HERTZ) > 10, 'both operators are on the right');
        const seconds = toneOverTime(wav, 1, SECOND_HERTZ);
        const both = toneOverTime(wav, 1, MINE_HERTZ).map((one, at) => one > HEARD && seconds[at] > HEARD);
        assert.ok(between(both).length > 5, 'and at once in the three-way call');
        assert.ok(musicIn(wav, answers.hertz) > 10, 'the citizen on hold hears music');
        const whispered = Math.max(...toneOverTime(wav, 1, SUPERVISOR_HERTZ));
        assert.ok(whispered < 0.02, `the citizen heard the whisper: ${whispered}`);
      }),
    ),
  ));
