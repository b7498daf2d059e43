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
  // What an organisation itself started holds its own records only: its machine may follow it.
  const own = principal.organisation !== null && call.endpoint === 'getRequest' && principal.role === null;
  if (!own) refuseOrganisations(principal);
  const doc = await deps.requests.get(call.params['id'] ?? '');
  if (doc === null || !mayActFor(principal, doc.operator)) throw new HttpProblem('not_found');
  if (own && doc.onlyOrganisation !== principal.organisation) throw new HttpProblem('not_found');
  return doc;
}

/** Who may stand in for the role that a rule of the pack names (docs/organisations.md). */
export async function deputiesOf(
  deps: Pick<ApiDeps, 'policies'>,
  doc: RequestDoc,
  approval: ApprovalView,
): Promise<readonly string[]> {
  if (approval.kind !== 'privacy_officer' && approval.kind !== 'second_person') return [];
  const frozen = await deps.policies.byHash(doc.view.policy.hash);
  return frozen?.pack.approvals.find((rule) => rule.id === approval.policyRule)?.deputies ?? [];
}

function isDeputy(principal: Principal, deputies: readonly string[]): boolean {
  if (principal.organisation !== null) return false;
  return deputies.includes(principal.id) || (typeof principal.name === 'string' && deputies.includes(principal.name));
}

/** May look at this approval: its organisation, the operator's officers, deputies of its rule. */
export function maySee(principal: Principal, approval: ApprovalView, deputies: readonly string[] = []): boolean {
  if (!mayActFor(principal, approval.operator)) return false;
  if (principal.role === 'privacy_officer' || isDeputy(principal, deputies)) return true;
  return (
    principal.organisation !== null &&
    principal.organisation === approval.organisation &&
    approval.kind === 'organisation'
  );
}

/** Is the party that this approval names. An operator's own officer never decides for an organisation. */
export function isParty(principal: Principal, approval: ApprovalView, deputies: readonly string[] = []): boolean {
  if (!maySee(principal, approval, deputies)) return false;
  if (approval.kind === 'organisation')
    return principal.organisation !== null && principal.organisation === approval.organisation;
  return principal.role === 'privacy_officer' || isDeputy(principal, deputies);
}

export async function approvalOf(
  deps: Pick<ApiDeps, 'requests' | 'policies'>,
  call: Call,
  principal: Principal = principalOf(call),
): Promise<{ readonly doc: RequestDoc; readonly approval: ApprovalView; readonly deputies: readonly string[] }> {
  const id = call.params['id'] ?? '';
  const doc = await deps.requests.byApproval(id);
  const approval = doc?.approvals.find((a) => a.id === id);
  if (doc === null || approval === undefined) throw new HttpProblem('not_found');
  const deputies = await deputiesOf(deps, doc, approval);
  if (!maySee(principal, approval, deputies)) throw new HttpProblem('not_found');
  return { doc, approval, deputies };
}
