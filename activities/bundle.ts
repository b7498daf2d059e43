/**
 * Builds the package of an access or portability request from the collected artefacts; its content never leaves the vault.
 * A pack may pin the region: a worker elsewhere refuses before it reads a byte.
 */
import type { BundleDone } from '../domain/lifecycle/results.js';
import { refsOfPart } from '../domain/plan/build-plan.js';
import type { PackagePart } from '../domain/ports/services.js';
import { VAULT } from '../domain/ports/vault.js';
import type { Pack } from '../domain/policy/types.js';
import type { ActivityDeps } from './deps.js';
import { loadPerson, type Person } from './person.js';
import { assertRegion } from './region.js';
import type { BundleInput } from './types.js';

export async function bundle(deps: ActivityDeps, input: BundleInput): Promise<BundleDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  assertRegion(deps, pack.pack);
  const person = await loadPerson(deps, input.requestId, pack);
  const started = deps.stamp();
  const authority = deps.authorities.find((a) => a.id === pack.pack.legal.authority);
  const built = await deps.packages.build({
    requestId: input.requestId,
    kind: input.right === 'portability' ? 'portability' : 'access',
    pack,
    parts: input.parts.map((part) => partOf(pack.pack, person, part)),
    language: person.subject.language,
    createdAt: started.caseAt,
    disclose: input.disclose,
    withhold: input.withhold,
    authority: authority ?? { name: pack.pack.legal.authority, url: '' },
    heartbeat: () => deps.heartbeat(),
  });
  const stamp = deps.stamp();
  await deps.ledger.append([
    {
      id: `${input.requestId}/package/${built.sha256.slice(0, 16)}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'package.built',
      requestId: input.requestId,
      code: null,
      purposeCode: null,
      before: null,
      after: {
        records: built.records,
        bytes: built.bytes,
        redactions: built.redactions,
        undescribed: built.undescribed,
        disclosed: input.disclose.length,
        withheld: input.withhold.length,
        region: pack.pack.region,
      },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'bundle', stamp, ...built, artefact: VAULT.package };
}

/** Held records are in the package like all others; the page says how many there are, and until when. */
function partOf(pack: Pack, person: Person, part: BundleInput['parts'][number]): PackagePart {
  const refs = refsOfPart(pack, person.found, part);
  const holds = refs.flatMap((ref) => (ref.hold === null ? [] : [ref.hold]));
  const open = holds.some((hold) => hold.until === null);
  const last = holds.map((hold) => hold.until ?? '').sort();
  return { ...part, held: holds.length, heldUntil: open ? null : (last.at(-1) ?? null) };
}
