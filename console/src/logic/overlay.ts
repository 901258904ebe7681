// What a form shows when the daemon has news of it: the news, below what was typed, below what is being typed. Pure.

/** What to put into the form. A field with the cursor stays as it is: an input method may be composing in it. */
export function overlay<F extends object>(
  loaded: F,
  edits: Partial<F>,
  held: ReadonlySet<keyof F>,
): Partial<F> {
  const all = { ...loaded, ...edits };
  return Object.fromEntries(
    Object.entries(all).filter(([field]) => !held.has(field as keyof F)),
  ) as Partial<F>;
}
