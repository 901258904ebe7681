#!/usr/bin/env node
// Whether the console and the daemon speak of the same: `check.mjs DOCUMENT` holds every request in console/src against the daemon's OpenAPI
// document: its address and method, the names of its query, what its body says and how its answer is read.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { requests } from './requests.mjs';
import { Shapes } from './shapes.mjs';

const console_ = join(import.meta.dirname, '..', '..', 'console');
const ts = createRequire(join(console_, 'package.json'))('typescript');
const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const config = ts.getParsedCommandLineOfConfigFile(join(console_, 'tsconfig.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} });
const program = ts.createProgram(config.fileNames, { ...config.options, noEmit: true });
const checker = program.getTypeChecker();

/** The operations that an address can mean: the fixed parts of a route are preferred to its parameters. */
function operations(method, path) {
  const wanted = `/api/v1/${path}`.split('/');
  const fits = Object.keys(document.paths).filter((route) => {
    const parts = route.split('/');
    return parts.length === wanted.length && parts.every((part, at) => part === wanted[at] || wanted[at] === '{}' || part.startsWith('{'));
  });
  const exact = fits.filter((route) => route.split('/').every((part, at) => part === wanted[at] || (wanted[at] === '{}' && part.startsWith('{'))));
  return (exact.length ? exact : fits).map((route) => ({ route, ...operation(document.paths[route], method) })).filter((one) => one.responses);
}

const operation = (item, method) => (method ? item[method.toLowerCase()] : (item.get ?? item.post));
const json = (content) => content?.['application/json']?.schema;

function answerOf(operation) {
  const good = Object.keys(operation.responses).find((status) => status.startsWith('2') && json(operation.responses[status].content));
  return good && json(operation.responses[good].content);
}

function faultsOf(request, operation) {
  const shapes = new Shapes(ts, checker, document);
  const schema = answerOf(operation);
  const faults = [];
  if (request.answer && schema) faults.push(...shapes.answer(request.answer, request.whole ? shapes.rows(schema) : schema, 'answer'));
  if (request.body) faults.push(...shapes.body(request.body, json(operation.requestBody?.content)));
  if (request.query) {
    const names = (operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => one.name);
    const asked = checker.getPropertiesOfType(request.query).map((one) => one.name);
    faults.push(...asked.filter((name) => !names.includes(name)).map((name) => `the daemon knows no query ${name}`));
  }
  return faults;
}

let held = 0;
const faults = [];
for (const request of requests(ts, program)) {
  for (const path of request.paths) {
    const possible = operations(request.method, path);
    held += 1;
    if (!possible.length) faults.push(`${request.where}: ${request.method ?? ''} ${path}: there is no such operation`);
    // Of an address that is made up when the page runs, one must fit; what is sent then is not known here.
    const known = possible.length > 1 ? { ...request, body: undefined, query: undefined } : request;
    const telling = possible.filter((one) => !known.answer || answerOf(one));
    const [best] = (telling.length ? telling : possible).map((one) => faultsOf(known, one).map((fault) => `${one.route}: ${fault}`)).sort((a, b) => a.length - b.length);
    faults.push(...(best ?? []).map((fault) => `${request.where}: ${request.method ?? ''} ${fault}`));
  }
}
for (const fault of new Set(faults)) console.log(`error: ${fault}`);
console.log(`${held} requests of the console held against ${Object.keys(document.paths).length} routes`);
process.exit(faults.length || held < 100 ? 1 : 0);
