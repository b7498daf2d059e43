/** The directory of organisations: contacts, how each decides, defaults. Every change is a ledger entry, without values. */
import { mayActFor, type OrganisationView, type Principal, type PutOrganisation } from '../../contracts/index.js';
import { decodeCursor, encodeCursor } from '../../infra/store/cursor.js';
import type { OrganisationDoc } from '../../infra/store/documents.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Handler } from '../http/call.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { draft, speakerOf } from '../ledger-notes.js';
import { askedOperators } from './read-requests.js';

export interface Named {
  readonly operator: string;
  readonly organisation: string;
}

/**
 * Which organisation a call is about, if it is the caller's to see: an approver sees its own, officers and admins those of
 * their operators. Throws `not_found`, `operator_unknown` (say which operator), `forbidden` (an officer's operator).
 */
export async function organisationNamed(deps: Pick<ApiDeps, 'policies'>, call: Call): Promise<Named> {
  const principal = principalOf(call);
  const organisation = call.params['id'] ?? '';
  const operator = (call.query['operator'] as string | undefined) ?? soleOperator(principal);
  if (operator === null)
    throw new HttpProblem('operator_unknown', { errors: [{ pointer: '/operator', detail: 'say which operator' }] });
  if (!mayActFor(principal, operator)) throw new HttpProblem('not_found');
  if (principal.organisation !== null && principal.organisation !== organisation) throw new HttpProblem('not_found');
  if ((await deps.policies.current(operator)) === null)
    throw new HttpProblem('operator_unknown', { errors: [{ pointer: '/operator', detail: 'no such operator' }] });
  return { operator, organisation };
}

function soleOperator(principal: Principal): string | null {
  const [only, ...more] = principal.operators;
  return only !== undefined && more.length === 0 && only !== '*' ? only : null;
}

/** Throws `not_found`. */
export async function organisationOf(
  deps: Pick<ApiDeps, 'organisations' | 'policies'>,
  call: Call,
): Promise<OrganisationDoc> {
  const named = await organisationNamed(deps, call);
  const doc = await deps.organisations.get(named.operator, named.organisation);
  if (doc === null) throw new HttpProblem('not_found');
  return doc;
}

export function listOrganisations(deps: ApiDeps): Handler {
  return async (call) => {
    const query = call.query as { operator?: string; cursor?: string; limit: number };
    const operators = askedOperators(call, query.operator);
    const position = query.cursor === undefined ? null : decodeCursor(deps.mac, 'organisations', query.cursor);
    const after = position === null ? null : String(position[0]);
    const docs = await deps.organisations.list(operators, after, query.limit + 1);
    const shown = docs.slice(0, query.limit);
    const last = shown.at(-1);
    const next =
      docs.length > shown.length && last !== undefined ? encodeCursor(deps.mac, 'organisations', [last._id]) : null;
    return page(
      call,
      '/v1/organisations',
      shown.map((doc) => shownOf(doc, call.now)),
      next,
    );
  };
}

export function getOrganisation(deps: ApiDeps): Handler {
  return async (call) => ({ status: 200, body: shownOf(await organisationOf(deps, call), call.now) });
}

export function putOrganisation(deps: ApiDeps): Handler {
  return async (call) => {
    const principal = principalOf(call);
    const { operator, organisation } = await organisationNamed(deps, call);
    const before = await deps.organisations.get(operator, organisation);
    // An organisation does not enter itself into an operator's directory.
    if (before === null && principal.organisation !== null) throw new HttpProblem('not_found');
    const body = call.body as PutOrganisation;
    await deps.organisations.put({ operator, organisation, ...body });
    const after = await deps.organisations.get(operator, organisation);
    if (after === null) throw new HttpProblem('not_found');
    const changed = (Object.keys(body) as (keyof PutOrganisation)[]).filter(
      (name) => JSON.stringify(before?.[name] ?? null) !== JSON.stringify(body[name]),
    );
    await noteOrganisation(deps, call, { operator, organisation }, before === null ? 'created' : 'changed', {
      changed,
    });
    return { status: 200, body: shownOf(after, call.now) };
  };
}

/** One entry per call; contacts and secrets never stand in it, only which fields changed. */
export async function noteOrganisation(
  deps: Pick<ApiDeps, 'ledger'>,
  call: Call,
  { operator, organisation }: Named,
  what: string,
  after: Readonly<Record<string, unknown>>,
): Promise<void> {
  await deps.ledger.append([
    draft({
      id: `organisation/${operator}/${organisation}/${what}/${call.traceId}`,
      operator,
      at: call.now.toISOString(),
      actor: speakerOf(principalOf(call)),
      action: `organisation.${what}`,
      requestId: null,
      code: organisation,
      after,
    }),
  ]);
}

export function shownOf(doc: OrganisationDoc, now: Date): OrganisationView {
  const live = (doc.endpoints ?? []).filter((e) => e.disabledAt === null);
  const { contacts } = doc;
  return {
    id: doc.organisation,
    operator: doc.operator,
    name: doc.name,
    language: doc.language,
    country: doc.country,
    contacts,
    channel: doc.channel ?? 'console',
    agreement: doc.agreement ?? null,
    answer: doc.answer,
    deliverTo: doc.deliverTo,
    mailDomains: doc.mailDomains ?? [],
    reachable: live.length > 0 || contacts.admin !== null || contacts.dpo !== null || contacts.escalation !== null,
    keys: doc.keys.filter((k) => k.notAfter === null || Date.parse(k.notAfter) > now.getTime()).length,
    endpoints: live.length,
  };
}
