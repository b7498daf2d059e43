/** Activities for tests and bench of the workflow alone: real Temporal, scripted answers, no vault and no connectors. */
import { Context } from '@temporalio/activity';
import type { Activities } from '../../activities/types.js';
import type { Plan } from '../../domain/plan/types.js';
import type { Stamp } from '../../domain/words.js';
import { modelClock } from './run-model.js';

export interface Projection {
  readonly revision: number;
  readonly document: Readonly<Record<string, unknown>>;
}

export interface StubOptions {
  readonly plan: () => Plan;
  /** Called before each activity answers; may throw or wait. */
  readonly before?: (name: string, input: { readonly system?: string }) => Promise<void> | void;
  readonly override?: Partial<Activities>;
}

export interface Stub {
  readonly activities: Activities;
  readonly projections: Projection[];
  readonly calls: string[];
}

export function stubStamp(): Stamp {
  const caseAt = new Date(Context.current().info.currentAttemptScheduledTimestampMs).toISOString();
  return { caseAt, worldAt: new Date().toISOString() };
}

export function stubActivities(options: StubOptions): Stub {
  const projections: Projection[] = [];
  const calls: string[] = [];
  const seen = async (name: string, input: { readonly system?: string }): Promise<Stamp> => {
    calls.push(input.system === undefined ? name : `${name}:${input.system}`);
    await options.before?.(name, input);
    return stubStamp();
  };
  const activities: Activities = {
    discover: async (input) => ({ kind: 'discover', stamp: await seen('discover', input), newTypes: [], records: 1 }),
    plan: async () => ({ kind: 'plan', stamp: await seen('plan', {}), plan: options.plan() }),
    guard: async (input) => ({
      kind: 'guard',
      stamp: await seen('guard', input),
      guards: input.guards.map((id) => ({ id, state: 'clear', refs: [] })),
    }),
    apply: async (input) => {
      const stamp = await seen('apply', input);
      return {
        kind: 'apply',
        stamp,
        parts: input.parts.map(({ part }) => ({
          key: part.key,
          effect: 'applied',
          startedAt: stamp,
          records: part.records,
        })),
      };
    },
    verify: async (input) => ({
      kind: 'verify',
      stamp: await seen('verify', input),
      parts: input.parts.map(({ part }) => ({
        key: part.key,
        verdict: part.action === 'collect' ? 'collected' : 'gone',
        remaining: 0,
        method: 'stub',
      })),
    }),
    sweep: async (input) => ({
      kind: 'sweep',
      stamp: await seen('sweep', input),
      parts: input.parts.map(({ part }) => ({ key: part.key, verdict: 'gone', remaining: 0, method: 'stub' })),
    }),
    inventory: async (input) => {
      const stamp = await seen('inventory', input);
      const end = new Date(Date.parse(stamp.worldAt) + 90 * 86_400_000).toISOString();
      return stamp.caseAt > end
        ? { kind: 'inventory', stamp, state: 'gone', copies: 0, lastExpiresAt: null }
        : { kind: 'inventory', stamp, state: 'waiting', copies: 3, lastExpiresAt: end };
    },
    announce: async (input) => ({
      kind: 'announce',
      stamp: await seen('announce', {}),
      queued: input.events.map((e) => ({ id: e.id, endpoints: 1 })),
    }),
    evidence: async (input) => ({
      kind: 'evidence',
      stamp: await seen('evidence', {}),
      approvalId: input.approval.id,
      sha256: 'ef',
    }),
    claim: async () => ({ kind: 'claim', stamp: await seen('claim', {}), survivor: null, repeats: [] }),
    defer: async (input) => ({ kind: 'defer', stamp: await seen('defer', {}), rows: input.parts.length }),
    push: async () => ({ kind: 'push', stamp: await seen('push', {}), receipt: 'cd' }),
    dropPackage: async () => ({ kind: 'dropPackage', stamp: await seen('dropPackage', {}) }),
    bundle: async () => ({
      kind: 'bundle',
      stamp: await seen('bundle', {}),
      artefact: 'package',
      bytes: 1,
      sha256: 'ab',
      records: 1,
      redactions: 0,
    }),
    notice: async (input) => ({
      kind: 'notice',
      stamp: await seen(`notice:${input.notice.by}`, {}),
      way: 'mail',
      problem: null,
    }),
    notify: async (input) => ({
      kind: 'notify',
      stamp: await seen(`notify:${input.letter.kind}`, {}),
      accepted: true,
      problem: null,
    }),
    certify: async (input) => ({
      kind: 'certify',
      stamp: await seen(`certify:${input.final ? 'final' : 'interim'}`, {}),
      id: `crt_${input.n}`,
      sha256: 'cd',
    }),
    clock: async (input) => ({
      kind: 'clock',
      stamp: await seen('clock', {}),
      clock: { ...modelClock(), flags: input.extension === null ? [] : ['extended'] },
    }),
    project: async (input) => {
      projections.push({ revision: input.revision, document: input.document });
    },
    ...options.override,
  };
  return { activities, projections, calls };
}
