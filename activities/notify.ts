/**
 * Writes one letter in its reader's language, keeps it in the vault and hands it over. An answer counts when the mail
 * server has accepted it; nobody to reach is a fact that an officer sees, not a silent success.
 */
import { LOCALES } from '../contracts/locales/index.js';
import { renderLetter, type Letter } from '../domain/letters/render.js';
import type { NotifyDone } from '../domain/lifecycle/results.js';
import { VAULT } from '../domain/ports/vault.js';
import type { FrozenPack } from '../domain/policy/types.js';
import { LANGUAGES, type Language } from '../domain/words.js';
import type { ActivityDeps } from './deps.js';
import { loadPerson, type Person } from './person.js';
import type { NotifyInput } from './types.js';

export async function notify(deps: ActivityDeps, input: NotifyInput): Promise<NotifyDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  const person = await loadPerson(deps, input.requestId, pack);
  const reader = await readerOf(deps, input, pack, person);
  const letter = await write(deps, input, pack, reader.language);
  await deps.vault.put(input.requestId, [
    {
      name: VAULT.letter(input.letter.id),
      value: { ...letter, kind: input.letter.kind, language: reader.language, to: input.letter.to },
    },
  ]);
  let accepted = false;
  if (reader.email !== null) {
    const sent = await deps.mailer.send({
      id: `${input.requestId}.${input.letter.id}`,
      to: reader.email,
      subject: letter.subject,
      text: letter.body,
      language: reader.language,
    });
    accepted = sent.accepted;
  }
  const stamp = deps.stamp();
  const problem = reader.email === null && !reader.portal ? 'no_contact' : null;
  await deps.ledger.append([
    {
      id: `${input.requestId}/letter/${input.letter.id}${problem === null ? '' : `/${stamp.caseAt.slice(0, 10)}`}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: problem === null ? 'letter.handed_over' : 'letter.nobody_reached',
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
        way: reader.email !== null ? 'email' : reader.portal ? 'portal' : null,
      },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'notify', stamp, accepted: accepted || reader.portal, problem };
}

interface Reader {
  readonly email: string | null;
  readonly portal: boolean;
  readonly language: Language;
}

async function readerOf(deps: ActivityDeps, input: NotifyInput, pack: FrozenPack, person: Person): Promise<Reader> {
  const { letter } = input;
  if (letter.to === 'operator_dpo') return { email: pack.pack.legal.dpo, portal: false, language: pack.pack.language };
  if (letter.to === 'organisation') {
    const organisation = input.facts.approvals.find((a) => a.id === letter.approvalId)?.organisation ?? null;
    const contact =
      organisation === null
        ? null
        : await deps.organisations.contact(input.operator, organisation, letter.contact === 'dpo' ? 'dpo' : 'admin');
    return {
      email: contact?.email ?? null,
      portal: false,
      language: languageOf(contact?.language, pack.pack.language),
    };
  }
  const { contact } = person.subject;
  // Only a proven address gets an answer about what was found; before that, the address the person wrote from.
  const proven = person.proven.find((i) => i.type === 'email')?.value;
  const given = person.subject.identifiers.find((i) => i.type === 'email')?.value;
  const email =
    contact.email ?? proven ?? (contact.portal === true || contact.postal !== undefined ? undefined : given);
  return { email: email ?? null, portal: contact.portal === true, language: person.subject.language };
}

async function write(deps: ActivityDeps, input: NotifyInput, pack: FrozenPack, language: Language): Promise<Letter> {
  const { letter, facts } = input;
  const text =
    letter.textRef === null
      ? null
      : ((await deps.vault.get<{ text: string }>(input.requestId, letter.textRef))?.text ?? null);
  return renderLetter(letter.kind, facts, {
    texts: LOCALES[language],
    operatorName: pack.pack.legal.name,
    operatorAddress: pack.pack.legal.address,
    dpo: pack.pack.legal.dpo,
    authority: deps.authority(pack.pack.legal.authority),
    publicUrl: deps.publicUrl,
    text,
    salt: letter.kind === 'final' ? await deps.salts.commitmentSalt(input.requestId) : null,
    approvalId: letter.approvalId,
  });
}

function languageOf(value: string | undefined, fallback: Language): Language {
  return LANGUAGES.find((l) => l === value) ?? fallback;
}
