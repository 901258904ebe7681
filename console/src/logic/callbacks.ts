// What the machine heard, in one line. Pure but for the words.
import type { Survey } from '@/api/types';
import { labelled, nameOf, t } from '@/i18n';

const yesNo = (value: boolean): string => t(value ? 'common.yes' : 'common.no');

export function heard(survey: Survey | null): string {
  if (!survey) return '';
  const parts: string[] = [];
  if (survey.contacted !== null) parts.push(labelled(t('survey.contacted'), yesNo(survey.contacted)));
  if (survey.solved !== null) parts.push(labelled(t('survey.solved'), yesNo(survey.solved)));
  if (survey.satisfaction !== null) {
    parts.push(labelled(t('survey.satisfaction'), nameOf('survey.score', String(survey.satisfaction))));
  }
  if (survey.remark?.text) parts.push(`“${survey.remark.text}”`);
  return parts.join('；');
}
