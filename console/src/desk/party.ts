// What an operator is told when whom she asked, or handed the citizen to, is gone. Pure.
import type { PartyGone } from '@/api/types';
import { nameOf, t } from '@/i18n';

export function partyGone({ name, outcome, answered, back }: PartyGone): string {
  const why = nameOf('cause', outcome);
  if (!back) return t('party.notTaken', { name, why });
  return answered ? t('party.hungUp', { name }) : t('party.notReached', { name, why });
}
