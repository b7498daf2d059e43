/**
 * Requests that an organisation starts itself. Its instruction is the decision for its own records, so nobody is asked;
 * the search and everything after it is limited to those records. Two ways: the organisation's own machine (scope
 * `requests:instruct`, bound to it), or the operator's system that attests one of the organisation's administrators
 * (`requests:instruct` and `requests:attest`). An operator's officer never speaks for an organisation.
 */
import type { CreateRequest, Principal } from '../../contracts/index.js';
import type { Instruction, RequestInput } from '../../domain/lifecycle/commands.js';
import type { Pack } from '../../domain/policy/types.js';
import { VAULT } from '../../domain/ports/vault.js';
import { IDENTITY_LEVELS } from '../../domain/words.js';
import type { OrganisationStore } from '../../infra/store/organisations.js';
import { HttpProblem } from '../http/problem.js';
import { speakerOf } from '../ledger-notes.js';

/** The organisation that instructs; null = an ordinary request. Throws `forbidden`, `scope_missing`, `validation_failed`. */
export async function instructing(
  deps: { readonly organisations: Pick<OrganisationStore, 'get'> },
  principal: Principal,
  body: CreateRequest,
): Promise<string | null> {
  const named = body.organisation ?? null;
  if (body.channel !== 'organisation') {
    if (principal.organisation !== null || !mayStart(principal)) throw new HttpProblem('forbidden');
    const stray = [
      ...(named === null ? [] : ['/organisation']),
      ...((body.instructionRef ?? null) === null ? [] : ['/instructionRef']),
    ];
    if (stray.length > 0) throw invalid(stray, 'goes with channel organisation');
    return null;
  }
  if (principal.role !== null) throw new HttpProblem('forbidden', { detail: 'an officer decides for no organisation' });
  const scopes = principal.organisation === null ? ['requests:instruct', 'requests:attest'] : ['requests:instruct'];
  const missing = scopes.filter((scope) => !(principal.scopes as readonly string[]).includes(scope));
  if (missing.length > 0) throw new HttpProblem('scope_missing', { detail: `needs: ${missing.join(', ')}` });
  if ((body.instructionRef ?? null) === null) throw invalid(['/instructionRef'], 'an instruction has a reference');
  const organisation = principal.organisation ?? named;
  if (organisation === null) throw invalid(['/organisation'], 'say whose instruction it is');
  if (named !== null && named !== organisation) throw new HttpProblem('forbidden');
  if (principal.organisation === null) {
    // An administrator who was attested: somebody stands behind the instruction, and it is not the subject.
    if (body.agent?.capacity !== 'organisation') throw invalid(['/agent/capacity'], 'the administrator who instructs');
    if ((body.identity ?? null) === null) throw invalid(['/identity'], 'how the administrator was verified');
  }
  if ((await deps.organisations.get(body.operator, organisation)) === null)
    throw invalid(['/organisation'], 'no such organisation');
  return organisation;
}

function mayStart(principal: Principal): boolean {
  return principal.role !== null || principal.scopes.includes('requests:write');
}

function invalid(pointers: readonly string[], detail: string): HttpProblem {
  return new HttpProblem('validation_failed', { errors: pointers.map((pointer) => ({ pointer, detail })) });
}

/** The controller vouches for who is meant (GDPR Art. 28(3)(a)); nothing outside its own records can be reached. */
export function vouchedIdentity(pack: Pack, body: CreateRequest): NonNullable<RequestInput['identity']> {
  const required = IDENTITY_LEVELS.indexOf(pack.identify[body.right] ?? 'low');
  const level = required > IDENTITY_LEVELS.indexOf('substantial') ? 'high' : 'substantial';
  return {
    method: 'organisation_instruction',
    level,
    proven: body.subject.identifiers.map((_, position) => position),
  };
}

export function instructionOf(principal: Principal, organisation: string): Instruction {
  return {
    organisation,
    planHash: null,
    by: speakerOf(principal),
    decision: 'approve',
    datasets: null,
    ground: null,
    reasonRef: VAULT.message('instruction'),
    decidedBy: { kind: 'person', ref: 'instruction' },
    retain: [],
    answer: null,
    deliverTo: null,
  };
}
