// Numbered choices in a dialog: a digit presses the nth of the group that has the cursor, else of the first group.

export function chooseNth(root: HTMLElement | null, nth: number): boolean {
  const own = document.activeElement?.closest('[data-choices]');
  const group = own && root?.contains(own) ? own : root?.querySelector('[data-choices]');
  const choice = group?.querySelectorAll<HTMLElement>('[data-choice]')[nth];
  choice?.click();
  return choice !== undefined;
}

/** Where digits are text. A search of units is none: there they choose. */
export function isText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || target.closest('[data-digits-choose]')) return false;
  return target.matches('input:not([type=radio], [type=checkbox]), textarea');
}

/** Letters go where a person begins to type; where there is a choice first, the digits do. */
export function focusFirst(root: HTMLElement | null): void {
  const first = root?.querySelector<HTMLElement>('[data-choices], input, textarea');
  if (first && !first.matches('[data-choices]')) first.focus();
  else root?.focus();
}
