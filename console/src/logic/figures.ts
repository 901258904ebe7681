import type { TextKey } from '@/i18n';

export interface Figure {
  /** What tests find it by. */
  id: string;
  text: TextKey;
  value: string;
  /** How it is counted, where its name does not say. */
  note?: TextKey;
}

/** A share from 0 to 1; nothing to have a share of is no 0 %. */
export function percent(share: number | null): string {
  return share === null ? '—' : `${(share * 100).toFixed(1)}%`;
}
