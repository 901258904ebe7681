// Finds the requests of the console: which function of api/http.ts is called, with which address, what it sends and what it expects.

const METHODS = {
  load: 'GET', post: 'POST', postToTheEnd: 'POST', upload: 'POST', file: 'PUT', put: 'PUT', remove: 'DELETE', whole: 'GET',
  // For a link, a player or an upload of the page's own.
  address: null,
};

/** All requests of a program's files, as `{ where, method, paths, answer, body, query, whole }`. */
export function requests(ts, program) {
  const checker = program.getTypeChecker();
  const found = [];
  for (const file of program.getSourceFiles()) {
    if (!/\/console\/src\/(?!api\/http\.ts)/.test(file.fileName)) continue;
    const visit = (node) => {
      if (ts.isCallExpression(node)) {
        const request = requestOf(ts, checker, node);
        if (request) found.push({ ...request, where: place(file, node) });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

function place(file, node) {
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${file.fileName.replace(/.*\/console\//, 'console/')}:${line + 1}`;
}

function requestOf(ts, checker, call) {
  const name = calleeName(ts, checker, call.expression);
  if (!name) return null;
  const [path, second, third] = call.arguments;
  const typeOf = (node) => node && checker.getTypeAtLocation(node);
  const sendsBody = ['post', 'postToTheEnd', 'put'].includes(name);
  return {
    method: METHODS[name],
    paths: pathsOf(ts, checker, path, new Map()),
    answer: call.typeArguments?.[0] && checker.getTypeFromTypeNode(call.typeArguments[0]),
    whole: name === 'whole',
    body: sendsBody ? typeOf(second) : undefined,
    query: typeOf(['upload', 'file', 'put'].includes(name) ? third : sendsBody ? undefined : second),
  };
}

/** Which function of api/http.ts is called, whatever the file calls it from. */
function calleeName(ts, checker, callee) {
  const object = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  if (!ts.isIdentifier(object)) return null;
  let symbol = checker.getSymbolAtLocation(object);
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const file = symbol?.declarations?.[0]?.getSourceFile().fileName ?? '';
  if (!file.endsWith('/api/http.ts')) return null;
  const name = object === callee ? object.text : callee.name.text;
  return name in METHODS ? name : null;
}

/** What an address can be; `{}` stands for what is only known when the page runs. */
function pathsOf(ts, checker, node, bound) {
  const inner = (child) => pathsOf(ts, checker, child, bound);
  if (!node) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return inner(node.expression);
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce(
      (heads, span) => joined(heads, joined(inner(span.expression), [span.literal.text])),
      [node.head.text],
    );
  }
  const symbol = ts.isIdentifier(node) && checker.getSymbolAtLocation(node);
  if (symbol && bound.has(symbol)) return inner(bound.get(symbol));
  if (ts.isCallExpression(node)) {
    const made = arrow(ts, checker, node.expression);
    if (!made) return ['{}'];
    const within = new Map(bound);
    made.parameters.forEach((parameter, index) => {
      within.set(checker.getSymbolAtLocation(parameter.name), node.arguments[index]);
    });
    return pathsOf(ts, checker, made.body, within);
  }
  const type = checker.getTypeAtLocation(node);
  const texts = (type.isUnion() ? type.types : [type]).map((one) => (one.isStringLiteral() ? one.value : '{}'));
  return [...new Set(texts)];
}

const joined = (heads, tails) => heads.flatMap((head) => tails.map((tail) => head + tail));

/** The one-line function of the console's own that a name stands for. */
function arrow(ts, checker, callee) {
  const declaration = checker.getSymbolAtLocation(callee)?.valueDeclaration;
  const made = declaration && ts.isVariableDeclaration(declaration) && declaration.initializer;
  return made && ts.isArrowFunction(made) && !ts.isBlock(made.body) ? made : null;
}
