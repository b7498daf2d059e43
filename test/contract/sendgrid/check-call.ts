import { CALLS, type CallFact, type FieldFact } from './facts.js';

export interface Call {
  readonly method: string;
  /** Path and query as they came over the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export type Checked =
  | {
      readonly ok: true;
      readonly fact: CallFact;
      readonly path: Readonly<Record<string, string>>;
      readonly query: Readonly<Record<string, string>>;
      readonly body: Record<string, unknown>;
    }
  | { readonly ok: false; readonly status: 400 | 401 | 404 | 405 | 413 | 415; readonly code: string };

/** Holds one call against the table of facts. `code` says which rule it broke. */
export function checkCall(call: Call, host: 'global' | 'eu'): Checked {
  const url = new URL(call.target, 'http://vendor.invalid');
  const onPath = CALLS.map((fact) => ({ fact, path: matchPath(fact.path, url.pathname) })).filter(
    (hit) => hit.path !== null,
  );
  if (onPath.length === 0) return refused(404, 'unknown_path');
  // A literal segment beats a variable one: /global is a list, not an address.
  const exact = onPath
    .filter((hit) => hit.fact.method === call.method)
    .sort((a, b) => variables(a.fact) - variables(b.fact))[0];
  if (exact === undefined || exact.path === null) return refused(405, 'unknown_method');
  const { fact } = exact;
  if (fact.hosts === 'global' && host === 'eu') return refused(404, 'not_on_this_host');
  const bearer = call.headers['authorization'];
  if (typeof bearer !== 'string' || !/^Bearer \S+$/.test(bearer)) return refused(401, 'no_bearer_key');
  if (call.headers['on-behalf-of'] !== undefined && !fact.onBehalfOf) return refused(400, 'on_behalf_of_not_declared');
  if (Object.values(exact.path).some((value) => value === '')) return refused(400, 'empty_path_value');

  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    const rule = fact.query[name];
    if (rule === undefined) return refused(400, 'unknown_query_parameter');
    if (!rule.pattern.test(value)) return refused(400, 'bad_query_value');
    query[name] = value;
  }
  if (Object.entries(fact.query).some(([name, rule]) => rule.required && query[name] === undefined))
    return refused(400, 'query_parameter_missing');

  const body = checkBody(fact, call);
  if (typeof body === 'string') return refused(body === 'body_too_large' ? 413 : body === 'not_json' ? 415 : 400, body);
  return { ok: true, fact, path: exact.path, query, body };
}

function checkBody(fact: CallFact, call: Call): Record<string, unknown> | string {
  if (fact.body === null) return call.body.length === 0 ? {} : 'body_not_allowed';
  if (fact.maxBodyBytes !== undefined && call.body.length > fact.maxBodyBytes) return 'body_too_large';
  if (!String(call.headers['content-type']).startsWith('application/json')) return 'not_json';
  let body: unknown;
  try {
    body = JSON.parse(call.body.toString('utf8'));
  } catch {
    return 'malformed_json';
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return 'body_is_no_object';
  const fields = body as Record<string, unknown>;
  if (Object.keys(fields).some((name) => fact.body?.[name] === undefined)) return 'unknown_field';
  for (const [name, rule] of Object.entries(fact.body)) {
    const value = fields[name];
    if (value === undefined && rule.required) return 'field_missing';
    if (value !== undefined && !fits(rule, value)) return 'bad_field';
  }
  return fields;
}

function fits(rule: FieldFact, value: unknown): boolean {
  if (rule.type === 'string') return typeof value === 'string';
  if (rule.type === 'object[]') return fitsObjects(rule, value);
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && item !== '')) return false;
  const { minItems = 0, maxItems = Infinity, itemMaxLength = Infinity } = rule;
  return (
    value.length >= minItems && value.length <= maxItems && value.every((item: string) => item.length <= itemMaxLength)
  );
}

function fitsObjects(rule: FieldFact, value: unknown): boolean {
  const { minItems = 0, maxItems = Infinity, fields = {} } = rule;
  if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return false;
  return value.every((item: unknown) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return false;
    return Object.entries(item).every(([name, given]: [string, unknown]) => {
      const field = fields[name];
      if (field === undefined) return false;
      if (field.type === 'string[]') return Array.isArray(given) && given.every((one) => typeof one === 'string');
      return typeof given === 'string' && given.length <= (field.maxLength ?? Infinity);
    });
  });
}

function matchPath(template: string, pathname: string): Record<string, string> | null {
  const wanted = template.split('/');
  const given = pathname.split('/');
  if (wanted.length !== given.length) return null;
  const values: Record<string, string> = {};
  for (const [at, segment] of wanted.entries()) {
    const value = given[at] ?? '';
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (name === undefined) {
      if (segment !== value) return null;
    } else {
      try {
        values[name] = decodeURIComponent(value);
      } catch {
        return null;
      }
    }
  }
  return values;
}

function variables(fact: CallFact): number {
  return fact.path.split('{').length;
}

function refused(status: 400 | 401 | 404 | 405 | 413 | 415, code: string): Checked {
  return { ok: false, status, code };
}
