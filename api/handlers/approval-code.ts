/**
 * Deciding by mail (`mail_link`): an organisation without systems of its own gets a link with the approval's opaque id;
 * a fresh six-digit code goes to its own contact when the link is used. The code stands for the organisation in this one
 * approval: it shows the approval and the person, and decides once.
 */
import type { ApprovalView, Principal } from '../../contracts/index.js';
import { LANGUAGES } from '../../domain/words.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { createContacts } from '../../infra/store/contacts.js';
import type { ApiDeps } from '../deps.js';
import type { Call, Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft } from '../ledger-notes.js';
import { approvalCodeMail } from '../package/code-mail.js';

const purposeOf = (approvalId: string): string => `approval/${approvalId}`;

/** The approval, when its organisation decides by mail; null otherwise. */
async function byMail(
  deps: Pick<ApiDeps, 'requests' | 'organisations'>,
  approvalId: string,
): Promise<{ readonly doc: RequestDoc; readonly approval: ApprovalView; readonly organisation: string } | null> {
  const doc = await deps.requests.byApproval(approvalId);
  const approval = doc?.approvals.find((a) => a.id === approvalId);
  if (doc === null || approval === undefined) return null;
  const { organisation } = approval;
  if (approval.kind !== 'organisation' || organisation === null) return null;
  const entry = await deps.organisations.get(doc.operator, organisation);
  return entry?.channel === 'mail_link' ? { doc, approval, organisation } : null;
}

/** 202 whatever there is: nobody learns of an approval by asking. */
export function sendApprovalCode(deps: ApiDeps): Handler {
  return async (call) => {
    // Not awaited: how long the answer takes must not tell either.
    void send(deps, call).catch(() => deps.log?.error('approval_code_failed', {}));
    return { status: 202, headers: { 'Cache-Control': 'no-store' } };
  };
}

async function send(deps: ApiDeps, call: Call): Promise<void> {
  const found = await byMail(deps, call.params['id'] ?? '');
  if (found === null || found.approval.state !== 'pending') return;
  const { doc, approval, organisation } = found;
  const contact = await createContacts({
    organisation: (operator, id) => deps.organisations.get(operator, id),
  }).contact(doc.operator, organisation, 'admin');
  if (contact === null || !(await deps.packageCodes.mayIssue(approval.id, call.now.getTime()))) return;
  const code = await deps.codes.issue({
    operator: doc.operator,
    requestId: doc._id,
    purpose: purposeOf(approval.id),
  });
  const language = LANGUAGES.find((l) => l === contact.language) ?? doc.view.language;
  await deps.mailer.send({
    id: deps.mac('approval-mail', approval.id, String(call.now.getTime())).slice(0, 32),
    to: contact.email,
    language,
    ...approvalCodeMail(language, code, approval.id),
  });
  await deps.ledger.append([
    draft({
      id: `${doc._id}/approval_code/${approval.id}/${call.now.getTime()}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: { kind: 'anonymous', role: 'anonymous', id: 'anonymous' },
      action: 'approval.code_sent',
      requestId: doc._id,
      code: organisation,
      after: { approval: approval.id },
    }),
  ]);
}

/** Whoever holds the mailed code speaks for the organisation, under the same id as its signing keys. */
function holderOf(operator: string, organisation: string): Principal {
  return {
    id: `org/${operator}/${organisation}`,
    kind: 'organisation',
    role: 'approver',
    scopes: [],
    operators: [operator],
    organisation,
  };
}

/** The caller of an approval: signed in, or the organisation behind a mailed code that is there but not checked yet. */
export async function callerOf(deps: ApiDeps, call: Call): Promise<Principal> {
  if (call.principal !== null) return call.principal;
  const found = await byMail(deps, call.params['id'] ?? '');
  // Every refusal is the same, whether the approval or the code is wrong.
  if (found === null) throw new HttpProblem('code_invalid');
  return holderOf(found.doc.operator, found.organisation);
}

/**
 * Checks the code of a call that has one instead of a sign-in. `spend`: it decides and is used up; otherwise it only
 * shows and lives on for its ten minutes (every look counts as one of its five tries). Throws `code_invalid`.
 */
export async function checkCode(deps: ApiDeps, call: Call, spend: boolean): Promise<void> {
  if (call.principal !== null) return;
  const found = await byMail(deps, call.params['id'] ?? '');
  const code = call.header('habeas-code') ?? '';
  if (found === null || !/^[0-9]{6}$/.test(code)) throw new HttpProblem('code_invalid');
  const { doc, approval } = found;
  const answer = await deps.codes.check({
    operator: doc.operator,
    requestId: doc._id,
    purpose: purposeOf(approval.id),
    code,
    keep: !spend,
  });
  if (answer === 'ok') return;
  await deps.ledger.append([
    draft({
      id: `${doc._id}/code_refused/${approval.id}/${call.traceId}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: { kind: 'anonymous', role: 'anonymous', id: 'anonymous' },
      action: 'approval.decision_refused',
      requestId: doc._id,
      code: 'code_invalid',
      after: { approval: approval.id, answer },
    }),
  ]);
  throw new HttpProblem('code_invalid');
}
