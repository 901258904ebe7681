// Who may be given a ticket, and why: precedents before the duty catalogue before the mere list of units.
import type { Duty, Named, Precedent, Unit, UnitSuggestion } from '@/api/types';
import { t } from '@/i18n';

export interface Candidate {
  unit: Named;
  from: 'precedent' | 'duty' | 'unit';
  reason: string;
  basis: string;
  /** What is recorded as the ground when it is chosen. */
  ground: string;
  helpers: readonly Named[];
}

export function ofPrecedent(known: Precedent): Candidate {
  const reason = [known.class?.name, known.place?.name, known.decision].filter(Boolean).join(' · ');
  const ground = `案例 ${known.number}：${known.basis}`;
  return { unit: known.unit, from: 'precedent', reason, basis: known.basis, ground, helpers: [] };
}

export function ofSuggestion(found: UnitSuggestion): Candidate {
  const { unit, co_units: helpers, past } = found;
  const ended = past.cases > 0 ? t('autoDispatch.lately', { same: past.same, cases: past.cases }) : '';
  const reason = [found.reason, ended].filter(Boolean).join(' · ');
  return { unit, from: 'duty', reason, basis: found.basis ?? '', ground: found.reason, helpers };
}

export function ofDuty(duty: Duty): Candidate {
  const { unit, basis, note, co_units: helpers } = duty;
  const until = duty.valid_until ? `有效期至${duty.valid_until}` : '';
  const reason = [duty.class, duty.area || '全县', note, until].filter(Boolean).join(' · ');
  const ground = ['派单目录：' + duty.class, basis].filter(Boolean).join('；');
  return { unit, from: 'duty', reason, basis, ground, helpers };
}

export function ofUnit(unit: Unit): Candidate {
  return { unit, from: 'unit', reason: unit.kind, basis: '', ground: '', helpers: [] };
}

/** Who helps when this one leads: the codes, without the lead itself. */
export function helpersOf(candidate: Candidate | null): string[] {
  const codes = (candidate?.helpers ?? []).map((unit) => unit.code);
  return codes.filter((code) => code !== candidate?.unit.code);
}

/** As many as a person compares, and digits reach. */
const shown = 9;

/** One entry a unit and source, in the order given. */
export function merge(...lists: readonly (readonly Candidate[])[]): Candidate[] {
  const seen = new Set<string>();
  const all = lists.flat().filter((one) => {
    const known = seen.has(one.unit.code);
    seen.add(one.unit.code);
    return !known;
  });
  return all.slice(0, shown);
}

export function unitsLike(units: readonly Unit[], text: string): Candidate[] {
  return units.filter((unit) => unit.name.includes(text)).map(ofUnit);
}
