/** The API's ports over our own machinery. Used by `habeas api`, by the embedded stack and by tests that want the whole. */
import { LOCALES } from '../contracts/locales/index.js';
import type { Authority, FrozenPack } from '../domain/policy/types.js';
import type { Mailer } from '../domain/ports/services.js';
import { createCodes, createTokens } from '../infra/identity/index.js';
import { createSalts } from '../infra/keys/salts.js';
import type { Platform } from '../infra/platform.js';
import { createContacts } from '../infra/store/contacts.js';
import { PackStore } from '../infra/policies/index.js';
import { createBrake } from '../infra/store/brake.js';
import { createBreachStore } from '../infra/store/breaches.js';
import { createCertificateStore } from '../infra/store/certificates.js';
import { createEventStore } from '../infra/store/events.js';
import { createFacts } from '../infra/store/facts.js';
import { createIdempotencyStore } from '../infra/store/idempotency.js';
import { commitIntake } from '../infra/store/intake.js';
import { createPackageCodeStore } from '../infra/store/package-codes.js';
import { createEvidence } from '../infra/evidence/index.js';
import { createSealer as sealer } from '../infra/keys/index.js';
import { createDeliveryStore } from '../infra/store/deliveries.js';
import { createEvidenceStore } from '../infra/store/evidence.js';
import { createOrganisationStore } from '../infra/store/organisations.js';
import { startClosure, startDelivery } from '../infra/temporal/index.js';
import { createOutgoing } from '../infra/webhooks/index.js';
import { createPartyStore } from '../infra/store/parties.js';
import { createRequestStore } from '../infra/store/requests.js';
import { createWorkDomains } from '../infra/store/work-domains.js';
import { createTokenVerifier } from './auth.js';
import type { ApiDeps, ApiLimits, ApiLog, DevPort, Policies } from './deps.js';
import {
  createBreachGateway,
  createTemporalGateway,
  type TemporalAccess,
  type TemporalGatewayOptions,
} from './gateway/index.js';
import { createMac, createSealer } from './keys.js';

export interface ApiParts {
  readonly platform: Platform;
  /** Current packs by operator (infra/policies `loadPolicies().packs`). */
  readonly packs: ReadonlyMap<string, FrozenPack>;
  readonly temporal: TemporalAccess;
  readonly mailer: Mailer;
  /** For previews of letters. */
  readonly authorities?: readonly Authority[];
  readonly publicUrl?: string;
  readonly startOptions?: TemporalGatewayOptions['startOptions'];
  readonly dev?: DevPort;
  readonly log?: ApiLog;
  readonly limits?: Partial<ApiLimits>;
  readonly trustProxy?: number;
  readonly mount?: ApiDeps['mount'];
  /** Host time; default the host's clock. */
  readonly now?: () => Date;
}

/** Packs in force from memory, older ones from the store; every current one is kept first, because a request will name it. */
async function policiesOf(platform: Platform, packs: ReadonlyMap<string, FrozenPack>): Promise<Policies> {
  const store = new PackStore(platform.store.db);
  await store.save(packs.values());
  return {
    current: async (operator) => packs.get(operator) ?? null,
    list: async () => [...packs.values()],
    async byHash(hash) {
      try {
        return await store.byHash(hash);
      } catch (error) {
        if (error instanceof Error && Reflect.get(error, 'code') === 'unknown_pack') return null;
        throw error;
      }
    },
  };
}

/** The directory, what is sent to organisations, and the evidence of it. */
function outwards(
  { platform, temporal }: ApiParts,
  secret: Uint8Array,
  now: () => Date,
): Pick<ApiDeps, 'organisations' | 'deliveries' | 'outgoing' | 'evidence' | 'endpointSealer'> {
  const { db } = platform.store;
  const organisations = createOrganisationStore(db);
  const deliveries = createDeliveryStore(db);
  return {
    organisations,
    deliveries,
    outgoing: createOutgoing({
      organisations,
      deliveries,
      now,
      start: startDelivery(
        () => temporal.client,
        (work) => temporal.call(work),
      ),
    }),
    evidence: createEvidence({
      ledger: platform.ledger,
      reader: platform.reader,
      deliveries,
      files: createEvidenceStore(db),
    }),
    endpointSealer: sealer(secret, 'webhook-endpoint'),
  };
}

/** Errors: StoreError, KeyError while store or keys are away. */
export async function composeApi(parts: ApiParts): Promise<ApiDeps> {
  const { platform } = parts;
  const { db, client } = platform.store;
  const now = parts.now ?? (() => new Date());
  const nowMs = (): number => now().getTime();
  const secret = (await platform.keys.namespaceKey()).bytes;
  const tokens = createTokens({ db, now: nowMs });
  await tokens.ensureIndexes();
  return {
    requests: createRequestStore(db),
    salts: createSalts(platform.keys),
    idempotency: createIdempotencyStore(db),
    tokens,
    codes: createCodes({ db, keys: platform.keys, now: nowMs }),
    parties: createPartyStore(db, createSealer(secret)),
    ...outwards(parts, secret, now),
    events: createEventStore(db),
    packageCodes: createPackageCodeStore(db),
    certificates: createCertificateStore(db),
    commitIntake: (documents) => commitIntake(client, db, documents),
    vault: platform.vault,
    letters: {
      vault: platform.vault,
      organisations: createContacts(createPartyStore(db, createSealer(secret))),
      salts: createSalts(platform.keys),
      authorities: parts.authorities ?? [],
      catalogues: LOCALES,
      publicUrl: parts.publicUrl ?? '',
    },
    gateway: createTemporalGateway({ temporal: parts.temporal, startOptions: parts.startOptions, nowMs }),
    breaches: createBreachStore(client, db),
    breachGateway: createBreachGateway({ temporal: parts.temporal }),
    policies: await policiesOf(platform, parts.packs),
    ledger: platform.ledger,
    ledgerReader: platform.reader,
    hasher: platform.hasher,
    fence: platform.fence,
    facts: createFacts(db),
    dueRows: platform.dueRows,
    restrictions: platform.restrictions,
    startClosure: startClosure(
      () => parts.temporal.client,
      (work) => parts.temporal.call(work),
    ),
    brake: createBrake(db),
    workDomains: createWorkDomains(db),
    mailer: parts.mailer,
    verifier: createTokenVerifier(tokens),
    operatorKeys: async (operator) => {
      const { publicJwk, keyId } = await platform.signing.signer(operator);
      return [{ ...publicJwk, kid: keyId }];
    },
    mac: createMac(secret),
    now,
    checks: [
      { name: 'mongodb', check: () => platform.store.ping() },
      { name: 'temporal', check: () => parts.temporal.ping() },
    ],
    dev: parts.dev,
    log: parts.log,
    limits: parts.limits,
    trustProxy: parts.trustProxy,
    mount: parts.mount,
  };
}
