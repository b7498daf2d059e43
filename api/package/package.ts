/** The package: a fresh code to the proven address, one download per code; for an officer before release, with a purpose. */
import { Readable } from 'node:stream';
import { mayActFor, type Principal } from '../../contracts/index.js';
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import type { ApiDeps } from '../deps.js';
import { checkPurpose } from '../handlers/read-requests.js';
import type { Call, Handler, Reply } from '../http/call.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft, speakerOf } from '../ledger-notes.js';
import { codeMail } from './code-mail.js';

/** Answers 202 whatever there is, so that nobody learns of a request by asking; failures behind it are logged only. */
export function sendPackageCode(deps: ApiDeps): Handler {
  return async (call) => {
    // Not awaited: how long the answer takes must not tell either.
    void send(deps, call).catch(() => deps.log?.error('package_code_failed', {}));
    return { status: 202, headers: { 'Cache-Control': 'no-store' } };
  };
}

async function send(deps: ApiDeps, call: Call): Promise<void> {
  const doc = await deps.requests.get(call.params['id'] ?? '');
  if (doc === null || doc.view.package?.released !== true) return;
  const subject = await deps.vault.get<SubjectEntry>(doc._id, VAULT.subject);
  const identity = await deps.vault.get<IdentityEntry>(doc._id, VAULT.identity);
  const to = subject === null ? null : provenAddress(subject, identity);
  if (subject === null || to === null) return;
  const nowMs = call.now.getTime();
  if (!(await deps.packageCodes.mayIssue(doc._id, nowMs))) return;
  const code = await deps.codes.issue({ operator: doc.operator, requestId: doc._id, purpose: 'package' });
  await deps.mailer.send({
    id: deps.mac('package-mail', doc._id, String(nowMs)).slice(0, 32),
    to,
    language: subject.language,
    ...codeMail(subject.language, code),
  });
  await deps.ledger.append([
    draft({
      id: `${doc._id}/package_code/${nowMs}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: { kind: 'anonymous', role: 'anonymous', id: 'anonymous' },
      action: 'package.code_sent',
      requestId: doc._id,
    }),
  ]);
}

/** Only a proven address: the contact address when it is one, else the first proven e-mail. */
export function provenAddress(subject: SubjectEntry, identity: IdentityEntry | null): string | null {
  const proven = subject.identifiers
    .filter((given, i) => given.type === 'email' && (identity?.proven.includes(i) ?? false))
    .map((given) => given.value);
  const contact = subject.contact.email;
  const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
  return proven.find((address) => contact !== undefined && same(address, contact)) ?? proven[0] ?? null;
}

export function getPackage(deps: ApiDeps): Handler {
  return async (call) => {
    if (call.principal !== null) return forOfficer(deps, call, call.principal);
    const code = call.header('habeas-code');
    if (code === undefined) throw new HttpProblem('unauthenticated');
    const id = call.params['id'] ?? '';
    // Every refusal is the same, whether the request, the package or the code is wrong.
    const doc = /^[0-9]{6}$/.test(code) ? await deps.requests.get(id) : null;
    if (doc === null || doc.view.package?.released !== true) throw new HttpProblem('code_invalid');
    const answer = await deps.codes.check({ operator: doc.operator, requestId: id, purpose: 'package', code });
    if (answer !== 'ok') throw new HttpProblem('code_invalid');
    // Only somebody who has the code learns that there was one.
    if (isExpired(doc, call.now)) throw new HttpProblem('package_expired');
    const eventId = deps.mac('package-collected', id, code, call.traceId);
    await deps.ledger.append([
      draft({
        id: `${id}/package_download/${eventId.slice(0, 22)}`,
        operator: doc.operator,
        at: caseNow(doc, call.now),
        actor: { kind: 'subject', role: 'subject', id: 'subject' },
        action: 'package.downloaded',
        requestId: id,
      }),
    ]);
    return stream(deps, doc, async () => {
      await deps.gateway.update(id, 'event', eventId, {
        by: { kind: 'subject', role: 'subject', id: 'subject' },
        type: 'package.collected',
        eventId,
      });
    });
  };
}

/** The read model may be behind: the instant itself counts. */
function isExpired(doc: RequestDoc, now: Date): boolean {
  const { expired, expiresAt } = doc.view.package ?? {};
  return expired === true || (expiresAt !== undefined && caseNow(doc, now) >= expiresAt);
}

async function forOfficer(deps: ApiDeps, call: Call, principal: Principal): Promise<Reply> {
  if (principal.role !== 'privacy_officer') throw new HttpProblem('forbidden');
  const doc = await deps.requests.get(call.params['id'] ?? '');
  if (doc === null || !mayActFor(principal, doc.operator)) throw new HttpProblem('not_found');
  const purpose = call.query['purpose'];
  if (typeof purpose !== 'string')
    throw new HttpProblem('purpose_unknown', { errors: [{ pointer: 'purpose', detail: 'needed' }] });
  await checkPurpose(deps, doc, purpose);
  const facts = doc.view.package ?? null;
  if (facts === null) throw new HttpProblem('not_ready');
  if (facts.released) throw new HttpProblem('package_released');
  await deps.ledger.append([
    draft({
      id: `${doc._id}/package_viewed/${principal.id}/${call.traceId}`,
      operator: doc.operator,
      at: caseNow(doc, call.now),
      actor: speakerOf(principal),
      action: 'package.viewed',
      requestId: doc._id,
      purposeCode: purpose,
    }),
  ]);
  return stream(deps, doc, async () => undefined);
}

function stream(deps: ApiDeps, doc: RequestDoc, done: () => Promise<void>): Reply {
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store', 'Content-Disposition': `attachment; filename="${doc._id}.zip"` },
    stream: {
      type: 'application/zip',
      data: Readable.from(deps.vault.readStream(doc._id, VAULT.package), { objectMode: false }),
      done,
    },
  };
}
