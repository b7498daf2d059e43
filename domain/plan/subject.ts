/** Personal data of a request as it rests in the vault. */
import type { Channel, IdentityLevel, Language } from '../words.js';

/** Vault entry `subject`: what the intake said of the person. */
export interface SubjectEntry {
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
  readonly contact: { readonly email?: string; readonly postal?: string; readonly portal?: boolean };
  /** In which we write; with `languageAsked`, a tag that we do not write, the letters also come in English. */
  readonly language: Language;
  readonly languageAsked?: string;
  readonly country: string | null;
  readonly ageBand: 'adult' | 'minor' | 'unknown';
  readonly channel: Channel;
  readonly scopeText: string | null;
  readonly agent: Readonly<Record<string, unknown>> | null;
}

/** Vault entry `identity`: which of `subject.identifiers` are proven, how. */
export interface IdentityEntry {
  readonly method: string;
  readonly level: IdentityLevel;
  /** Positions in `subject.identifiers`. */
  readonly proven: readonly number[];
}
