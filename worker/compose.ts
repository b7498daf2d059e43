/** What a worker is made of: ports bound to our own machinery, connectors to the systems that the packs name. */
import { requestClock } from '../domain/clock/index.js';
import type { ActivityDeps } from '../activities/index.js';
import type { ClockInput } from '../activities/types.js';
import type { RequestClock } from '../domain/clock/types.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { Right } from '../domain/words.js';
import { createCertifier } from '../infra/certificates/index.js';
import { createSalts } from '../infra/keys/salts.js';
import { createMailer, type SmtpMailer } from '../infra/mail/index.js';
import { createPackageBuilder, createTransfers } from '../infra/packages/index.js';
import { sha256, sha256Stream, type Platform } from '../infra/platform.js';
import { PackStore, type Policies } from '../infra/policies/index.js';
import { createBreachPeople, createBreachProjection } from '../infra/store/breaches.js';
import { createBrake } from '../infra/store/brake.js';
import { createCertificateStore } from '../infra/store/certificates.js';
import { createEvidence } from '../infra/evidence/index.js';
import { createSealer } from '../infra/keys/index.js';
import { startDelivery } from '../infra/temporal/index.js';
import { createAttempts, createOutgoing } from '../infra/webhooks/index.js';
import { createDeliveryStore } from '../infra/store/deliveries.js';
import { createEvidenceStore } from '../infra/store/evidence.js';
import { createOrganisationStore } from '../infra/store/organisations.js';
import { createContacts } from '../infra/store/contacts.js';
import { createClaims } from '../infra/store/claims.js';
import { createFacts } from '../infra/store/facts.js';
import { createPartyStore } from '../infra/store/parties.js';
import { createPersonRequests } from '../infra/store/person-requests.js';
import { createRequestProjection } from '../infra/store/project-request.js';
import { searchAgain } from '../infra/temporal/search-again.js';
import { stamp } from '../infra/temporal/stamp.js';
import { Context } from '@temporalio/activity';
import type { Connectors } from '../domain/ports/services.js';

export interface WorkerParts {
  readonly platform: Platform;
  readonly policies: Policies;
  readonly connectors: Connectors;
  readonly smtpUrl: string;
  readonly mailFrom: string;
  readonly publicUrl: string;
  /** The embedded stack: endpoints may stand on this machine. */
  readonly embedded?: boolean;
  /** Where this worker stands; packages of packs that pin a region are built only there. */
  readonly region?: string;
  readonly observe?: ActivityDeps['observe'];
}

export interface ComposedActivities {
  readonly deps: ActivityDeps;
  readonly packs: PackStore;
  readonly mailer: SmtpMailer;
}

export async function composeActivities(parts: WorkerParts): Promise<ComposedActivities> {
  const { platform, policies } = parts;
  const packs = new PackStore(platform.store.db);
  await packs.save(policies.packs.values());
  const salts = createSalts(platform.keys);
  const mailer = createMailer({ url: parts.smtpUrl, from: parts.mailFrom });
  const deps: ActivityDeps = {
    packs,
    currentPacks: () => [...policies.packs.values()],
    vault: platform.vault,
    ledger: platform.ledger,
    deletions: platform.deletions,
    dueRows: platform.dueRows,
    facts: createFacts(platform.store.db),
    restrictions: platform.restrictions,
    suppressions: platform.suppressions,
    closures: platform.closures,
    journal: platform.journal,
    projection: createRequestProjection(platform.store.db),
    fence: platform.fence,
    people: createPersonRequests(
      platform.store.db,
      searchAgain(() => Context.current().client),
    ),
    claims: createClaims(platform.store.db),
    hasher: platform.hasher,
    mailer,
    brake: createBrake(platform.store.db),
    // Contacts are not secret; the keys of organisations are the API's business, so no sealer is needed here.
    organisations: createContacts(createPartyStore(platform.store.db, NO_SECRETS)),
    breaches: createBreachPeople(platform.store.db),
    breachViews: createBreachProjection(platform.store.db),
    connectors: parts.connectors,
    ...(await outwards(parts)),
    certifier: createCertifier({
      ledger: platform.ledger,
      reader: platform.reader,
      signing: platform.signing,
      store: createCertificateStore(platform.store.db),
      salts,
      sha256,
    }),
    packages: createPackageBuilder(platform.vault),
    transfers: createTransfers({ signing: platform.signing, allowLoopback: parts.embedded === true }),
    region: parts.region ?? null,
    salts,
    sha256,
    sha256Stream,
    stamp: () => stamp(),
    attempt: () => Context.current().info.attempt,
    heartbeat: (cursor) => {
      Context.current().cancellationSignal.throwIfAborted();
      Context.current().heartbeat(cursor);
    },
    requestClock: clockOf,
    authorities: [...policies.authorities.values()],
    publicUrl: parts.publicUrl,
    ...(parts.observe === undefined ? {} : { observe: parts.observe }),
  };
  return { deps, packs, mailer };
}

/** Events, their delivery, and the evidence of who was asked. Deliveries are workflows of their own, started from here. */
async function outwards({
  platform,
  embedded,
}: WorkerParts): Promise<Pick<ActivityDeps, 'outgoing' | 'deliveries' | 'evidence'>> {
  const { db } = platform.store;
  const organisations = createOrganisationStore(db);
  const deliveries = createDeliveryStore(db);
  const now = (): Date => new Date();
  return {
    outgoing: createOutgoing({
      organisations,
      deliveries,
      now,
      start: startDelivery(() => Context.current().client),
    }),
    deliveries: createAttempts({
      organisations,
      deliveries,
      sealer: createSealer((await platform.keys.namespaceKey()).bytes, 'webhook-endpoint'),
      post: { allowLoopback: embedded === true },
      now,
    }),
    evidence: createEvidence({
      ledger: platform.ledger,
      reader: platform.reader,
      deliveries,
      files: createEvidenceStore(db),
    }),
  };
}

const NO_SECRETS = {
  seal: () => Promise.reject(new Error('workers hold no organisation keys')),
  open: () => Promise.reject(new Error('workers hold no organisation keys')),
};

/** The clock of a request under its own frozen pack. */
export function clockOf(
  pack: FrozenPack,
  right: string,
  input: Pick<ClockInput, 'receivedAt' | 'pauses' | 'extension'>,
  now: string,
): RequestClock {
  const { timeZone, country, regime, promises, clockSwitches } = pack.pack;
  return requestClock({
    regime,
    country,
    timeZone,
    receivedAt: input.receivedAt,
    right: right as Right,
    now,
    promises: promises.map((p) => ({ within: p.within, ...(p.rights === undefined ? {} : { rights: p.rights }) })),
    pauses: input.pauses,
    extension: input.extension,
    switches: clockSwitches,
  });
}
