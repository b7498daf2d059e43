/** Access: streams the records of each part into an encrypted artefact of its own and notes size and hash. */
import type { PartEffect } from '../domain/lifecycle/results.js';
import type { Connector, PartTargets } from '../domain/ports/connector.js';
import { datasetOf } from '../domain/plan/build-plan.js';
import { portableData } from '../domain/packages/index.js';
import type { Pack } from '../domain/policy/types.js';
import { VAULT } from '../domain/ports/vault.js';
import type { ActivityDeps } from './deps.js';
import { generationOf, stepMemory } from './parts.js';
import type { Person } from './person.js';
import type { PartsInput } from './types.js';

/** One line of a collected artefact: NDJSON, UTF-8. */
export interface CollectedLine {
  readonly system: string;
  readonly dataset: string;
  readonly organisation: string | null;
  readonly others: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CollectedNote {
  readonly sha256: string;
  readonly bytes: number;
  readonly records: number;
}

export async function collect(
  deps: ActivityDeps,
  input: PartsInput,
  connector: Connector,
  targets: readonly PartTargets[],
  person: Person,
  pack: Pack,
): Promise<PartEffect[]> {
  const memory = stepMemory(deps, input.requestId, input.system, generationOf(input));
  const effects: PartEffect[] = [];
  for (const target of targets) {
    const startedAt = deps.stamp();
    const writer = deps.vault.writeStream(input.requestId, VAULT.collected(target.part.key));
    let records = 0;
    const portable =
      input.right === 'portability'
        ? (datasetOf(pack, target.part.system, target.part.dataset) ?? { fields: {} })
        : null;
    try {
      await connector.collect({
        requestId: input.requestId,
        targets: [target],
        identifiers: person.identifiers,
        heartbeat: deps.heartbeat,
        sink: {
          async record(entry) {
            const line: CollectedLine = {
              system: entry.system,
              dataset: entry.dataset,
              organisation: entry.organisation,
              others: entry.others,
              // What portability does not cover is not copied in the first place.
              data: portable === null ? entry.data : portableData(portable, entry.data),
            };
            await writer.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
            records += 1;
          },
        },
      });
    } catch (error) {
      await writer.abort();
      throw error;
    }
    const { bytes, sha256 } = await writer.finish();
    await memory.save(VAULT.collected(target.part.key), { sha256, bytes, records } satisfies CollectedNote);
    effects.push({ key: target.part.key, effect: 'applied', startedAt, records });
  }
  return effects;
}
