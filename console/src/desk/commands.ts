// What an operator may do at this moment, and by which key. Pure: the pages draw from it, the keyboard obeys it.
import type { Call, Desk, EmergencyService } from '@/api/types';
import type { TextKey } from '@/i18n';

export type Command =
  | 'answer'
  | 'hangup'
  | 'hold'
  | 'mute'
  | 'transfer'
  | 'complete'
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
  | 'knowledge'
  | `emergency.${EmergencyService}`;

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
  { command: 'conference', key: 'Alt+M', text: 'phone.conference' },
  { command: 'cancel', key: 'Alt+X', text: 'phone.cancel' },
  { command: 'keypad', key: 'F9', text: 'phone.keypad' },
  { command: 'recording', key: 'F10', text: 'phone.recording' },
  { command: 'emergency.110', key: 'Shift+F1', text: 'phone.emergency.110' },
  { command: 'emergency.119', key: 'Shift+F2', text: 'phone.emergency.119' },
  { command: 'emergency.120', key: 'Shift+F3', text: 'phone.emergency.120' },
  { command: 'emergency.122', key: 'Shift+F4', text: 'phone.emergency.122' },
  { command: 'help', key: 'Alt+H', text: 'phone.help' },
  { command: 'callback', key: 'Alt+B', text: 'phone.callBack' },
  { command: 'ready', key: 'Alt+R', text: 'desk.ready' },
  { command: 'pause', key: 'Alt+P', text: 'desk.pause' },
  { command: 'ticket', key: 'Alt+T', text: 'phone.toTicket' },
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

/** The softphone rings and hears only while its line is connected; a desk phone has its own keys. */
export function isAllowed(command: Command, desk: Desk | null, softphone: boolean): boolean {
  if (keyOf(command) === '') return false;
  if (!desk) return command === 'shortcuts';
  const { state, call, consult, held } = desk;
  const ringing = state === 'ringing';
  const live = call !== null && call.state !== 'ended' && !ringing;
  const talking = live && !held && !consult;
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
      return live && Boolean(consult);
    case 'conference':
      return live && consult?.state === 'talking';
    case 'keypad':
      return talking;
    case 'recording':
    case 'help':
      return live;
    case 'callback':
      return call?.state === 'ended' && otherParty(call) !== '' && softphone;
    case 'ready':
      return state === 'paused' || state === 'wrap_up';
    case 'pause':
      return state === 'ready' || state === 'wrap_up' || state === 'talking';
    case 'ticket':
    case 'knowledge':
    case 'shortcuts':
      return true;
    default:
      return live && !consult;
  }
}
