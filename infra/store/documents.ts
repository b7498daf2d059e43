/** Documents of Habeas' own store as they rest, and the names of their collections. None of them holds personal data in clear. */
import type { ApprovalView, RequestView } from '../../contracts/index.js';
import type { RequestInput, Speaker } from '../../domain/lifecycle/commands.js';
import type { ClockedFrom } from '../../domain/ports/services.js';
import type { Right } from '../../domain/words.js';
import type { Binary } from './connect.js';

export const COLLECTIONS = {
  requests: 'requests',
  idempotency: 'idempotency',
  organisations: 'organisations',
  systems: 'systems',
  events: 'events',
  attempts: 'attempts',
  packageCodes: 'package_codes',
  certificates: 'certificates',
  backupCopies: 'backup_copies',
  deliveries: 'deliveries',
  evidence: 'evidence',
} as const;

/** The read model of one request. The fields below `view` are sortable copies for lists (numbers, never strings, where a list sorts). */
export interface RequestDoc {
  readonly _id: string;
  readonly operator: string;
  readonly right: Right;
  /** `pending` until the workflow was started; reconciliation moves it on. */
  readonly start: 'pending' | 'done';
  /** World time (ms) at which somebody last tried to start it. */
  readonly startTriedMs: number;
  /** Purposes that an objection or withdrawal names; absent in requests that began before there were any. */
  readonly purposes?: readonly string[];
  /** Start input of the workflow, kept until it is started. Free of personal data. */
  readonly input: RequestInput | null;
  readonly createdAt: string;
  readonly createdBy: Speaker;
  /** Keyed hashes of the given identifiers: how a person's requests are found again. */
  readonly subjectHashes: readonly string[];
  readonly after: string | null;
  /** The organisation that started it; its own machines may look at it. */
  readonly onlyOrganisation?: string | null;
  /** Requests that hang together with this one. */
  readonly links?: readonly { readonly id: string; readonly relation: string }[];
  /** Art. 17(1) ground as given, a code. */
  readonly ground: string | null;
  readonly owner: string | null;
  /** How often the owner changed: part of the ETag, which the workflow's revision does not cover. */
  readonly assignments: number;
  /** Set by forgetting; reconciliation keeps away from such a request. */
  readonly forgetting: string | null;
  readonly revision: number;
  readonly view: RequestView;
  readonly approvals: readonly ApprovalView[];
  readonly state: string;
  readonly outcome: string | null;
  readonly clockStatus: string;
  readonly late: boolean;
  /** What the clock was last computed from; absent until a question or an extension moved it. */
  readonly clockedFrom?: ClockedFrom;
  readonly dueMs: number;
  readonly receivedMs: number;
  readonly createdMs: number;
  readonly organisations: readonly string[];
  readonly approvers: readonly string[];
}

export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface IdempotencyDoc {
  /** HMAC(principal, route, target, key). */
  readonly _id: string;
  /** HMAC of the canonical body. */
  readonly fingerprint: string;
  readonly state: 'running' | 'done';
  readonly startedMs: number;
  readonly response: StoredResponse | null;
  /** The request that an intake made. */
  readonly requestId: string | null;
  readonly expiresAt: Date;
}

/** A key with which a party signs its events. HMAC secrets rest sealed; public keys need no secrecy. */
export interface PartyKeyDoc {
  readonly id: string;
  readonly kind: 'hmac' | 'ed25519';
  /** Sealed secret (hmac) or base64 of the raw 32-byte public key (ed25519). */
  readonly material: string;
  readonly createdAt: string;
  /** World time until which it counts; null = open. Rotation sets it on the old key. */
  readonly notAfter: string | null;
}

export interface OrganisationDoc {
  /** `<operator>/<organisation>` */
  readonly _id: string;
  readonly operator: string;
  readonly organisation: string;
  readonly name: string;
  readonly language: string;
  readonly country: string | null;
  readonly contacts: { readonly admin: string | null; readonly dpo: string | null; readonly escalation: string | null };
  readonly answer: 'operator_answers' | 'organisation_answers';
  readonly deliverTo: 'subject' | 'organisation';
  readonly keys: readonly PartyKeyDoc[];
  /** How it is expected to decide; absent = `console`. */
  readonly channel?: 'webhook' | 'api' | 'mail_link' | 'console';
  /** Reference of the processing agreement (GDPR Art. 28(3)). */
  readonly agreement?: string | null;
  /** Domains of its work addresses: an address there proves a workplace, not a person. */
  readonly mailDomains?: readonly string[];
  readonly endpoints?: readonly WebhookEndpointDoc[];
  /** Rises with every change of keys and endpoints, so that two at once cannot undo each other. */
  readonly changes?: number;
}

/** Where an organisation gets events. Secrets rest sealed; several count while one is being replaced. */
export interface WebhookEndpointDoc {
  /** `whe_…` */
  readonly id: string;
  readonly url: string;
  /** Types that it wants; null = all. */
  readonly events: readonly string[] | null;
  readonly secrets: readonly {
    readonly sealed: string;
    readonly createdAt: string;
    readonly notAfter: string | null;
  }[];
  readonly createdAt: string;
  readonly disabledAt: string | null;
  /** `gone` (the endpoint answered 410), `failing`, `by_hand`. */
  readonly disabledWhy: string | null;
}

/** One event on its way to one endpoint, with what came of each attempt. Nothing of any answer is kept. */
export interface DeliveryDoc {
  /** `dlv_…` */
  readonly _id: string;
  readonly operator: string;
  readonly organisation: string;
  readonly endpointId: string;
  readonly webhookId: string;
  readonly type: string;
  /** Exactly what is sent: ids and codes only. */
  readonly body: string;
  readonly requestId: string | null;
  readonly approvalId: string | null;
  readonly createdAt: string;
  readonly createdMs: number;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: readonly { readonly at: string; readonly code: string; readonly ms: number }[];
  /** How often it was started: the first time, and every resend. */
  readonly runs: number;
  readonly deliveredAt: string | null;
  readonly expiresAt: Date;
}

/** What a silent party was asked, when and how, as it stood at the end of its time. Free of personal data. */
export interface EvidenceDoc {
  /** The approval. */
  readonly _id: string;
  readonly requestId: string;
  readonly file: Readonly<Record<string, unknown>>;
  readonly sha256: string;
}

export interface SystemDoc {
  /** `<operator>/<system>` */
  readonly _id: string;
  readonly operator: string;
  readonly system: string;
  readonly keys: readonly PartyKeyDoc[];
}

export interface EventDoc {
  /** HMAC(operator, party, webhook id). */
  readonly _id: string;
  readonly operator: string;
  readonly party: string;
  readonly type: string;
  /** HMAC of the raw body. */
  readonly fingerprint: string;
  /** `received` runs the command again with the same update id; only `applied` answers 202 by itself. */
  readonly state: 'received' | 'applied' | 'refused';
  readonly code: string | null;
  readonly receivedAt: string;
  readonly expiresAt: Date;
}

export interface AttemptDoc {
  /** `<operator>/<minute>/<address class>` */
  readonly _id: string;
  readonly operator: string;
  readonly minuteMs: number;
  readonly addressClass: string;
  readonly count: number;
}

/** How often download codes were sent for a request; the codes themselves are infra/identity's. */
export interface PackageCodeDoc {
  /** The request. */
  readonly _id: string;
  readonly sentMs: number;
  /** Day number (UTC) of the last code and how many were sent on it. */
  readonly day: number;
  readonly sentToday: number;
  readonly expiresAt: Date;
}

export interface CertificateDoc {
  readonly _id: string;
  readonly requestId: string;
  readonly final: boolean;
  readonly issuedAt: string;
  readonly bytes: Binary;
}

export interface BackupCopyDoc {
  /** `<operator>/<system>/<backupId>` */
  readonly _id: string;
  readonly operator: string;
  readonly system: string;
  readonly backupId: string;
  readonly takenAt: string | null;
  readonly expiresAt: string | null;
  readonly goneAt: string | null;
}
