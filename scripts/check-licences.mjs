// What we may ship, as deny.toml says it, without cargo-deny, which takes minutes to build: licences as the crates state them, crates that are
// not wanted, and where crates come from. `DENY=1 make test` has cargo-deny read the licence texts as well.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const REGISTRY = 'registry+https://github.com/rust-lang/crates.io-index';

/** The texts of a list of deny.toml. */
function listed(rules, name) {
  const list = new RegExp(`^${name} = \\[([^\\]]*)\\]`, 'm').exec(rules)?.[1] ?? '';
  return [...list.matchAll(/(?:crate = )?"([^"]+)"(?:, reason = "[^"]*")?/g)].map((match) => match[1]);
}

/** Whether an SPDX expression can be met with what is allowed; `/` is an older way to write OR. */
function isMet(expression, allowed) {
  const tokens = expression.replaceAll('/', ' OR ').match(/[()]|[^\s()]+/g) ?? [];
  const one = () => {
    const token = tokens.shift();
    if (token === '(') {
      const inner = any();
      tokens.shift();
      return inner;
    }
    const exception = tokens[0] === 'WITH' ? ` ${tokens.splice(0, 2).join(' ')}` : '';
    return allowed.has(token + exception);
  };
  const chain = (word, next, join) => {
    let met = next();
    while (tokens[0] === word) {
      tokens.shift();
      // Both sides are read, whatever the first says.
      met = join(met, next());
    }
    return met;
  };
  const all = () => chain('AND', one, (left, right) => left && right);
  const any = () => chain('OR', all, (left, right) => left || right);
  return any() && tokens.length === 0;
}

const rules = readFileSync(join(ROOT, 'deny.toml'), 'utf8');
const allowed = new Set(listed(rules, 'allow'));
const unwanted = new Set(listed(rules, 'deny'));
const host = /^host: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))[1];
const metadata = execFileSync('cargo', ['metadata', '--format-version', '1', '--locked', '--filter-platform', host], {
  cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28,
});
const crates = JSON.parse(metadata).packages;

const faults = crates.flatMap(({ name, version, license, source }) => [
  ...(license && isMet(license, allowed) ? [] : [`${name} ${version}: licence ${license ?? 'not stated'}`]),
  ...(unwanted.has(name) ? [`${name} ${version} is not wanted`] : []),
  ...(source === null || source === REGISTRY ? [] : [`${name} ${version} comes from ${source}`]),
]);
for (const fault of faults) console.log(`error: ${fault}`);
console.log(`${crates.length} crates, ${allowed.size} licences allowed, ${unwanted.size} crates not wanted`);
process.exit(faults.length || !allowed.size || !unwanted.size ? 1 : 0);
