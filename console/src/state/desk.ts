// What this operator has in hand, for every page: the daemon's answer, and the acts upon it.
import { computed, ref } from 'vue';
import { desk as api } from '@/api';
import type { Desk, EmergencyService, KeysTo, PauseReason, TransferTarget } from '@/api/types';
import { isAllowed, otherParty, type Command } from '@/desk/commands';
import { t } from '@/i18n';
import type { News } from '@/logic/live';
import { useCurrent } from './load';
import { ask, tell, tellProblem } from './message';
import { reach } from './reach';
import { session } from './session';
import { softphone } from './softphone';

const loading = useCurrent<Desk>(api.show);
const busy = ref(0);
// Panels that a key opens, wherever they are drawn.
type Panel = 'transfer' | 'keypad' | 'shortcuts';
const open = ref<Panel | null>(null);
const data = loading.data;

/** Runs one wish at the daemon and reads what became of it. Refusals are told in the daemon's words. */
async function wish(act: () => Promise<unknown>): Promise<boolean> {
  busy.value += 1;
  try {
    await act();
    return true;
  } catch (error) {
    tellProblem(error);
    return false;
  } finally {
    busy.value -= 1;
    await loading.load();
  }
}

/** Operators ask supervisors for help, not the other way round. */
function may(command: Command): boolean {
  if (command === 'help' && session.role.value !== 'operator') return false;
  return isAllowed(command, data.value, softphone.connected.value);
}

const togglePanel = (panel: Panel) => {
  open.value = open.value === panel ? null : panel;
};

function run(command: Command): void {
  if (!may(command)) return;
  const now = data.value;
  switch (command) {
    case 'help':
      return void wish(async () => {
        await api.act('help');
        tell(t('phone.helpAsked'));
      });
    case 'callback':
      return void (now?.call && callBack(otherParty(now.call), now.ticket?.number));
    case 'answer':
    case 'swap':
    case 'conference':
      return void wish(() => api.act(command));
    case 'hangup':
      return void wish(() => api.act(now?.state === 'ringing' ? 'decline' : 'hangup'));
    case 'hold':
      return void wish(() => api.act(now?.held ? 'resume' : 'hold'));
    case 'recording':
      return void wish(() => api.act(now?.recording_paused ? 'recording/resume' : 'recording/pause'));
    case 'complete':
    case 'cancel':
      return void wish(() => api.act(`transfer/${command}`));
    case 'mute':
      return softphone.mute(!softphone.muted.value);
    case 'ready':
      return void wish(api.ready);
    case 'transfer':
    case 'keypad':
    case 'shortcuts':
      return togglePanel(command);
    case 'pause':
    case 'ticket':
    case 'another':
    case 'nextTicket':
    case 'knowledge':
      return void reach(command);
    default: {
      const [how, service] = command.split('.') as [string, EmergencyService];
      return void wish(() => api.emergency(service, how === 'handover'));
    }
  }
}

async function callBack(number: string, ticket?: string, direct = false): Promise<void> {
  if (direct || (await ask(t('phone.callBackAsk', { number })))) await wish(() => api.call(number, ticket));
}

/** Takes in what concerns this desk; true when the rest is to be asked for. */
function heard(news: News): boolean {
  const me = session.user.value?.username;
  switch (news.kind) {
    case 'desk':
      return true;
    case 'operator':
      return news.data.username === me;
    case 'call':
      return news.data.id === data.value?.call?.id || news.data.operator?.username === me;
    case 'ticket':
      return news.data.number === data.value?.ticket?.number;
    default:
      return false;
  }
}

export const deskState = {
  data,
  error: loading.error,
  load: loading.load,
  busy: computed(() => busy.value > 0),
  open,
  /** Closes this panel; another that a key opened meanwhile stays. */
  close: (panel: Panel): void => {
    if (open.value === panel) open.value = null;
  },
  call: computed(() => data.value?.call ?? null),
  /** Somebody rings or talks; what is being written up is not a call any more. */
  inCall: computed(() => data.value?.call != null && data.value.call.state !== 'ended'),
  ringing: computed(() => data.value?.state === 'ringing'),
  /** The call waits for a browser: the one that it was in is gone. */
  isOrphaned: computed(() => data.value?.state === 'talking' && data.value.line === 'lost'),
  may,
  run,
  heard,
  /** In a call it begins after the call. */
  pause: (reason: PauseReason) => wish(() => api.pause(reason)),
  withdrawPause: () => wish(api.ready),
  serve: (skills: readonly string[]) => wish(() => api.serve(skills)),
  /** Without `to`, to whom she talks with. */
  dtmf: (digits: string, to?: KeysTo) => wish(() => api.dtmf(digits, to)),
  transfer: (to: TransferTarget, attended: boolean) => wish(() => api.transfer(to, attended)),
  callBack,
};
