/** What the demo's scenes share: their context, who is who, checks, and the certificates that they keep. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestView } from '../../contracts/index.js';
import { STEP_OUTCOMES, type StepOutcome } from '../../domain/words.js';
import { CAST } from '../people/index.js';
import type { Stack } from '../stack/index.js';
import { type Caller, DemoError } from './caller.js';

export interface DemoCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface DemoRequest {
  readonly id: string;
  readonly operator: string;
  readonly right: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly safeDue: string;
  readonly legalDue: string;
  readonly systems: Readonly<Record<string, StepOutcome>>;
  readonly certificate: string;
}

export interface DemoContext {
  readonly stack: Stack;
  readonly caller: Caller;
  /** Folder for certificates, keys and exports. */
  readonly folder: string;
  readonly requests: DemoRequest[];
  readonly checks: DemoCheck[];
  readonly tell: (line: string) => void;
}

export interface Scene {
  readonly title: string;
  readonly run: (demo: DemoContext) => Promise<void>;
}

type Cast = (typeof CAST)[keyof typeof CAST][number];

export function member(operator: keyof typeof CAST, id: string): Cast {
  const found = (CAST[operator] as readonly Cast[]).find((m) => m.id === id);
  if (found === undefined) throw new DemoError(`no ${id} in the cast`);
  return found;
}

/** A request as an operator's own signed-in front end makes it: the identity is attested by a trusted channel. */
export function bodyOf(operator: string, right: string, person: Cast, language: string): Record<string, unknown> {
  return {
    operator,
    right,
    subject: { identifiers: [{ type: 'email', value: person.email }], language },
    channel: 'panel',
    identity: { method: 'trusted_channel', level: 'substantial', identifiers: [0] },
  };
}

export function check(demo: DemoContext, name: string, ok: boolean, detail: string): void {
  demo.checks.push({ name, ok, detail });
  if (!ok) demo.tell(`NOT AS EXPECTED: ${name}: ${detail}`);
}

export function systemsOf(view: RequestView): Record<string, StepOutcome> {
  const systems: Record<string, StepOutcome> = {};
  for (const step of view.steps) {
    const before = systems[step.system];
    if (before === undefined || STEP_OUTCOMES.indexOf(step.outcome) < STEP_OUTCOMES.indexOf(before))
      systems[step.system] = step.outcome;
  }
  return systems;
}

/** Fetches the certificate and notes the request; `name` is the file's. */
export async function keep(demo: DemoContext, id: string, name: string, final: boolean): Promise<RequestView> {
  const view = await demo.caller.until(
    id,
    ['awaiting_backup_expiry', 'closed'],
    (v) => v.certificate !== null && (!final || v.certificate.final),
  );
  const answer = await demo.caller.call('GET', `/v1/requests/${id}/certificate`, {
    token: demo.caller.info.tokens.auditor,
  });
  if (answer.status !== 200) throw new DemoError(`no certificate for ${id}: ${answer.status}`);
  mkdirSync(join(demo.folder, 'keys'), { recursive: true });
  const file = join(demo.folder, `${name}.certificate.json`);
  writeFileSync(file, answer.body as Buffer);
  const { keys } = await demo.caller.must<{ keys: { kid: string }[] }>('GET', `/v1/operators/${view.operator}/keys`, {
    token: demo.caller.info.tokens.auditor,
  });
  for (const key of keys) writeFileSync(join(demo.folder, 'keys', `${key.kid}.jwk`), JSON.stringify(key));
  demo.requests.push({
    id,
    operator: view.operator,
    right: view.right,
    state: view.state,
    outcome: view.outcome,
    safeDue: view.clock.safeDue,
    legalDue: view.clock.legalDue,
    systems: systemsOf(view),
    certificate: file,
  });
  return view;
}
