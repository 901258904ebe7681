// Holds a type of the console against a schema of the daemon's OpenAPI document. The document calls optional whatever a request may leave out,
// although the same in an answer is always there, so `required` says nothing of answers; that something may be null does.

/** A schema with its references followed and its parts put together. */
export function plain(document, schema) {
  if (!schema) return {};
  if (schema.$ref) return plain(document, at(document, schema.$ref));
  const alternatives = (schema.oneOf ?? schema.anyOf ?? []).map((one) => plain(document, one));
  const real = alternatives.filter((one) => one.type !== 'null');
  const types = [schema.type ?? []].flat();
  const isNull = types.includes('null') || real.length < alternatives.length || alternatives.some((one) => one.isNull);
  if (schema.allOf) return { ...together(schema.allOf.map((one) => plain(document, one))), isNull };
  if (alternatives.length) return { ...(real.length === 1 ? real[0] : chosen(real)), isNull };
  return { ...schema, type: types.find((one) => one !== 'null'), isNull };
}

function at(document, reference) {
  return reference.slice(2).split('/').reduce((inner, key) => inner?.[key.replaceAll('~1', '/')], document);
}

function together(parts) {
  return {
    type: 'object',
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => part.required ?? []),
    additionalProperties: parts.find((part) => part.additionalProperties)?.additionalProperties,
  };
}

/** One of several: what is in any may be there, what is in all must be. */
function chosen(parts) {
  if (parts.every((part) => part.enum)) return { type: 'string', enum: parts.flatMap((part) => part.enum) };
  if (parts.some((part) => part.type !== 'object')) return { unclear: true };
  const required = parts.map((part) => part.required ?? []);
  return {
    ...together(parts),
    required: required[0].filter((name) => required.every((names) => names.includes(name))),
  };
}

export class Shapes {
  constructor(ts, checker, document) {
    // `seen` ends what refers to itself; so each answer is held by a `Shapes` of its own.
    Object.assign(this, { ts, checker, document, seen: new Set() });
  }

  /** Of a page of a list: what its rows are. */
  rows(schema) {
    return plain(this.document, plain(this.document, schema).properties?.items).items;
  }

  /** What of an answer the console would read wrongly. */
  answer(type, schema, where = '') {
    const { ts } = this;
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return [];
    const wanted = plain(this.document, schema);
    const parts = type.isUnion() ? type.types : [type];
    const nothing = ts.TypeFlags.Null | ts.TypeFlags.Undefined;
    const faults = [];
    if (wanted.isNull && !parts.some((one) => one.flags & nothing)) faults.push(`${where} may be null, which the console does not expect`);
    const some = parts.filter((one) => !(one.flags & nothing));
    if (wanted.unclear || !some.length) return faults;
    return [...faults, ...this.value(some, wanted, schema, where)];
  }

  value(parts, wanted, schema, where) {
    const { ts, checker } = this;
    if (wanted.type === undefined && !wanted.properties && !wanted.enum) return [];
    const kinds = new Set(parts.map((one) => this.kind(one)));
    const expected = { integer: 'number', undefined: wanted.enum ? 'string' : 'object' }[wanted.type] ?? wanted.type;
    if (!kinds.has(expected)) return [`${where} is ${expected}, the console expects ${[...kinds].join(' or ')}`];
    if (wanted.enum) return this.words(parts, wanted, where);
    if (expected === 'array') {
      const list = parts.find((one) => checker.isArrayLikeType(one));
      return this.answer(checker.getIndexTypeOfType(list, ts.IndexKind.Number), wanted.items, `${where}[]`);
    }
    return expected === 'object' ? parts.flatMap((one) => this.object(one, wanted, schema, where)) : [];
  }

  kind(type) {
    const { TypeFlags } = this.ts;
    if (type.flags & TypeFlags.StringLike) return 'string';
    if (type.flags & TypeFlags.NumberLike) return 'number';
    if (type.flags & TypeFlags.BooleanLike) return 'boolean';
    return this.checker.isArrayLikeType(type) ? 'array' : 'object';
  }

  words(parts, wanted, where) {
    if (!parts.every((one) => one.isStringLiteral())) return [];
    const known = parts.map((one) => one.value);
    const strange = wanted.enum.filter((word) => word !== null && !known.includes(word));
    return strange.map((word) => `${where} may be '${word}', which the console does not know`);
  }

  object(type, wanted, schema, where) {
    const key = `${type.id} ${JSON.stringify(schema)}`;
    if (this.seen.has(key)) return [];
    this.seen.add(key);
    const { checker } = this;
    return checker.getPropertiesOfType(type).flatMap((property) => {
      const inner = wanted.properties?.[property.name] ?? ofAny(wanted);
      const path = `${where}.${property.name}`;
      if (inner === undefined) return wanted.properties ? [`${path} is never sent by the daemon`] : [];
      const of = checker.getTypeOfSymbol(property);
      return this.answer(of, inner, path);
    });
  }

  /** What of a body the daemon would not take: names that it does not know, and those that it asks for. */
  body(type, schema) {
    const wanted = plain(this.document, schema);
    const sent = this.checker.getPropertiesOfType(type);
    if (!wanted.properties || !sent.length) return [];
    const unknown = sent.filter((one) => !(one.name in wanted.properties) && !wanted.additionalProperties);
    const names = sent.map((one) => one.name);
    const missing = (wanted.required ?? []).filter((name) => !names.includes(name));
    return [
      ...unknown.map((one) => `the daemon takes no field ${one.name}`),
      ...missing.map((name) => `the daemon wants the field ${name}`),
    ];
  }
}

function ofAny(wanted) {
  return typeof wanted.additionalProperties === 'object' ? wanted.additionalProperties : undefined;
}
