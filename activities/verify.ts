/**
 * Reads back what an apply did, on the connector's separate read path. Only this makes an effect `effective` in the
 * deletion ledger and a step `done`.
 */
import type { PartVerdict, VerifyDone } from '../domain/lifecycle/results.js';
import type { PartTargets, VerifyResult } from '../domain/ports/connector.js';
import type { LedgerDraft } from '../domain/ports/ledgers.js';
import { VAULT } from '../domain/ports/vault.js';
import type { Stamp } from '../domain/words.js';
import type { CollectedNote } from './collect.js';
import { modeOf } from '../domain/rights.js';
import type { ActivityDeps } from './deps.js';
import { caseDay, underHolds } from './held.js';
import { ordersOf } from './orders.js';
import { effectId, generationOf, stepMemory, targetsOf } from './parts.js';
import { loadPerson } from './person.js';
import { isLift, liftable, noteLifted } from './restrict.js';
import { rekey } from './rekey.js';
import type { PartsInput } from './types.js';

export async function verify(deps: ActivityDeps, input: PartsInput): Promise<VerifyDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack, input);
  const mine = targetsOf(
    pack,
    await underHolds(deps, input, pack, person.found),
    input.parts.map((p) => p.part),
  );
  const targets = isLift(input) ? await liftable(deps, input, mine) : mine;
  const generation = generationOf(input);
  const memory = stepMemory(deps, input.requestId, input.system, generation);
  const results: readonly (VerifyResult | PartVerdict)[] =
    modeOf(input.right) === 'read'
      ? await readCollected(deps, input, targets)
      : await deps.connectors.connector(pack, input.system).verify({
          requestId: input.requestId,
          onlyOrganisation: input.onlyOrganisation ?? null,
          orders: await ordersOf(
            deps,
            input,
            pack,
            targets.map((t) => t.part),
            isLift(input) ? 'lift' : 'set',
          ),
          targets,
          identifiers: person.identifiers,
          generation,
          memory,
          asOf: caseDay(deps, pack),
          heartbeat: deps.heartbeat,
        });
  const stamp = deps.stamp();
  await noteLifted(deps, input, results, stamp.caseAt);
  await record(deps, input, results, stamp);
  const applied = results.filter((r) => r.verdict === 'applied').map((r) => r.key);
  if (modeOf(input.right) === 'change' && applied.length > 0) {
    const parts = input.parts.map((p) => p.part).filter((p) => applied.includes(p.key));
    await rekey(deps, input, pack, parts, stamp);
  }
  return {
    kind: 'verify',
    stamp,
    parts: results.map((r) => ({ key: r.key, verdict: r.verdict, remaining: r.remaining, method: r.method })),
  };
}

/** Decrypts each artefact again, recounts it and compares its hash with the one noted when it was written. */
async function readCollected(
  deps: ActivityDeps,
  input: PartsInput,
  targets: readonly PartTargets[],
): Promise<PartVerdict[]> {
  const memory = stepMemory(deps, input.requestId, input.system, generationOf(input));
  const verdicts: PartVerdict[] = [];
  for (const { part, refs } of targets) {
    const name = VAULT.collected(part.key);
    const noted = (await memory.get(name)) as CollectedNote | undefined;
    const seen = await digest(deps, input.requestId, name);
    const whole = noted !== undefined && noted.sha256 === seen.sha256 && seen.records === noted.records;
    verdicts.push({
      key: part.key,
      verdict: whole ? 'collected' : 'stillPresent',
      remaining: whole ? 0 : refs.length,
      method: 'artefact_read_back',
    });
  }
  return verdicts;
}

async function digest(
  deps: ActivityDeps,
  requestId: string,
  name: string,
): Promise<{ sha256: string; records: number }> {
  const hash = deps.sha256Stream();
  let records = 0;
  for await (const chunk of deps.vault.readStream(requestId, name)) {
    hash.update(chunk);
    for (const byte of chunk) if (byte === 10) records += 1;
    deps.heartbeat();
  }
  return { sha256: hash.hex(), records };
}

const SETTLED: ReadonlySet<PartVerdict['verdict']> = new Set(['gone', 'redacted', 'kept', 'collected', 'applied']);

async function record(
  deps: ActivityDeps,
  input: PartsInput,
  results: readonly (VerifyResult | PartVerdict)[],
  stamp: Stamp,
): Promise<void> {
  const generation = generationOf(input);
  const good = results.filter((r) => SETTLED.has(r.verdict));
  const ids = good.map((r) => effectId(input.requestId, r.key, generation));
  if (modeOf(input.right) !== 'read' && ids.length > 0) {
    await deps.deletions.effective(ids, stamp);
    await deps.journal.verified(ids, stamp);
  }
  await deps.ledger.append(
    results.map((r): LedgerDraft => {
      const task = input.parts.find((p) => p.part.key === r.key);
      return {
        id: `${input.requestId}/verify/${r.key}/${generation}/${r.verdict}`,
        operator: input.operator,
        at: stamp.caseAt,
        actor: { kind: 'system', role: 'engine', id: 'habeas' },
        action: SETTLED.has(r.verdict) ? 'step.verified' : 'step.not_verified',
        requestId: input.requestId,
        code: r.verdict,
        purposeCode: null,
        before: null,
        after: {
          part: r.key,
          operation: task?.part.action ?? null,
          records: task?.part.records ?? 0,
          remaining: r.remaining,
          method: r.method,
          worldAt: stamp.worldAt,
        },
        policyHash: input.policyHash,
        commitment: null,
      };
    }),
  );
}
