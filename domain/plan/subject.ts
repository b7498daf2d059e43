/** Personal data of a request as it rests in the vault. */
import { normaliseIdentifier } from './normalise.js';
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

/** Both entries with further proven identifiers; one that is given already is only marked. Pure. */
export function withProven(
  subject: SubjectEntry,
  identity: IdentityEntry,
  more: readonly { readonly type: string; readonly value: string }[],
): { readonly subject: SubjectEntry; readonly identity: IdentityEntry } {
  const identifiers = [...subject.identifiers];
  const proven = new Set(identity.proven);
  for (const { type, value } of more) {
    const normal = normaliseIdentifier(type, value);
    const at = identifiers.findIndex((i) => i.type === type && normaliseIdentifier(type, i.value) === normal);
    proven.add(at === -1 ? identifiers.push({ type, value }) - 1 : at);
  }
  return {
    subject: { ...subject, identifiers },
    identity: { ...identity, proven: [...proven].sort((a, b) => a - b) },
  };
}
