/**
 * Writes one letter in its reader's language, keeps it in the vault and hands it over. An answer counts when the mail
 * server has accepted it or it stands in the portal; a letter for the post waits until somebody says that it was posted,
 * and nobody to reach is a fact that an officer sees, not a silent success (interfaces.md section 4).
 */
import { LOCALES } from '../contracts/locales/index.js';
import { readingLanguages, writeLetter, type Letter } from '../domain/letters/index.js';
import type { NotifyDone } from '../domain/lifecycle/results.js';
import { normaliseIdentifier } from '../domain/plan/normalise.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { Language } from '../domain/words.js';
import type { ActivityDeps } from './deps.js';
import { loadPerson, type Person } from './person.js';
import type { NotifyInput } from './types.js';

/** A letter as it rests in the vault. */
export interface LetterEntry {
  readonly subject: string;
  readonly body: string;
  readonly kind: string;
  readonly language: string;
  readonly to: string;
}

export async function notify(deps: ActivityDeps, input: NotifyInput): Promise<NotifyDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack);
  const reader = await readerOf(deps, input, pack, person);
  const { subject, body } = await write(deps, input, pack, person, reader.languages);
  const language = reader.languages[0] ?? pack.pack.language;
  const entry: LetterEntry = { subject, body, kind: input.letter.kind, language, to: input.letter.to };
  await deps.vault.put(input.requestId, [{ name: VAULT.letter(input.letter.id), value: entry }]);
  let accepted = false;
  if (reader.email !== null) {
    const sent = await deps.mailer.send({
      id: `${input.requestId}.${input.letter.id}`,
      to: reader.email,
      subject,
      text: body,
      language,
    });
    accepted = sent.accepted;
  }
  const stamp = deps.stamp();
  const way = reader.email !== null ? 'email' : reader.portal ? 'portal' : null;
  const problem = way !== null ? null : reader.postal ? 'post_pending' : 'no_contact';
  const done: NotifyDone = { kind: 'notify', stamp, accepted: accepted || reader.portal, problem, way };
  if (input.noted === true && problem === null) return done;
  await deps.ledger.append([
    {
      id: `${input.requestId}/letter/${input.letter.id}${problem === null ? '' : `/${stamp.caseAt.slice(0, 10)}`}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action:
        problem === null
          ? 'letter.handed_over'
          : problem === 'post_pending'
            ? 'letter.post_pending'
            : 'letter.nobody_reached',
      requestId: input.requestId,
      code: input.letter.kind,
      purposeCode: null,
      before: null,
      after: {
        letter: input.letter.id,
        to: input.letter.to,
        contact: input.letter.contact,
        approval: input.letter.approvalId,
        accepted,
        way,
      },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return done;
}

interface Reader {
  readonly email: string | null;
  readonly portal: boolean;
  /** Wants it by post: an officer prints and posts it. */
  readonly postal: boolean;
  readonly languages: readonly Language[];
}

async function readerOf(deps: ActivityDeps, input: NotifyInput, pack: FrozenPack, person: Person): Promise<Reader> {
  const { letter } = input;
  const own = pack.pack.language;
  if (letter.to === 'operator_dpo')
    return { email: pack.pack.legal.dpo, portal: false, postal: false, languages: [own] };
  if (letter.to === 'organisation') {
    const organisation = input.facts.approvals.find((a) => a.id === letter.approvalId)?.organisation ?? null;
    const contact =
      organisation === null
        ? null
        : await deps.organisations.contact(input.operator, organisation, letter.contact === 'dpo' ? 'dpo' : 'admin');
    return {
      email: contact?.email ?? null,
      portal: false,
      postal: false,
      languages: readingLanguages(contact?.language ?? null, own),
    };
  }
  return subjectReader(input, pack, person);
}

/** The address the person named; else a proven one, else the one she wrote from. A mail that came back is not tried again. */
function subjectReader(input: NotifyInput, pack: FrozenPack, person: Person): Reader {
  const { subject } = person;
  const { contact } = subject;
  const languages = readingLanguages(subject.languageAsked ?? subject.language, pack.pack.language);
  const agent = subject.agent?.['answerTo'] === 'agent' ? agentContact(subject.agent['contact']) : null;
  if (agent !== null) {
    const email = input.facts.mailBounced === true ? null : agent.email;
    return { email, portal: false, postal: agent.postal, languages };
  }
  const explicit = contact.portal === true || contact.postal !== undefined;
  const proven = person.proven.find((i) => i.type === 'email')?.value;
  const given = subject.identifiers.find((i) => i.type === 'email')?.value;
  // What was found about somebody who proved nothing goes to the address that it was found under, wherever else she asks.
  const known = subject.identifiers.some(
    (i) =>
      i.type === 'email' &&
      contact.email !== undefined &&
      normaliseIdentifier('email', i.value) === normaliseIdentifier('email', contact.email),
  );
  const named = person.proven.length > 0 || input.facts.steps.length === 0 || known ? contact.email : given;
  const email = named ?? (contact.postal !== undefined ? undefined : (proven ?? (explicit ? undefined : given)));
  return {
    email: input.facts.mailBounced === true ? null : (email ?? null),
    portal: contact.portal === true,
    postal: contact.postal !== undefined,
    languages,
  };
}

function agentContact(contact: unknown): { readonly email: string | null; readonly postal: boolean } | null {
  if (typeof contact !== 'object' || contact === null) return null;
  const { email, postal } = contact as { readonly email?: unknown; readonly postal?: unknown };
  if (typeof email !== 'string' && typeof postal !== 'string') return null;
  return { email: typeof email === 'string' ? email : null, postal: typeof postal === 'string' };
}

function write(
  deps: ActivityDeps,
  input: NotifyInput,
  pack: FrozenPack,
  person: Person,
  languages: readonly Language[],
): Promise<Letter> {
  const { letter, facts } = input;
  return writeLetter(
    { ...deps, catalogues: LOCALES },
    {
      kind: letter.kind,
      facts,
      pack: pack.pack,
      country: person.subject.country,
      languages,
      textRef: letter.textRef,
      approvalId: letter.approvalId,
      complaint: letter.complaint ?? null,
    },
  );
}
