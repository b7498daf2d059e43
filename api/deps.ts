/** Everything that the API is given. Small interfaces, so that the composition root and tests decide what stands behind them. */
import type { LetterDeps } from '../domain/letters/index.js';
import type { Principal, RequestView } from '../contracts/index.js';
import type { Mailer, PersonFence, ReportedFacts, Salts } from '../domain/ports/services.js';
import type { DueRows, Ledger, LedgerEntry } from '../domain/ports/ledgers.js';
import type { Restrictions } from '../domain/ports/restrictions.js';
import type { Vault } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { Codes, Hasher, Tokens } from '../infra/identity/index.js';
import type { BrakeControl } from '../infra/store/brake.js';
import type { BreachStore } from '../infra/store/breaches.js';
import type { CertificateStore } from '../infra/store/certificates.js';
import type { Mac } from '../infra/store/cursor.js';
import type { EventStore } from '../infra/store/events.js';
import type { IdempotencyStore } from '../infra/store/idempotency.js';
import type { IntakeDocuments } from '../infra/store/intake.js';
import type { PackageCodeStore } from '../infra/store/package-codes.js';
import type { Evidence } from '../infra/evidence/index.js';
import type { Sealer } from '../infra/keys/index.js';
import type { DeliveryStore } from '../infra/store/deliveries.js';
import type { OrganisationStore } from '../infra/store/organisations.js';
import type { Outgoing } from '../infra/webhooks/index.js';
import type { StartClosure } from '../infra/temporal/closures.js';
import type { PartyStore } from '../infra/store/parties.js';
import type { RequestStore } from '../infra/store/requests.js';
import type { BreachGateway, Gateway } from './gateway/index.js';

export interface TokenVerifier {
  /** The principal behind a bearer token; null = unknown, wrong, expired or revoked. */
  verify(token: string): Promise<Principal | null>;
}

export interface Policies {
  current(operator: string): Promise<FrozenPack | null>;
  list(): Promise<readonly FrozenPack[]>;
  byHash(hash: string): Promise<FrozenPack | null>;
}

export interface LedgerFilter {
  readonly operator: string;
  readonly requests?: readonly string[];
  readonly actor?: string;
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface LedgerReader {
  page(
    filter: LedgerFilter,
    options: { readonly cursor?: number; readonly limit?: number },
  ): Promise<{ readonly entries: readonly LedgerEntry[]; readonly next: number | null }>;
  checkpoint(operator: string): Promise<{
    readonly operator: string;
    readonly size: number;
    readonly root: string;
    readonly checkpoint: string;
    readonly keyId: string;
  } | null>;
  inclusion(
    operator: string,
    seq: number,
    size: number,
  ): Promise<{ readonly seq: number; readonly size: number; readonly hash: string; readonly proof: readonly string[] }>;
  consistency(
    operator: string,
    from: number,
    to: number,
  ): Promise<{ readonly from: number; readonly to: number; readonly proof: readonly string[] }>;
}

/** Moves a request's own time (embedded stack only). `by` and `to` as given by the caller; answers when all has settled. */
export interface DevPort {
  advance(
    requestId: string,
    move: { readonly by: string } | { readonly to: string },
  ): Promise<{ readonly now: string }>;
  /** Runs the daily pass as of that instant. */
  advanceWorld(to: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface IntakeVault extends Vault {
  sealNew(
    requestId: string,
    operator: string,
    entries: readonly { readonly name: string; readonly value: unknown }[],
  ): Promise<Pick<IntakeDocuments, 'keyDoc' | 'vaultDocs'>>;
}

export interface ApiLog {
  /** `code` is a constant; fields hold ids and codes only. */
  error(code: string, fields: Readonly<Record<string, string | number>>): void;
}

export interface ApiLimits {
  /** Calls per minute: signed-in principals, strangers per address, and everything per address before sign-in. */
  readonly perPrincipal: number;
  readonly perStranger: number;
  /** Signed events, per address: systems send many from one place. */
  readonly perSender: number;
  readonly perAddress: number;
}

export interface ApiDeps {
  readonly requests: RequestStore;
  readonly idempotency: IdempotencyStore;
  readonly tokens: Tokens;
  readonly parties: PartyStore;
  readonly organisations: OrganisationStore;
  readonly deliveries: DeliveryStore;
  readonly outgoing: Outgoing;
  readonly evidence: Evidence;
  /** For secrets of webhook endpoints. */
  readonly endpointSealer: Sealer;
  readonly events: EventStore;
  readonly packageCodes: PackageCodeStore;
  readonly codes: Codes;
  readonly certificates: CertificateStore;
  readonly commitIntake: (documents: IntakeDocuments) => Promise<'committed' | 'duplicate'>;
  readonly vault: IntakeVault;
  /** What letters are written with, for previews. */
  readonly letters: LetterDeps;
  readonly gateway: Gateway;
  readonly breaches: BreachStore;
  readonly breachGateway: BreachGateway;
  readonly policies: Policies;
  readonly ledger: Ledger;
  readonly ledgerReader: LedgerReader;
  readonly hasher: Hasher;
  readonly fence: Pick<PersonFence, 'holders'>;
  /** For the commitment to corrected values in a plan. */
  readonly salts: Salts;
  readonly facts: ReportedFacts;
  readonly dueRows: DueRows;
  readonly restrictions: Pick<Restrictions, 'inForce'>;
  /** Starts the erasure of a cancelled account; one that runs or ran already is left as it is. */
  readonly startClosure: StartClosure;
  readonly brake: BrakeControl;
  /** Mail domains of the operator's organisations, lower case. */
  readonly workDomains: (operator: string) => Promise<ReadonlySet<string>>;
  readonly mailer: Mailer;
  readonly verifier: TokenVerifier;
  /** Public keys of an operator that check certificates and checkpoints. */
  readonly operatorKeys: (operator: string) => Promise<readonly Record<string, unknown>[]>;
  readonly mac: Mac;
  /** Host time. */
  readonly now: () => Date;
  readonly checks: readonly { readonly name: string; readonly check: () => Promise<void> }[];
  readonly dev?: DevPort;
  readonly log?: ApiLog;
  readonly limits?: Partial<ApiLimits>;
  /** Hops of reverse proxies whose X-Forwarded-For is believed; default none. */
  readonly trustProxy?: number;
  /** Pages mounted beside the API (portal, console), by their owner. */
  readonly mount?: (app: import('express').Express) => void;
}

export type { RequestView };
