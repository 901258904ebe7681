import { describe, expect, it } from 'vitest';
import type { Consult, Desk } from '@/api/types';
import {
  commandOf,
  isAllowed,
  keyName,
  keysGoTo,
  shortcuts,
  type Command,
  type KeyPress,
} from '@/desk/commands';
import { levelsOf, onScale } from '@/desk/levels';
import { portOf, telephoneCodecs } from '@/desk/peer';
import { ring, wav } from '@/desk/tone';
import { served } from '@/logic/skills';
import { call } from './sample';

function press(code: string, key: string, changes: Partial<KeyPress> = {}): KeyPress {
  const none = { altKey: false, shiftKey: false, ctrlKey: false, metaKey: false, isComposing: false };
  return { code, key, ...none, repeat: false, ...changes };
}

function desk(changes: Partial<Desk> = {}): Desk {
  return {
    state: 'talking',
    since: null,
    line: 'connected',
    reason: null,
    pause_after: null,
    shift_since: null,
    skills: [],
    call: call('a'),
    ticket: null,
    tied: false,
    tickets: [],
    consult: null,
    held: false,
    recording_paused: false,
    monitoring: null,
    totals: { calls: 0, talk_seconds: 0, paused_seconds: 0, ready_seconds: 0 },
    ...changes,
  };
}

const allowed = (on: Desk, softphone = true): Command[] =>
  shortcuts.map((one) => one.command).filter((command) => isAllowed(command, on, softphone));

describe('the keyboard of the desk', () => {
  it('has one command a key', () => {
    expect(new Set(shortcuts.map((one) => one.key)).size).toBe(shortcuts.length);
  });
  it('is obeyed while somebody types, and leaves typing alone', () => {
    expect(commandOf(press('F2', 'F2'))).toBe('answer');
    expect(commandOf(press('F1', 'F1', { shiftKey: true }))).toBe('emergency.110');
    expect(commandOf(press('KeyG', 'g', { altKey: true }))).toBe('handover.110');
    expect(commandOf(press('KeyR', 'r', { altKey: true }))).toBe('ready');
    expect(commandOf(press('KeyR', 'r'))).toBeNull();
    expect(commandOf(press('KeyR', 'r', { ctrlKey: true, altKey: true }))).toBeNull();
  });
  it('reads Alt with a layout of other letters by the place of the key', () => {
    expect(keyName(press('KeyR', '®', { altKey: true }))).toBe('Alt+R');
    expect(keyName(press('Digit2', '@', { altKey: true, shiftKey: true }))).toBe('Alt+Shift+2');
  });
  it('does nothing while an input method composes, nor again while a key is held down', () => {
    expect(commandOf(press('F2', 'F2', { isComposing: true }))).toBeNull();
    expect(commandOf(press('F8', 'F8', { repeat: true }))).toBeNull();
  });
});

describe('what an operator may do', () => {
  it('is to answer or decline while it rings, with a softphone only', () => {
    const ringing = desk({ state: 'ringing' });
    expect(allowed(ringing)).toEqual(['answer', 'hangup', 'ticket', 'knowledge', 'shortcuts']);
    expect(allowed(ringing, false)).toEqual(['ticket', 'knowledge', 'shortcuts']);
  });
  it('is no keypad on hold, and no second consultation', () => {
    expect(isAllowed('keypad', desk({ held: true }), true)).toBe(false);
    expect(isAllowed('hold', desk({ held: true }), true)).toBe(true);
    const consulting = desk({
      held: true,
      consult: { party: '110', name: null, kind: 'number', state: 'ringing', asked: false },
    });
    expect(isAllowed('transfer', consulting, true)).toBe(false);
    expect(isAllowed('emergency.110', consulting, true)).toBe(false);
    expect(isAllowed('handover.110', consulting, true)).toBe(false);
    expect(isAllowed('cancel', consulting, true)).toBe(true);
    expect(isAllowed('conference', consulting, true)).toBe(false);
  });
  it('is to press keys for whom she talks with, a unit that is asked as well', () => {
    const asking = (state: Consult['state']) =>
      desk({ consult: { party: '05348200030', name: '县水务局', kind: 'number', state, asked: false } });
    expect(isAllowed('keypad', desk({}), true)).toBe(true);
    expect(isAllowed('keypad', asking('ringing'), true)).toBe(false);
    expect(isAllowed('keypad', asking('talking'), true)).toBe(true);
    expect(isAllowed('keypad', asking('three_way'), true)).toBe(true);
  });
  it('is to go back and forth between the citizen and who has answered', () => {
    const may = (state: Consult['state'], asked = false) =>
      isAllowed('swap', desk({ consult: { party: '110', name: null, kind: 'number', state, asked } }), true);
    expect((['ringing', 'talking', 'waiting', 'three_way'] as const).map((state) => may(state))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(may('talking', true)).toBe(false);
    expect(isAllowed('swap', desk(), true)).toBe(false);
  });
  it('is to have keys go to whom she talks with, of both to a number that may have a menu', () => {
    const consult = (kind: Consult['kind'], state: Consult['state']): Consult => ({
      party: 'x',
      name: null,
      kind,
      state,
      asked: false,
    });
    expect(keysGoTo(null)).toBe('citizen');
    expect(keysGoTo(consult('number', 'talking'))).toBe('third');
    expect(keysGoTo(consult('number', 'waiting'))).toBe('citizen');
    expect(keysGoTo(consult('number', 'three_way'))).toBe('third');
    expect(keysGoTo(consult('operator', 'three_way'))).toBe('citizen');
  });
  it('is not to hand on a call that a colleague asks about', () => {
    const asked = desk({
      consult: { party: 'operator1', name: null, kind: 'operator', state: 'talking', asked: true },
    });
    for (const command of ['complete', 'cancel', 'conference', 'keypad', 'recording', 'transfer'] as const) {
      expect(isAllowed(command, asked, true), command).toBe(false);
    }
    expect(isAllowed('hangup', asked, true)).toBe(true);
  });
  it('is with a call that has ended no more than to call back, if the number is known', () => {
    const withheld = call('a', { state: 'ended', caller: '' });
    expect(isAllowed('callback', desk({ call: withheld }), true)).toBe(false);
    const wrap = desk({ state: 'wrap_up', call: call('a', { state: 'ended' }) });
    expect(allowed(wrap)).toEqual([
      'callback',
      'ready',
      'pause',
      'ticket',
      'another',
      'knowledge',
      'shortcuts',
    ]);
  });
});

describe('what an operator serves', () => {
  it('is turned over one by one', () => {
    const skill = (name: string, serves: boolean) => ({ skill: name, queues: [], serves });
    const both = [skill('general', true), skill('hrss', false)];
    expect(served(both)).toEqual(['general']);
    expect(served(both, 'hrss')).toEqual(['general', 'hrss']);
    expect(served(both, 'general')).toEqual([]);
  });
});

describe('the audio of the desk', () => {
  it('offers telephony at 8 kHz only, A-law first', () => {
    const codecs = [
      { mimeType: 'audio/opus', clockRate: 48000 },
      { mimeType: 'audio/telephone-event', clockRate: 48000 },
      { mimeType: 'audio/PCMU', clockRate: 8000 },
      { mimeType: 'audio/telephone-event', clockRate: 8000 },
      { mimeType: 'audio/PCMA', clockRate: 8000 },
    ];
    expect(telephoneCodecs(codecs).map((codec) => codec.mimeType)).toEqual([
      'audio/PCMA',
      'audio/PCMU',
      'audio/telephone-event',
    ]);
  });
  it('finds the port that a firewall must let through', () => {
    const lines = [
      'v=0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 8',
      'a=candidate:1 1 udp 2130706175 10.1.2.3 20000 typ host',
    ];
    expect([portOf(lines.join('\r\n')), portOf('v=0')]).toEqual([20000, null]);
  });
  it('rings, is silent, and loops without a click', () => {
    const samples = ring();
    const peak = (from: number, to: number) => Math.max(...samples.slice(from, to).map(Math.abs));
    expect(peak(0, 16000)).toBeGreaterThan(0.4);
    expect(peak(16000 * 1.2, samples.length)).toBe(0);
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.01);
  });
  it('writes the ring as a WAV of the right length', () => {
    const view = new DataView(wav(new Float32Array([0, 1, -1])));
    expect([view.byteLength, view.getUint32(40, true), view.getInt16(46, true)]).toEqual([50, 6, 32767]);
  });
  it('shows speech on a scale where quiet is seen and silence is not', () => {
    expect([onScale(0), onScale(0.0005), onScale(1)]).toEqual([0, 0, 1]);
    expect(onScale(0.03)).toBeCloseTo(0.49, 1);
    const reports = [
      { type: 'media-source', kind: 'audio', audioLevel: 1 },
      { type: 'inbound-rtp', kind: 'video' },
    ];
    expect(levelsOf(reports)).toEqual({ spoken: 1, heard: 0 });
  });
});
