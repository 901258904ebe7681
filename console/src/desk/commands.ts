// What an operator may do at this moment, and by which key. Pure: the pages draw from it, the keyboard obeys it.
import type { Call, Consult, Desk, EmergencyService, KeysTo } from '@/api/types';
import type { TextKey } from '@/i18n';

/** Who is called in by one key. */
export const services = ['110', '119', '120', '122'] as const satisfies readonly EmergencyService[];
export const isService = (number: string): number is EmergencyService =>
  services.some((one) => one === number);

export type Command =
  | 'answer'
  | 'hangup'
  | 'hold'
  | 'mute'
  | 'transfer'
  | 'complete'
  | 'swap'
  | 'conference'
  | 'cancel'
  | 'keypad'
  | 'recording'
  | 'help'
  | 'callback'
  | 'ready'
  | 'pause'
  | 'shortcuts'
  | 'ticket'
  | 'another'
  | 'nextTicket'
  | 'knowledge'
  | `emergency.${EmergencyService}`
  | `handover.${EmergencyService}`;

export interface Shortcut {
  command: Command;
  key: string;
  text: TextKey;
}

/** No key of these types anything, so that all of them work while a field of the ticket has the cursor. */
export const shortcuts: readonly Shortcut[] = [
  { command: 'answer', key: 'F2', text: 'phone.answer' },
  { command: 'hangup', key: 'F8', text: 'phone.hangup' },
  { command: 'hold', key: 'F4', text: 'phone.holdResume' },
  { command: 'mute', key: 'F6', text: 'phone.mute' },
  { command: 'transfer', key: 'F7', text: 'phone.transfer' },
  { command: 'complete', key: 'Alt+C', text: 'phone.complete' },
  { command: 'swap', key: 'Alt+S', text: 'phone.swap' },
  { command: 'conference', key: 'Alt+M', text: 'phone.conference' },
  { command: 'cancel', key: 'Alt+X', text: 'phone.cancel' },
  { command: 'keypad', key: 'F9', text: 'phone.keypad' },
  { command: 'recording', key: 'F10', text: 'phone.recording' },
  { command: 'emergency.110', key: 'Shift+F1', text: 'phone.emergency.110' },
  { command: 'emergency.119', key: 'Shift+F2', text: 'phone.emergency.119' },
  { command: 'emergency.120', key: 'Shift+F3', text: 'phone.emergency.120' },
  { command: 'emergency.122', key: 'Shift+F4', text: 'phone.emergency.122' },
  // 公安 Gōng'ān, 灾 Zāi, 医 Yī, 车辆 Vehicles: not beside the keys that hang up.
  { command: 'handover.110', key: 'Alt+G', text: 'phone.handover.110' },
  { command: 'handover.119', key: 'Alt+Z', text: 'phone.handover.119' },
  { command: 'handover.120', key: 'Alt+Y', text: 'phone.handover.120' },
  { command: 'handover.122', key: 'Alt+V', text: 'phone.handover.122' },
  { command: 'help', key: 'Alt+H', text: 'phone.help' },
  { command: 'callback', key: 'Alt+B', text: 'phone.callBack' },
  { command: 'ready', key: 'Alt+R', text: 'desk.ready' },
  { command: 'pause', key: 'Alt+P', text: 'desk.pause' },
  { command: 'ticket', key: 'Alt+T', text: 'phone.toTicket' },
  { command: 'another', key: 'Alt+N', text: 'context.another' },
  { command: 'nextTicket', key: 'Alt+J', text: 'phone.nextTicket' },
  { command: 'knowledge', key: 'Alt+K', text: 'phone.toKnowledge' },
  { command: 'shortcuts', key: 'F1', text: 'phone.shortcuts' },
];

export interface KeyPress {
  key: string;
  code: string;
  altKey: boolean;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  repeat: boolean;
}

/** `Alt+R`, `Shift+F1`, `F4`; null for a key that belongs to typing or to the browser. */
export function keyName(press: KeyPress): string | null {
  if (press.isComposing || press.repeat || press.ctrlKey || press.metaKey) return null;
  // With Alt some layouts give another letter: the place of the key counts.
  const plain = /^(?:Key|Digit)(.)$/.exec(press.code)?.[1] ?? press.key;
  if (press.altKey) return `Alt+${press.shiftKey ? 'Shift+' : ''}${plain}`;
  if (!/^F\d{1,2}$/.test(press.key)) return null;
  return press.shiftKey ? `Shift+${press.key}` : press.key;
}

export function commandOf(press: KeyPress): Command | null {
  const name = keyName(press);
  return shortcuts.find((one) => one.key === name)?.command ?? null;
}

export const keyOf = (command: Command): string =>
  shortcuts.find((one) => one.command === command)?.key ?? '';

/** The citizen's number, whoever called whom; empty when it was withheld. */
export const otherParty = (call: Call): string => (call.direction === 'outbound' ? call.called : call.caller);

/** Who gets keys unless she says otherwise: whom she talks with; of both, an outside number, for it may have a menu. */
export function keysGoTo(consult: Consult | null): KeysTo {
  if (consult?.state === 'talking') return 'third';
  return consult?.state === 'three_way' && consult.kind === 'number' ? 'third' : 'citizen';
}

/** The softphone rings and hears only while its line is connected; a desk phone has its own keys. */
export function isAllowed(command: Command, desk: Desk | null, softphone: boolean): boolean {
  if (keyOf(command) === '') return false;
  if (!desk) return command === 'shortcuts';
  const { state, call, consult, held } = desk;
  const ringing = state === 'ringing';
  const live = call !== null && call.state !== 'ended' && !ringing;
  // Who is asked by a colleague has a call in hand that is not hers to hand on.
  const asks = consult !== null && !consult.asked;
  switch (command) {
    case 'answer':
      return ringing && softphone;
    case 'hangup':
      return live || (ringing && softphone);
    case 'hold':
      return live && !consult;
    case 'mute':
      return live && softphone;
    case 'transfer':
      return live && !consult;
    case 'complete':
    case 'cancel':
      return live && asks;
    case 'conference':
    case 'swap':
      return live && asks && (consult?.state === 'talking' || consult?.state === 'waiting');
    case 'keypad':
      // A unit that is asked may have a menu of its own.
      return live && !held && (!consult || (asks && consult.state !== 'ringing'));
    case 'recording':
      return live && !consult?.asked;
    case 'help':
      return live;
    case 'callback':
      return call?.state === 'ended' && otherParty(call) !== '' && softphone;
    case 'ready':
      return state === 'paused' || state === 'wrap_up';
    case 'pause':
      return state === 'ready' || state === 'wrap_up' || state === 'talking';
    case 'another':
      return call !== null && !ringing;
    case 'nextTicket':
      return desk.tickets.length > 1;
    case 'ticket':
    case 'knowledge':
    case 'shortcuts':
      return true;
    default:
      return live && !consult;
  }
}
