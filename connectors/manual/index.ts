/**
 * Systems that no program can clean: a payment service without an interface for erasing, a paper archive. Where the
 * person has a reference there, an officer does it by hand and gives the evidence (`resolve`); where she has none there
 * is nothing to do, and the plan says so.
 */
import type { Identifier } from '../../domain/plan/types.js';
import type { ConnectorFactory } from '../../domain/ports/connector.js';

/** Reason that stands in the plan and at the step. */
const BY_HAND = 'by_hand';

/**
 * A dataset counts as concerned when one of its identifier types is known of the person: proven, or found in another
 * system over a trusted link. Nothing is read or written, and nothing is ever said to be gone. Throws nothing.
 */
export const manualConnector: ConnectorFactory = (system) => ({
  describe: () => ({
    connector: 'manual',
    version: '1',
    vendorApiVersion: null,
    takes: [...new Set(system.datasets.flatMap((dataset) => Object.keys(dataset.identifiers)))].sort(),
    yields: [],
    completeness: 'by_reference',
    caveats: ['not_searched_by_program'],
    irreversible: true,
    asynchronous: true,
  }),
  healthcheck: () => Promise.resolve({ ok: true, checks: [{ name: 'manual', ok: true, detail: 'is done by hand' }] }),
  discover: ({ identifiers, datasets }) => {
    const known = new Set(identifiers.filter(isSure).map(({ type }) => type));
    const concerned = system.datasets.filter(
      (dataset) =>
        (datasets?.includes(dataset.id) ?? true) && Object.keys(dataset.identifiers).some((type) => known.has(type)),
    );
    return Promise.resolve({
      system: system.id,
      refs: [],
      identifiers: [],
      manual: concerned.map(({ id }) => ({ dataset: id, reason: BY_HAND })),
      caveats: [],
    });
  },
  collect: () => Promise.resolve({}),
  apply: ({ targets }) => Promise.resolve(targets.map(({ part }) => ({ key: part.key, kind: 'manual', why: BY_HAND }))),
  verify: ({ targets }) =>
    Promise.resolve(
      targets.map(({ part }) => ({ key: part.key, verdict: 'unverifiable', remaining: 0, method: BY_HAND })),
    ),
  close: () => Promise.resolve(),
});

function isSure({ trust }: Identifier): boolean {
  return trust === 'proven' || trust === 'system';
}
