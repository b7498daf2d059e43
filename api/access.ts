/** Object checks: operator and organisation. What is not yours does not exist (404). */
import { mayActFor, type ApprovalView, type Principal } from '../contracts/index.js';
import type { RequestDoc } from '../infra/store/documents.js';
import type { ApiDeps } from './deps.js';
import { principalOf, type Call } from './http/call.js';
import { HttpProblem } from './http/problem.js';

/** Operators to query: null = all. */
export function operatorsOf(principal: Principal): readonly string[] | null {
  return principal.operators.includes('*') ? null : principal.operators;
}

/** Whoever speaks for one organisation sees approvals, not requests: those name other organisations. */
export function refuseOrganisations(principal: Principal): void {
  if (principal.organisation !== null) throw new HttpProblem('forbidden');
}

/** The request, if it is the caller's to see. Throws `not_found`, `forbidden`. */
export async function requestOf(deps: Pick<ApiDeps, 'requests'>, call: Call): Promise<RequestDoc> {
  const principal = principalOf(call);
  refuseOrganisations(principal);
  const doc = await deps.requests.get(call.params['id'] ?? '');
  if (doc === null || !mayActFor(principal, doc.operator)) throw new HttpProblem('not_found');
  return doc;
}

/** May look at this approval: its organisation, or the operator's officers. */
export function maySee(principal: Principal, approval: ApprovalView): boolean {
  if (!mayActFor(principal, approval.operator)) return false;
  if (principal.role === 'privacy_officer') return true;
  return (
    principal.organisation !== null &&
    principal.organisation === approval.organisation &&
    approval.kind === 'organisation'
  );
}

/** Is the party that this approval names. An operator's own officer never decides for an organisation. */
export function isParty(principal: Principal, approval: ApprovalView): boolean {
  if (!maySee(principal, approval)) return false;
  if (approval.kind === 'organisation')
    return principal.organisation !== null && principal.organisation === approval.organisation;
  return principal.role === 'privacy_officer';
}

export async function approvalOf(
  deps: Pick<ApiDeps, 'requests'>,
  call: Call,
): Promise<{ readonly doc: RequestDoc; readonly approval: ApprovalView }> {
  const id = call.params['id'] ?? '';
  const doc = await deps.requests.byApproval(id);
  const approval = doc?.approvals.find((a) => a.id === id);
  if (doc === null || approval === undefined || !maySee(principalOf(call), approval))
    throw new HttpProblem('not_found');
  return { doc, approval };
}
