/**
 * Finds, in the text of a source file, what must not be asked of the store: the server that demo and tests run on answers
 * it wrongly or not at all, and on a real MongoDB nothing is lost by doing without (docs/operations.md, "The store").
 * Works on the syntax tree, so that a word in a comment or a string is no finding.
 */
import ts from 'typescript';

export interface Finding {
  readonly rule: 'L1' | 'L2' | 'L3' | 'L4' | 'L6' | 'L7' | 'L8' | 'no-find-and-modify';
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

const QUERIES = new Set([
  'find',
  'findOne',
  'countDocuments',
  'distinct',
  'aggregate',
  'updateOne',
  'updateMany',
  'replaceOne',
  'deleteOne',
  'deleteMany',
  'bulkWrite',
]);
const ABSENT = new Set(['$text', '$where', 'applyOps', 'dbHash', 'connPoolStats']);
/** Fields of our own store that are indexed arrays. */
const ARRAYS = /^(subjectHashes|organisations|approvals(\..+)?)$/;
/** Names of fields that hold numbers or dates; only those may be sorted downwards. */
const NUMBERS = /(Ms|At|^seq|^version|^revision|^size|^n)$/;

/**
 * @param file path as reported; files of connectors/ query the operator's fields, of which any may be an indexed array
 * @param text source text
 */
export function dataLayerFindings(file: string, text: string): Finding[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const findings: Finding[] = [];
  const add = (rule: Finding['rule'], node: ts.Node): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    findings.push({ rule, file, line, what: node.getText().slice(0, 80) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) call(node, add);
    if (ts.isPropertyAssignment(node)) property(node, file, add);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

type Add = (rule: Finding['rule'], node: ts.Node) => void;

function call(node: ts.CallExpression, add: Add): void {
  if (!ts.isPropertyAccessExpression(node.expression)) return;
  const method = node.expression.name.text;
  const [first] = node.arguments;
  if (/^findOneAnd/.test(method) || method === 'findAndModify') add('no-find-and-modify', node);
  if (first !== undefined && ts.isObjectLiteralExpression(first)) {
    if (QUERIES.has(method))
      for (const expression of expressions(node.arguments)) if (isPattern(expression)) add('L1', expression);
    if (method === 'insertOne' && !hasOwnId(first)) add('L8', node);
    if (method === 'sort')
      for (const [name, value] of pairs(first)) if (isMinusOne(value) && !NUMBERS.test(name)) add('L3', value);
  }
  if (method === 'aggregate' && first !== undefined)
    for (const expression of expressions([first])) if (isPattern(expression)) add('L1', expression);
  if (method === 'createIndex' || method === 'createIndexes') {
    for (const expression of expressions(node.arguments)) {
      if (isMinusOne(expression)) add('L3', expression);
      if (ts.isStringLiteral(expression) && expression.text === 'hashed') add('L7', expression);
    }
  }
  if (
    (method === 'updateOne' || method === 'replaceOne') &&
    first !== undefined &&
    ts.isObjectLiteralExpression(first)
  ) {
    const [options] = node.arguments.slice(2);
    const upsert =
      options !== undefined &&
      ts.isObjectLiteralExpression(options) &&
      pairs(options).some(([name, value]) => name === 'upsert' && value.kind === ts.SyntaxKind.TrueKeyword);
    if (upsert && !hasOwnId(first)) add('L8', node);
  }
}

function property(node: ts.PropertyAssignment, file: string, add: Add): void {
  const name = nameOf(node.name);
  if (name === '$regex' && isPattern(node.initializer)) add('L1', node);
  if (name === 'collation') add('L4', node);
  if (name === 'locale') add('L6', node);
  if (ABSENT.has(name)) add('L7', node);
  if (name === 'capped' && node.initializer.kind === ts.SyntaxKind.TrueKeyword) add('L7', node);
  if (name === 'timeseries') add('L7', node);
  if (ts.isObjectLiteralExpression(node.initializer) && name !== '$elemMatch') {
    const operators = new Set(pairs(node.initializer).map(([operator]) => operator));
    const twoSided = (operators.has('$gt') || operators.has('$gte')) && (operators.has('$lt') || operators.has('$lte'));
    if (twoSided && (ARRAYS.test(name) || file.startsWith('connectors/'))) add('L2', node);
  }
}

const nameOf = (name: ts.PropertyName): string =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : name.getText();

const pairs = (literal: ts.ObjectLiteralExpression): [string, ts.Expression][] =>
  literal.properties.flatMap((p) =>
    ts.isPropertyAssignment(p) ? [[nameOf(p.name), p.initializer] as [string, ts.Expression]] : [],
  );

/** A spread may bring the id; what is in it is checked where it is made. */
const hasOwnId = (literal: ts.ObjectLiteralExpression): boolean =>
  literal.properties.some((p) => ts.isSpreadAssignment(p) || (p.name !== undefined && nameOf(p.name) === '_id'));

const isPattern = (node: ts.Node): boolean =>
  ts.isRegularExpressionLiteral(node) ||
  ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp');

const isMinusOne = (node: ts.Node): boolean =>
  ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken && node.operand.getText() === '1';

/** All expressions below the nodes, but not inside functions: a callback is code of ours, not part of the query. */
function* expressions(nodes: Iterable<ts.Node>): Generator<ts.Node> {
  for (const node of nodes) {
    if (ts.isFunctionLike(node)) continue;
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    yield* expressions(children);
  }
}
