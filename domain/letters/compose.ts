/** Gathers what a letter needs beside its facts (names of organisations, texts from the vault, the salt) and writes it. */
import type { RunFacts } from '../lifecycle/facts.js';
import type { LetterKind } from '../lifecycle/run.js';
import type { OrganisationContacts, Salts } from '../ports/services.js';
import type { Vault } from '../ports/vault.js';
import type { Authority, Pack } from '../policy/types.js';
import type { Language } from '../words.js';
import { packContext, type LetterContext, type OrganisationLine, type Texts } from './context.js';
import { renderIn, type Letter } from './render.js';

export interface LetterDeps {
  readonly vault: Pick<Vault, 'get'>;
  readonly organisations: Pick<OrganisationContacts, 'known'>;
  readonly salts: Salts;
  readonly authorities: readonly Authority[];
  readonly catalogues: Readonly<Record<Language, Texts>>;
  readonly publicUrl: string;
}

export interface LetterTask {
  readonly kind: LetterKind;
  readonly facts: RunFacts;
  readonly pack: Pack;
  /** Where the person lives (ISO 3166), or null. */
  readonly country: string | null;
  readonly languages: readonly Language[];
  /** Vault entry with the letter's own text, or null. */
  readonly textRef: string | null;
  /** Instead of `textRef`, for a preview. */
  readonly text?: string | null;
  readonly approvalId: string | null;
  readonly complaint: number | null;
}

/** Writes the letter in all its languages. Reads the vault; writes nothing. Errors: those of the ports, LetterValueMissing. */
export async function writeLetter(deps: LetterDeps, task: LetterTask): Promise<Letter> {
  const { facts, pack } = task;
  const textOf = async (name: string | null): Promise<string | null> =>
    name === null ? null : ((await deps.vault.get<{ text: string }>(facts.requestId, name))?.text ?? null);
  const organisations: Record<string, OrganisationLine> = {};
  for (const { organisation } of facts.approvals) {
    if (organisation === null || organisations[organisation] !== undefined) continue;
    organisations[organisation] = (await deps.organisations.known(facts.operator, organisation)) ?? {
      name: null,
      contact: null,
    };
  }
  const reasons: Record<string, string> = {};
  for (const approval of facts.approvals) {
    const reason = await textOf(approval.reasonRef ?? null);
    if (reason !== null && reason.trim() !== '') reasons[approval.id] = reason;
  }
  const context: Omit<LetterContext, 'texts'> = {
    ...packContext(pack, deps.authorities, task.country),
    organisations,
    reasons,
    publicUrl: deps.publicUrl,
    text: task.text ?? (await textOf(task.textRef)),
    salt: task.kind === 'final' ? await deps.salts.commitmentSalt(facts.requestId) : null,
    approvalId: task.approvalId,
    complaint: task.complaint,
  };
  return renderIn(
    task.kind,
    facts,
    task.languages.map((language) => ({ ...context, texts: deps.catalogues[language] })),
  );
}
