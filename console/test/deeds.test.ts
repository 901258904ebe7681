import { describe, expect, it } from 'vitest';
import { deed } from '@/logic/deeds';

describe('a deed in the audit log', () => {
  it('is named as a whole, else by its kind and its step', () => {
    expect(deed('session.create')).toBe('登录');
    expect(deed('ticket.dispatch')).toBe('工单 · 派单');
    expect(deed('user.update')).toBe('用户 · 修改');
    expect(deed('desk.line')).toBe('坐席 · line');
  });
});
