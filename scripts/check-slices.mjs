// The order of the slices (docs/ARCHITECTURE.md), as a check that fails: a slice calls only slices to its left, what carries the slices
// calls none of them, and what stands on them is called by none.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', 'src');
const SLICES = [
  'accounts', 'audit', 'messages', 'settings', 'prompts', 'calendar', 'attachments', 'calls', 'desks', 'transcripts', 'units', 'notices',
  'dialer', 'missed', 'tickets', 'contacts', 'dispatch', 'knowledge', 'surveys', 'supervision', 'forms',
];
const BELOW = ['audio', 'clock', 'config', 'db', 'events', 'faults', 'jobs', 'live', 'metrics', 'news', 'sheets'];
const ABOVE = ['backup', 'cli', 'daemon', 'demo', 'lifecycle', 'provisioning', 'switchboard', 'transcriber'];
// Arrows that were there before the check. The list only shrinks: one that is no longer needed fails as well.
const ALLOWED = new Set(['config -> attachments', 'config -> calendar', 'live -> calls', 'news -> accounts']);

const level = (name) => (BELOW.includes(name) ? -1 : ABOVE.includes(name) ? SLICES.length : SLICES.indexOf(name));
const isKnown = (name) => BELOW.includes(name) || ABOVE.includes(name) || SLICES.includes(name);

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.rs')) yield path;
  }
}

/** What a file names of the crate, one name for each `crate::…` and for each branch of `use crate::{…}`. */
function named(text) {
  const names = new Set([...text.matchAll(/\bcrate::([a-z_]+)/g)].map((match) => match[1]));
  for (const group of text.matchAll(/\bcrate::\{/g)) {
    let depth = 1;
    let branch = '';
    for (let at = group.index + group[0].length; depth > 0 && at < text.length; at += 1) {
      const letter = text[at];
      depth += letter === '{' ? 1 : letter === '}' ? -1 : 0;
      if (depth > 1 || (depth === 1 && letter !== ',')) {
        branch += letter;
        continue;
      }
      const name = /^\s*([a-z_]+)/.exec(branch)?.[1];
      if (name) names.add(name);
      branch = '';
    }
  }
  return names;
}

const arrows = new Map();
for (const path of sources(ROOT)) {
  const file = relative(ROOT, path);
  // Tests may set up whatever they need.
  if (/(^|[/_])tests?(\.rs|\/)/.test(file)) continue;
  const from = file.split('/')[0].replace(/\.rs$/, '');
  const code = readFileSync(path, 'utf8').replace(/\/\/.*$/gm, '').split(/#\[cfg\(test\)\]\s*mod tests\b/)[0];
  for (const to of named(code)) {
    if (to === from || !isKnown(from) || !isKnown(to)) continue;
    const key = `${from} -> ${to}`;
    arrows.set(key, [...(arrows.get(key) ?? []), `src/${file}`]);
  }
}

let failed = false;
for (const [arrow, files] of arrows) {
  const [from, to] = arrow.split(' -> ');
  const isFree = level(to) < level(from) || (level(from) === level(to) && !SLICES.includes(from));
  if (isFree || ALLOWED.has(arrow)) continue;
  console.log(`wall broken: ${arrow} goes against the order of the slices\n${files.join('\n')}`);
  failed = true;
}
for (const arrow of ALLOWED) {
  if (arrows.has(arrow)) continue;
  console.log(`wall broken: nothing needs ${arrow} any more: take it off the list in scripts/check-slices.mjs`);
  failed = true;
}
process.exit(failed ? 1 : 0);
