/**
 * The plan as it stands, read without asking the request: what was found rests in the vault, and the same records, pack
 * and proven identifiers give the same parts and hashes (domain/plan). The projection says which of them are in the plan.
 */
import { createHash } from 'node:crypto';
import { dataMap } from '../../domain/certificate/index.js';
import type { Sha256 } from '../../domain/ledger/merkle.js';
import { buildPlan, refsOfPart } from '../../domain/plan/build-plan.js';
import { changeFacts, correctionsOf, type ChangeFacts } from '../../domain/plan/change-facts.js';
import type { ChangeValue, ProposedChange } from '../../domain/plan/corrections.js';
import { assumeGiven, withoutProof } from '../../domain/plan/assumed.js';
import { countSure, strongest } from '../../domain/plan/identifiers.js';
import { adopt, idsOfIncluded, type IncludedEntry } from '../../domain/plan/included.js';
import type { IdentityEntry, SubjectEntry } from '../../domain/plan/subject.js';
import type { Found, Identifier, Part } from '../../domain/plan/types.js';
import type { Pack } from '../../domain/policy/types.js';
import { VAULT } from '../../domain/ports/vault.js';
import { modeOf } from '../../domain/rights.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import type { ApiDeps } from '../deps.js';
import { HttpProblem } from '../http/problem.js';

export interface PlanState {
  readonly pack: Pack;
  /** As the request itself computed it. */
  readonly hash: string;
  readonly dataMapRoot: string;
  readonly caveats: readonly string[];
  readonly parts: readonly Part[];
  readonly found: readonly Found[];
  readonly subject: SubjectEntry;
  readonly identity: IdentityEntry | null;
  /** Rectification: what was proposed. Personal data. */
  readonly proposed: readonly ProposedChange[];
  readonly changes: ChangeFacts | null;
}

const sha256: Sha256 = (data) => new Uint8Array(createHash('sha256').update(data).digest());

/** null while there is no plan. Throws `forgotten` when the person's data is gone. */
export async function planOf(
  deps: Pick<ApiDeps, 'vault' | 'policies' | 'salts'>,
  doc: RequestDoc,
): Promise<PlanState | null> {
  const shown = doc.view.plan;
  const frozen = await deps.policies.byHash(doc.view.policy.hash);
  if (shown === null || frozen === null) return null;
  const entries = await deps.vault.list<unknown>(doc._id, '');
  const of = <T>(name: string): T | null => (entries.find((entry) => entry.name === name)?.value as T) ?? null;
  const subject = of<SubjectEntry>(VAULT.subject);
  if (subject === null) throw new HttpProblem('forgotten');
  const identity = of<IdentityEntry>(VAULT.identity);
  const included = of<IncludedEntry>(VAULT.included) ?? [];
  const given = subject.identifiers.map(
    (id, i): Identifier => ({ ...id, trust: identity?.proven.includes(i) === true ? 'proven' : 'unproven' }),
  );
  const purposes = doc.purposes ?? [];
  const found = entries
    .filter((e) => e.name.startsWith(VAULT.found('')))
    .map((e) => adopt(withoutProof(e.value as Found, frozen.pack, doc.right, purposes, given), included));
  const proposed = of<readonly ProposedChange[]>(VAULT.changes) ?? [];
  const proven = subject.identifiers.filter((_, i) => identity?.proven.includes(i) === true);
  const changes =
    modeOf(doc.right) === 'change'
      ? changeFacts({ pack: frozen.pack, proposed, salt: await deps.salts.commitmentSalt(doc._id), proven }, sha256)
      : null;
  const made = buildPlan(
    {
      pack: frozen.pack,
      right: doc.right,
      scopeDatasets: null,
      onlyOrganisation: doc.onlyOrganisation ?? null,
      found,
      proven: countSure(
        strongest([
          ...assumeGiven(frozen.pack, doc.right, given),
          ...found.flatMap((f) => f.identifiers),
          ...idsOfIncluded(frozen.pack, included),
        ]),
      ),
      purposes,
      unsearched: frozen.pack.systems.map((s) => s.id).filter((id) => !found.some((f) => f.system === id)),
      dataMapRoot: dataMap(frozen.pack, sha256).root,
      ...(changes === null ? {} : { changes }),
    },
    sha256,
  );
  const inPlan = new Set(shown.datasets.map((d) => `${d.system}/${d.dataset}`));
  return {
    pack: frozen.pack,
    hash: shown.hash,
    dataMapRoot: made.dataMapRoot,
    caveats: made.caveats,
    parts: made.parts.filter((part) => inPlan.has(`${part.system}/${part.dataset}`)),
    found,
    subject,
    identity,
    proposed,
    changes,
  };
}

export interface ProposedField {
  readonly system: string;
  readonly dataset: string;
  readonly field: string;
  /** null = removed. */
  readonly value: ChangeValue;
}

/** What the given parts are corrected to, field by field: for whoever decides over them. Personal data. */
export function proposedFields(plan: Pick<PlanState, 'proposed' | 'changes'>, parts: readonly Part[]): ProposedField[] {
  const { changes } = plan;
  if (changes === null) return [];
  return parts
    .filter((part) => part.action === 'change' && part.records > 0)
    .flatMap(({ system, dataset }) =>
      correctionsOf(plan.proposed, changes.fields, system, dataset).map(({ field, value }) => ({
        system,
        dataset,
        field,
        value,
      })),
    );
}

/**
 * The person in one organisation's own records: records of its parts, and the identifiers that stand in them. Left out:
 * records reached over unproven identifiers or fields that the person can edit (they may be somebody else's), and
 * addresses of which no record is known.
 */
export function ownRecords(
  plan: Pick<PlanState, 'pack' | 'parts' | 'found'>,
  organisation: string,
): {
  readonly identifiers: { type: string; value: string }[];
  readonly records: { system: string; dataset: string; id: string }[];
} {
  const records: { system: string; dataset: string; id: string }[] = [];
  const identifiers = new Map<string, { type: string; value: string }>();
  for (const part of plan.parts) {
    if (part.organisation !== organisation) continue;
    for (const ref of refsOfPart(plan.pack, plan.found, part)) {
      if (ref.presumed === true || ref.trust === 'declared' || ref.trust === 'unproven') continue;
      records.push({ system: part.system, dataset: part.dataset, id: ref.id });
      // Connectors also note links between records; those are no identifiers of a person.
      for (const { type, value } of ref.matchedBy)
        if (type !== 'link') identifiers.set(JSON.stringify([type, value]), { type, value });
    }
  }
  return { identifiers: [...identifiers.values()], records };
}
