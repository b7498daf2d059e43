import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkCall, type Call } from '../../../test/contract/sendgrid/check-call.js';
import { StateFile, type FakeState, type FaultScript } from './state.js';
import { answerCall, seed, type Seed } from './vendor.js';

export interface SendgridCounterpart {
  readonly url: string;
  readonly port: number;
  /** Everything it holds; a live object, for assertions in the same process. */
  state(): FakeState;
  /** Vendor calls since the last reset, in order (not kept in the file). */
  calls(): readonly Call[];
  seed(given: Seed): void;
  faults(script: FaultScript): void;
  /** Moves the job clock; `frozen` stops it where it is. */
  clock(move: ClockMove): void;
  reset(): void;
  close(): Promise<void>;
}

export interface ClockMove {
  readonly advanceMs?: number;
  readonly frozen?: boolean;
}

/**
 * Starts a stateful SendGrid look-alike on loopback. It checks every call against the facts in test/contract/sendgrid and
 * refuses unknown ones (recorded under `violations`). Contact deletions are jobs that end by the job clock.
 *
 * Control routes, for other processes: `POST /_seed`, `POST /_faults`, `POST /_clock {advanceMs?, frozen?}`,
 * `POST /_reset`, `GET /_state`.
 *
 * @param options `file`: where the state is kept, written and flushed before each answer (absent = memory only);
 *   `host`: which of the vendor's hosts it stands for
 */
export async function startSendgrid(
  options: { readonly port?: number; readonly file?: string; readonly host?: 'global' | 'eu' } = {},
): Promise<SendgridCounterpart> {
  const file = new StateFile(options.file ?? null);
  const host = options.host ?? 'global';
  let calls: Call[] = [];
  const control = {
    seed: (given: Seed) => seed(file.state, given),
    faults: (script: FaultScript) => void (file.state.faults = script),
    clock: ({ advanceMs = 0, frozen }: ClockMove) => {
      const clock = file.state.clock;
      if (frozen === true && clock.frozenAt === null) clock.frozenAt = Date.now();
      if (frozen === false) clock.frozenAt = null;
      clock.offsetMs += advanceMs;
    },
    reset: () => {
      file.reset();
      calls = [];
    },
  };

  const server = createServer((request, response) => {
    read(request)
      .then((call) => {
        if (call.target.startsWith('/_')) return controlled(call, response);
        calls.push(call);
        return vendor(call, response);
      })
      .catch(() => response.destroy());
  });

  function controlled(call: Call, response: ServerResponse): void {
    const body = call.body.length === 0 ? {} : (JSON.parse(call.body.toString('utf8')) as unknown);
    const route = `${call.method} ${call.target}`;
    if (route === 'GET /_state') return send(response, 200, file.state);
    if (route === 'POST /_seed') control.seed(body as Seed);
    else if (route === 'POST /_faults') control.faults(body as FaultScript);
    else if (route === 'POST /_clock') control.clock(body as ClockMove);
    else if (route === 'POST /_reset') control.reset();
    else return send(response, 404, { error: 'unknown control route' });
    file.save();
    send(response, 200, { ok: true });
  }

  function vendor(call: Call, response: ServerResponse): void {
    const checked = checkCall(call, host);
    const { faults } = file.state;
    const meant = faults.only === undefined || (checked.ok && checked.fact.id === faults.only);
    if (meant && take(faults.reset)) {
      file.save();
      response.destroy();
      return;
    }
    if (meant && take(faults.rateLimit)) {
      const { reset, seconds } = faults.rateLimit ?? { reset: 'none', seconds: 0 };
      const value = reset === 'epoch' ? Math.ceil(Date.now() / 1000) + seconds : seconds;
      file.save();
      const headers: Record<string, string> =
        reset === 'none'
          ? {}
          : { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(value) };
      return send(response, 429, { errors: [{ field: null, message: 'too many requests' }] }, headers);
    }
    if (meant && take(faults.fail)) {
      file.save();
      return send(response, faults.fail?.status ?? 500, { errors: [{ field: null, message: 'internal error' }] });
    }
    if (!checked.ok) {
      file.state.violations.push({ code: checked.code, method: call.method, path: call.target.split('?')[0] ?? '' });
      file.save();
      return send(
        response,
        checked.status,
        { errors: [{ message: checked.code, field: null }] },
        { 'x-counterpart-violation': checked.code },
      );
    }
    const key = String(call.headers['authorization']).slice('Bearer '.length);
    if (file.state.keys.length > 0 && !file.state.keys.includes(key))
      return send(response, 401, { errors: [{ field: null, message: 'The provided authorization grant is invalid' }] });
    const answer = answerCall(file, checked, String(call.headers['on-behalf-of'] ?? ''));
    file.save();
    send(response, answer.status, answer.body, { 'x-message-id': `m-${file.state.nextId}` });
  }

  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    state: () => file.state,
    calls: () => calls,
    ...saving(control, file),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Control by function call keeps the file as true as control by HTTP does. */
function saving<T extends Record<string, (...given: never[]) => void>>(control: T, file: StateFile): T {
  const wrapped = Object.entries(control).map(([name, action]) => [
    name,
    (...given: never[]) => {
      action(...given);
      file.save();
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function take(fault: { times: number } | undefined): boolean {
  if (fault === undefined || fault.times <= 0) return false;
  fault.times--;
  return true;
}

async function read(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
