/** Everything that activities are given. Ports only: a worker composes them, tests and the bench compose others. */
import type { BreachPeople, BreachProjection } from '../domain/ports/breaches.js';
import type { DeletionLedger, DueRows, Journal, Ledger } from '../domain/ports/ledgers.js';
import type {
  Brake,
  Certifier,
  Claims,
  Connectors,
  IdentifierHasher,
  Mailer,
  OrganisationContacts,
  PackageBuilder,
  Packs,
  PersonFence,
  PersonRequests,
  ReportedFacts,
  RequestProjection,
  Salts,
} from '../domain/ports/services.js';
import type { DeliveryAttempts, EvidenceKeeper, OutgoingEvents } from '../domain/ports/webhooks.js';
import type { Transfers } from '../domain/ports/transfers.js';
import type { Closures } from '../domain/ports/closures.js';
import type { Restrictions, Suppressions } from '../domain/ports/restrictions.js';
import type { Vault } from '../domain/ports/vault.js';
import type { RequestClock } from '../domain/clock/types.js';
import type { Sha256 } from '../domain/ledger/merkle.js';
import type { Authority, FrozenPack } from '../domain/policy/types.js';
import type { Stamp } from '../domain/words.js';
import type { Observe } from './runtime.js';
import type { ClockInput } from './types.js';

export interface ActivityDeps {
  readonly packs: Packs;
  /** Packs in force, for what runs without a request. */
  readonly currentPacks: () => readonly FrozenPack[];
  readonly vault: Vault;
  readonly ledger: Ledger;
  readonly deletions: DeletionLedger;
  readonly dueRows: DueRows;
  readonly facts: ReportedFacts;
  readonly restrictions: Restrictions;
  readonly suppressions: Suppressions;
  readonly closures: Closures;
  readonly journal: Journal;
  readonly projection: RequestProjection;
  readonly fence: PersonFence;
  readonly people: PersonRequests;
  readonly claims: Claims;
  readonly hasher: IdentifierHasher;
  readonly mailer: Mailer;
  readonly brake: Brake;
  readonly organisations: OrganisationContacts;
  readonly connectors: Connectors;
  readonly outgoing: OutgoingEvents;
  readonly deliveries: DeliveryAttempts;
  readonly evidence: EvidenceKeeper;
  readonly breaches: BreachPeople;
  readonly breachViews: BreachProjection;
  readonly certifier: Certifier;
  readonly packages: PackageBuilder;
  readonly transfers: Transfers;
  /** Where this worker stands (HABEAS_REGION); null = not said. */
  readonly region: string | null;
  readonly salts: Salts;
  readonly sha256: Sha256;
  /** Both clocks of the running attempt (design.md section 8); the only way to a time in an activity. */
  readonly stamp: () => Stamp;
  /** Number of the running attempt, from 1. */
  readonly attempt: () => number;
  /** Beats for the running attempt; throws when it was cancelled. */
  readonly heartbeat: (cursor?: unknown) => void;
  readonly requestClock: (pack: FrozenPack, right: string, input: ClockInput, now: string) => RequestClock;
  /** For metrics; labels are names and codes only. */
  readonly observe?: Observe;
  /** SHA-256 over a stream: artefacts are never in memory as a whole. */
  readonly sha256Stream: () => { update(chunk: Uint8Array): void; hex(): string };
  /** Supervisory authorities (policies/authorities.yaml). */
  readonly authorities: readonly Authority[];
  /** Base of links in letters. */
  readonly publicUrl: string;
}
