/** How the demo speaks to the stack: as an officer, a machine, an organisation would, over HTTP only. */
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestView } from '../../contracts/index.js';
import type { KeptMail } from '../mailbox/mailbox.js';
import type { StackInfo } from '../stack/index.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export class DemoError extends Error {
  readonly code = 'demo_failed';
}

const WAIT_MS = 60_000;

export class Caller {
  constructor(readonly info: StackInfo) {}

  async call(
    method: string,
    path: string,
    options: { token: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer> {
    const response = await fetch(`${this.info.api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${options.token}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    const body: unknown =
      type.includes('json') && !path.endsWith('/certificate')
        ? await response.json()
        : Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body };
  }

  /** As call, but anything but success ends the demo with the problem's code. */
  async must<T>(
    method: string,
    path: string,
    options: { token: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<T> {
    const answer = await this.call(method, path, options);
    if (answer.status >= 300) {
      const problem = answer.body as { code?: string; detail?: string };
      throw new DemoError(
        `${method} ${path.split('?')[0]} answered ${answer.status} ${problem.code ?? ''} ${problem.detail ?? ''}`,
      );
    }
    return answer.body as T;
  }

  async start(body: Record<string, unknown>, token = this.info.tokens.machine): Promise<string> {
    const { id } = await this.must<{ id: string }>('POST', '/v1/requests', { token, body });
    return id;
  }

  view(id: string): Promise<RequestView> {
    return this.must<RequestView>('GET', `/v1/requests/${id}`, { token: this.info.tokens.privacyOfficer });
  }

  /** Waits until the request is in one of the states. */
  async until(
    id: string,
    states: readonly string[],
    accept: (view: RequestView) => boolean = () => true,
  ): Promise<RequestView> {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const view = await this.view(id);
      if (states.includes(view.state) && accept(view)) return view;
      if (Date.now() > end) throw new DemoError(`request ${id} stayed ${view.state}, expected ${states.join(' or ')}`);
      await delay(60);
    }
  }

  /** An officer's action, with the version that she saw. */
  act(id: string, action: string, body: Record<string, unknown>): Promise<void> {
    return this.guarded(id, `actions/${action}`, body);
  }

  /** An officer's identity decision, with the version that she saw. */
  identify(id: string, body: Record<string, unknown>): Promise<void> {
    return this.guarded(id, 'identity', body);
  }

  /** Where the request moved on between her look and her word, she looks again, as a person at a screen would. */
  private async guarded(id: string, command: string, body: Record<string, unknown>): Promise<void> {
    const token = this.info.tokens.privacyOfficer;
    for (let look = 1; ; look += 1) {
      const seen = await this.call('GET', `/v1/requests/${id}`, { token });
      const headers = { 'if-match': seen.headers.get('etag') ?? '' };
      const answer = await this.call('POST', `/v1/requests/${id}/${command}`, { token, body, headers });
      if (answer.status < 300) return;
      const problem = answer.body as { code?: string; detail?: string };
      if (answer.status !== 412 || look === 5)
        throw new DemoError(`${command} answered ${answer.status} ${problem.code ?? ''} ${problem.detail ?? ''}`);
      await delay(100);
    }
  }

  async advance(id: string, by: string): Promise<RequestView> {
    await this.must('POST', `/v1/dev/requests/${id}/advance`, { token: this.info.tokens.admin, body: { by } });
    return this.view(id);
  }

  /** An event with a Standard Webhooks signature, as an integrated system of an organisation sends it. */
  async signedEvent(operator: string, organisation: string, data: Record<string, unknown>): Promise<Answer> {
    const secret = this.info.organisations[operator]?.[organisation]?.webhookSecret ?? '';
    const id = `msg_${randomUUID()}`;
    const at = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({
      type: 'approval.decided',
      timestamp: new Date().toISOString(),
      operator,
      organisation,
      data,
    });
    const signature = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${at}.${body}`)
      .digest('base64');
    const response = await fetch(`${this.info.api}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(at),
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  async mails(): Promise<KeptMail[]> {
    return (await (await fetch(`${this.info.mail}/messages`)).json()) as KeptMail[];
  }

  /** The newest mail to an address that fits; waits a moment for it. */
  async mailTo(address: string, fits: (mail: KeptMail) => boolean): Promise<KeptMail> {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = (await this.mails()).filter((m) => m.to.includes(address) && fits(m)).at(-1);
      if (found !== undefined) return found;
      if (Date.now() > end) throw new DemoError('an expected mail did not arrive');
      await delay(100);
    }
  }
}
