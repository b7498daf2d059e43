/** What the workflow of an account closure and its activities say to each other: references, counts and instants. */
import type { Instant, Stamp } from '../domain/words.js';

export interface ClosureAbout {
  readonly closureId: string;
  readonly operator: string;
  readonly policyHash: string;
  /** The account's own reference in the operator's system; never a person. */
  readonly account: string;
  readonly requestedAt: Instant;
  readonly exportUntil: Instant | null;
}

export interface ClosurePlan {
  readonly datasets: readonly { readonly system: string; readonly dataset: string }[];
}

export interface ClosurePageInput extends ClosureAbout {
  readonly system: string;
  readonly dataset: string;
  /** Records of the account that stay and come first. */
  readonly skip: number;
  readonly limit: number;
  readonly page: number;
}

export interface ClosurePageDone {
  readonly erased: number;
  readonly kept: number;
  /** Of `kept`: a hold keeps them whole. */
  readonly held: number;
  /** Of `kept`: they go later, when somebody has got her copy. */
  readonly waiting: number;
  readonly read: number;
}

export interface ClosureErased {
  readonly held: number;
  readonly waiting: number;
  readonly datasets: readonly { readonly system: string; readonly dataset: string; readonly kept: number }[];
}

export interface ClosureDone {
  readonly open: number;
  readonly people: number;
  readonly stamp: Stamp;
}

export interface ClosureBackups {
  readonly gone: boolean;
  readonly lastExpiresAt: Instant | null;
}

export interface ClosureActivities {
  closureBegin(input: ClosureAbout): Promise<ClosurePlan>;
  closurePage(input: ClosurePageInput): Promise<ClosurePageDone>;
  closureErased(input: ClosureAbout & ClosureErased): Promise<ClosureDone>;
  closureBackups(
    input: ClosureAbout & { readonly system: string; readonly effectiveAt: Instant },
  ): Promise<ClosureBackups>;
  closureEnd(input: ClosureAbout): Promise<void>;
}
