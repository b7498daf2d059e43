/**
 * Correspondence of a request: messages and attachments. Texts and files are in the vault only; the ledger says that they
 * came, who kept them, and who looked. Ids follow from the Idempotency-Key, so that a repeat is the same message. Answers
 * to a POST hold no text: they are kept for repeats, outside the vault.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  MAX_ATTACHMENT_BYTES,
  type AttachmentBody,
  type AttachmentView,
  type MessageBody,
  type MessageView,
} from '../../contracts/index.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { requestOf } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Call, type Handler } from '../http/call.js';
import { once } from '../http/idempotency.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { caseNow, draft, noteRead, speakerOf } from '../ledger-notes.js';
import { checkPurpose } from './read-requests.js';

/** One of the person's messages, or null. */
export async function messageOfSubject(
  deps: Pick<ApiDeps, 'vault'>,
  requestId: string,
  id: string,
): Promise<MessageView | null> {
  const message = await deps.vault.get<MessageView>(requestId, VAULT.correspondence(id));
  return message?.direction === 'in' ? message : null;
}

/** An attachment of that kind, or null. */
export async function attachmentOf(
  deps: Pick<ApiDeps, 'vault'>,
  requestId: string,
  id: string,
  kind?: AttachmentView['kind'],
): Promise<AttachmentView | null> {
  const found = await deps.vault.get<AttachmentView>(requestId, VAULT.attachment(id));
  return found !== null && (kind === undefined || found.kind === kind) ? found : null;
}

/**
 * Evidence of identity is destroyed the moment identity is decided (design.md section 3.10). Returns how many files went.
 */
export async function destroyIdentityEvidence(deps: ApiDeps, call: Call, doc: RequestDoc): Promise<number> {
  const all = await deps.vault.list<AttachmentView>(doc._id, VAULT.attachment(''));
  const evidence = all.filter((a) => a.value.kind === 'identity');
  if (evidence.length === 0) return 0;
  await deps.vault.remove(
    doc._id,
    evidence.flatMap((a) => [VAULT.attachmentData(a.value.id), a.name]),
  );
  await deps.ledger.append(
    evidence.map(({ value }) =>
      draft({
        id: `${doc._id}/attachment/${value.id}/destroyed`,
        operator: doc.operator,
        at: caseNow(doc, call.now),
        actor: speakerOf(principalOf(call)),
        action: 'attachment.destroyed',
        requestId: doc._id,
        code: 'identity',
        before: { attachment: value.id, sha256: value.sha256 },
      }),
    ),
  );
  return evidence.length;
}

export function listMessages(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const messages = (await deps.vault.list<MessageView>(doc._id, VAULT.correspondence(''))).map((m) => m.value);
    await noteRead(deps, principalOf(call), call.now, { what: 'messages', operator: doc.operator, request: doc });
    const byTime = (a: MessageView, b: MessageView): number =>
      a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1;
    return page(call, `/v1/requests/${doc._id}/messages`, messages.sort(byTime), null);
  };
}

export function createMessage(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const body = call.body as MessageBody;
    const by = speakerOf(principalOf(call));
    return once(deps, call, `${doc._id}/messages`, async (updateId) => {
      const now = caseNow(doc, call.now);
      const at = body.at === undefined ? now : new Date(body.at).toISOString();
      if (at > now)
        throw new HttpProblem('instant_outside', { errors: [{ pointer: '/at', detail: 'lies in the future' }] });
      for (const [i, attachment] of (body.attachments ?? []).entries()) {
        if ((await attachmentOf(deps, doc._id, attachment)) === null)
          throw new HttpProblem('attachment_unknown', {
            errors: [{ pointer: `/attachments/${i}`, detail: 'unknown' }],
          });
      }
      const message: MessageView = {
        id: `msg_${updateId.slice(0, 22)}`,
        direction: body.direction,
        text: body.text,
        at,
        channel: body.direction === 'in' ? (body.channel ?? doc.view.channel) : 'email',
        attachments: body.attachments ?? [],
        by: by.id,
      };
      const textRef = VAULT.message(updateId.slice(0, 22));
      await deps.vault.put(doc._id, [
        { name: VAULT.correspondence(message.id), value: message },
        // The letter that carries it reads its text like every other.
        ...(body.direction === 'out' ? [{ name: textRef, value: { text: body.text } }] : []),
      ]);
      if (body.direction === 'out')
        await deps.gateway.update(doc._id, 'correspond', updateId, { by, action: 'message', textRef });
      await deps.ledger.append([
        draft({
          id: `${doc._id}/message/${message.id}`,
          operator: doc.operator,
          at: now,
          actor: by,
          action: body.direction === 'in' ? 'message.received' : 'message.sent',
          requestId: doc._id,
          code: message.channel,
          after: { message: message.id, attachments: message.attachments.length },
          policyHash: doc.view.policy.hash,
        }),
      ]);
      const { text: _text, ...kept } = message;
      return { status: 201, body: kept };
    });
  };
}

export function listAttachments(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const all = (await deps.vault.list<AttachmentView>(doc._id, VAULT.attachment(''))).map((a) => a.value);
    await noteRead(deps, principalOf(call), call.now, { what: 'attachments', operator: doc.operator, request: doc });
    return page(call, `/v1/requests/${doc._id}/attachments`, all, null);
  };
}

export function createAttachment(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const body = call.body as AttachmentBody;
    const by = speakerOf(principalOf(call));
    return once(deps, call, `${doc._id}/attachments`, async (updateId) => {
      const data = Buffer.from(body.content, 'base64');
      if (data.byteLength > MAX_ATTACHMENT_BYTES) throw new HttpProblem('payload_too_large');
      const now = caseNow(doc, call.now);
      const attachment: AttachmentView = {
        id: `att_${updateId.slice(0, 22)}`,
        kind: body.kind,
        name: body.name,
        mediaType: body.mediaType,
        bytes: data.byteLength,
        sha256: createHash('sha256').update(data).digest('hex'),
        at: now,
        by: by.id,
      };
      // The bytes first: an entry without them would be a promise that cannot be kept.
      const writer = deps.vault.writeStream(doc._id, VAULT.attachmentData(attachment.id));
      await writer.write(data);
      await writer.finish();
      await deps.vault.put(doc._id, [{ name: VAULT.attachment(attachment.id), value: attachment }]);
      await deps.ledger.append([
        draft({
          id: `${doc._id}/attachment/${attachment.id}`,
          operator: doc.operator,
          at: now,
          actor: by,
          action: 'attachment.kept',
          requestId: doc._id,
          code: attachment.kind,
          after: { attachment: attachment.id, bytes: attachment.bytes },
          policyHash: doc.view.policy.hash,
        }),
      ]);
      const { name: _name, ...kept } = attachment;
      return { status: 201, body: kept };
    });
  };
}

/** The file itself. The entry is written before a byte is shown. */
export function getAttachment(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const purpose = String(call.query['purpose']);
    await checkPurpose(deps, doc, purpose);
    const attachment = await attachmentOf(deps, doc._id, call.params['attachmentId'] ?? '');
    if (attachment === null) throw new HttpProblem('not_found');
    const principal = principalOf(call);
    await deps.ledger.append([
      draft({
        id: `${doc._id}/attachment/${attachment.id}/read/${principal.id}/${call.traceId}`,
        operator: doc.operator,
        at: caseNow(doc, call.now),
        actor: speakerOf(principal),
        action: 'attachment.read',
        requestId: doc._id,
        code: attachment.kind,
        purposeCode: purpose,
        after: { attachment: attachment.id },
        policyHash: doc.view.policy.hash,
      }),
    ]);
    const data = await buffer(Readable.from(deps.vault.readStream(doc._id, VAULT.attachmentData(attachment.id))));
    // Never the sender's own media type: a browser must not run what a stranger sent.
    return {
      status: 200,
      headers: {
        'Cache-Control': 'no-store',
        'Content-Disposition': 'attachment',
        'X-Content-Type-Options': 'nosniff',
      },
      bytes: { type: 'application/octet-stream', data },
    };
  };
}
