/** What end-to-end tests say to the API beside the demo's caller: problems, decisions, raw and signed events. */
import { createHmac, randomUUID } from 'node:crypto';
import type { ApprovalView, RequestView } from '../../contracts/index.js';
import { Caller, type Answer } from '../../dev/demo/caller.js';
import type { KeptMail } from '../../dev/mailbox/mailbox.js';

export interface CheckedProblem {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

export interface LedgerLine {
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly code: string | null;
  readonly actor: { readonly kind: string; readonly role: string; readonly id: string };
  readonly after: Readonly<Record<string, unknown>> | null;
}

export interface EventParts {
  readonly operator: string;
  readonly organisation?: string;
  readonly system?: string;
  readonly type?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SigningOptions {
  readonly id?: string;
  readonly secret?: string;
  /** Seconds to add to the present time. */
  readonly skew?: number;
  /** Replaces the header. */
  readonly signature?: string;
  /** Sent instead of what was signed. */
  readonly body?: string;
}

export class Calls extends Caller {
  /** Any call; the body as text and its problem code. */
  async problem(
    method: string,
    path: string,
    options: {
      readonly token?: string;
      readonly body?: unknown;
      readonly raw?: string;
      readonly headers?: Record<string, string>;
    },
  ): Promise<CheckedProblem> {
    const sent = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(`${this.info.api}${path}`, {
      method,
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': randomUUID(),
        ...options.headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    return asProblem(response.status, await response.text());
  }

  /** An erasure or access request with an identity that a trusted channel attests. */
  request(
    operator: string,
    right: string,
    identifiers: readonly { readonly type: string; readonly value: string }[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    return this.start({
      operator,
      right,
      subject: { identifiers, language: 'nb' },
      channel: 'panel',
      identity: { method: 'trusted_channel', level: 'substantial', identifiers: identifiers.map((_, i) => i) },
      ...more,
    });
  }

  approver(operator: string, organisation: string): string {
    return this.info.organisations[operator]?.[organisation]?.approverToken ?? '';
  }

  /** The pending approval of an organisation, as that organisation reads it. */
  async pending(view: RequestView, organisation: string): Promise<ApprovalView> {
    const row = view.approvals.find((a) => a.state === 'pending' && a.organisation === organisation);
    if (row === undefined) throw new Error(`no pending approval of ${organisation}`);
    return this.must<ApprovalView>('GET', `/v1/approvals/${row.id}`, {
      token: this.approver(view.operator, organisation),
    });
  }

  /** A decision over the API with the organisation's own token. */
  decide(approval: ApprovalView, body: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.call('POST', `/v1/approvals/${approval.id}/decision`, {
      token: this.approver(approval.operator, approval.organisation ?? ''),
      body: { planHash: approval.planHash, decidedBy: { kind: 'person', ref: 'legal-2' }, ...body },
    });
  }

  async approve(approval: ApprovalView): Promise<void> {
    const answer = await this.decide(approval, { decision: 'approve' });
    if (answer.status !== 200) throw new Error(`approval answered ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** An event with full control over what is signed and what is sent. */
  async event(parts: EventParts, options: SigningOptions = {}): Promise<CheckedProblem> {
    const own =
      parts.organisation === undefined
        ? this.info.systems[parts.operator]?.[parts.system ?? '']?.webhookSecret
        : this.info.organisations[parts.operator]?.[parts.organisation]?.webhookSecret;
    const secret = options.secret ?? own ?? '';
    const id = options.id ?? `msg_${randomUUID()}`;
    const at = Math.floor(Date.now() / 1000) + (options.skew ?? 0);
    const body = JSON.stringify({ type: 'approval.decided', timestamp: new Date().toISOString(), ...parts });
    const mac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${at}.${options.body ?? body}`)
      .digest('base64');
    const response = await fetch(`${this.info.api}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(at),
        'webhook-signature': options.signature ?? `v1,${mac}`,
      },
      body: options.body ?? body,
    });
    return asProblem(response.status, await response.text());
  }

  /** The ledger of one request, oldest first. */
  async ledgerOf(id: string): Promise<LedgerLine[]> {
    const lines: LedgerLine[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { data: LedgerLine[]; nextCursor: string | null } = await this.must(
        'GET',
        `/v1/requests/${id}/events?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        { token: this.info.tokens.auditor },
      );
      lines.push(...page.data);
      cursor = page.nextCursor;
    }
    return lines;
  }

  /** Records what the person wrote; the id of the message, which a withdrawal names. */
  async message(id: string, text: string): Promise<string> {
    const kept = await this.must<{ id: string }>('POST', `/v1/requests/${id}/messages`, {
      token: this.info.tokens.privacyOfficer,
      body: { direction: 'in', text },
    });
    return kept.id;
  }

  async mailsTo(address: string): Promise<KeptMail[]> {
    return (await this.mails()).filter((mail) => mail.to.includes(address));
  }
}

function asProblem(status: number, text: string): CheckedProblem {
  let code: string | undefined;
  try {
    code = (JSON.parse(text) as { code?: string }).code;
  } catch {
    // No body, or none of ours.
  }
  return { status, code, text };
}
