/**
 * The subject confirms the receiver of her data: a code to her proven address, in a mail that names address and key. Only
 * then does anything leave (docs/portability-push.md). An officer can record her word instead: action `confirmReceiver`.
 */
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import type { ReceiverEntry } from '../../domain/ports/transfers.js';
import { VAULT } from '../../domain/ports/vault.js';
import { keyIdOf } from '../../infra/keys/signing-crypto.js';
import { keyOf } from '../../infra/packages/index.js';
import type { ApiDeps } from '../deps.js';
import type { Call, Handler } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft } from '../ledger-notes.js';
import { receiverMail } from './code-mail.js';
import { provenAddress } from './package.js';

const PURPOSE = 'receiver';

/** Answers 202 whatever there is, so that nobody learns of a request by asking. */
export function sendReceiverCode(deps: ApiDeps): Handler {
  return async (call) => {
    // Not awaited: how long the answer takes must not tell either.
    void send(deps, call).catch(() => deps.log?.error('receiver_code_failed', {}));
    return { status: 202, headers: { 'Cache-Control': 'no-store' } };
  };
}

async function send(deps: ApiDeps, call: Call): Promise<void> {
  const doc = await deps.requests.get(call.params['id'] ?? '');
  if (doc === null || doc.view.transfer?.state !== 'unconfirmed' || doc.view.identity.state !== 'verified') return;
  const subject = await deps.vault.get<SubjectEntry>(doc._id, VAULT.subject);
  const identity = await deps.vault.get<IdentityEntry>(doc._id, VAULT.identity);
  const receiver = await deps.vault.get<ReceiverEntry>(doc._id, VAULT.receiver);
  const to = subject === null ? null : provenAddress(subject, identity);
  if (subject === null || to === null || receiver === null) return;
  const nowMs = call.now.getTime();
  if (!(await deps.packageCodes.mayIssue(`${doc._id}/${PURPOSE}`, nowMs))) return;
  const code = await deps.codes.issue({ operator: doc.operator, requestId: doc._id, purpose: PURPOSE });
  await deps.mailer.send({
    id: deps.mac('receiver-mail', doc._id, String(nowMs)).slice(0, 32),
    to,
    language: subject.language,
    ...receiverMail(subject.language, code, receiver.url, keyIdOf(keyOf(receiver.key))),
  });
  await deps.ledger.append([
    draft({
      id: `${doc._id}/receiver_code/${nowMs}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: { kind: 'anonymous', role: 'anonymous', id: 'anonymous' },
      action: 'receiver.code_sent',
      requestId: doc._id,
    }),
  ]);
}

export function confirmReceiver(deps: ApiDeps): Handler {
  return async (call) => {
    const code = call.header('habeas-code');
    if (code === undefined) throw new HttpProblem('unauthenticated');
    const id = call.params['id'] ?? '';
    // Every refusal is the same, whether the request, its state or the code is wrong.
    const doc = /^[0-9]{6}$/.test(code) ? await deps.requests.get(id) : null;
    if (doc === null || doc.view.transfer?.state !== 'unconfirmed') throw new HttpProblem('code_invalid');
    const answer = await deps.codes.check({ operator: doc.operator, requestId: id, purpose: PURPOSE, code });
    if (answer !== 'ok') throw new HttpProblem('code_invalid');
    const eventId = deps.mac('receiver-confirmed', id, code, call.traceId);
    await deps.gateway.update(id, 'event', eventId, {
      by: { kind: 'subject', role: 'subject', id: 'subject' },
      type: 'receiver.confirmed',
      eventId,
    });
    return { status: 204, headers: { 'Cache-Control': 'no-store' } };
  };
}
