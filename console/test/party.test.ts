import { describe, expect, it } from 'vitest';
import { partyGone } from '@/desk/party';

describe('what is said of a party that is gone', () => {
  const gone = {
    call_id: 'a',
    party: '05348200030',
    name: '县水务局',
    outcome: 'busy',
    answered: false,
    back: true,
  };
  it('tells her that the citizen hears her again', () => {
    expect(partyGone(gone)).toBe('县水务局 未接通（忙线），您正在与市民通话');
    expect(partyGone({ ...gone, outcome: 'normal', answered: true })).toBe(
      '县水务局 已退出，您正在与市民通话',
    );
  });
  it('tells who has handed on that nobody took the call', () => {
    expect(partyGone({ ...gone, outcome: 'no_answer', back: false })).toBe(
      '转接 县水务局 未成功（无人接听），市民已优先排队，由其他坐席接听',
    );
  });
  it('has a word for every way in which a call can end', () => {
    const causes = ['normal', 'busy', 'no_answer', 'declined', 'switched_off', 'no_such_number', 'forbidden'];
    const others = ['not_acceptable', 'unavailable', 'unreachable', 'media_timeout', 'failed'];
    for (const outcome of [...causes, ...others]) {
      expect(partyGone({ ...gone, outcome, back: false }), outcome).not.toContain(outcome);
    }
  });
});
