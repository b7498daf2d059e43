/** Letters of a request: their texts, how one would read now, and what became of it outside (came back, was posted). */
import { LANGUAGES } from '../../contracts/index.js';
import { LOCALES } from '../../contracts/locales/index.js';
import { packContext, readingLanguages, writeLetter, type LetterDeps } from '../../domain/letters/index.js';
import { lintLetter } from '../../domain/letters/lint.js';
import { renderLetter } from '../../domain/letters/render.js';
import type { RunFacts } from '../../domain/lifecycle/facts.js';
import type { LetterKind } from '../../domain/lifecycle/run.js';
import type { SubjectEntry } from '../../domain/plan/subject.js';
import type { Pack } from '../../domain/policy/types.js';
import { VAULT } from '../../domain/ports/vault.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import { requestOf } from '../access.js';
import type { ApiDeps } from '../deps.js';
import { principalOf, type Handler } from '../http/call.js';
import { once } from '../http/idempotency.js';
import { page } from '../http/pages.js';
import { HttpProblem } from '../http/problem.js';
import { noteRead, speakerOf } from '../ledger-notes.js';
import { accepted } from './commands.js';

const LIVE_MS = 1_500;

interface LetterEntry {
  readonly subject: string;
  readonly body: string;
  readonly language: string;
}

type LetterRow = NonNullable<RequestDoc['view']['letters']>[number];

async function rowsOf(deps: ApiDeps, doc: RequestDoc): Promise<readonly LetterRow[]> {
  return ((await deps.gateway.view(doc._id, LIVE_MS))?.view ?? doc.view).letters ?? [];
}

export function listLetters(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const texts = new Map(
      (await deps.vault.list<LetterEntry>(doc._id, VAULT.letter(''))).map(({ name, value }) => [name, value]),
    );
    await noteRead(deps, principalOf(call), call.now, { what: 'letters', operator: doc.operator, request: doc });
    const rows = (await rowsOf(deps, doc)).map((l) => {
      const text = texts.get(VAULT.letter(l.id));
      return {
        id: l.id,
        kind: l.kind,
        to: l.to,
        sentAt: l.sentAt,
        error: l.error,
        waits: l.waits ?? false,
        way: l.way ?? null,
        bouncedAt: l.bouncedAt ?? null,
        subject: text?.subject ?? null,
        body: text?.body ?? null,
        language: text?.language ?? null,
      };
    });
    return page(call, `/v1/requests/${doc._id}/letters`, rows, null);
  };
}

/** Kinds that can be looked at without there being a letter yet. */
const KINDS: ReadonlySet<string> = new Set<LetterKind>([
  'receipt',
  'question',
  'message',
  'extension',
  'interim',
  'final',
  'restriction_lifted',
  'complaint_answer',
]);

/** As the letter would be written now. Of a letter that is out, what went out is in GET /letters. */
export function previewLetter(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const id = call.params['letterId'] ?? '';
    const body = call.body as { text?: string; language?: string };
    const row = (await rowsOf(deps, doc)).find((l) => l.id === id);
    const kind = row?.kind ?? (KINDS.has(id) ? id : null);
    if (kind === null) throw new HttpProblem('not_found');
    const facts = await deps.gateway.facts(doc._id, LIVE_MS);
    if (facts === null) throw new HttpProblem('unavailable', { headers: { 'Retry-After': '5' } });
    const frozen = await deps.policies.byHash(doc.view.policy.hash);
    const subject = await deps.vault.get<SubjectEntry>(doc._id, VAULT.subject);
    if (frozen === null || subject === null) throw new HttpProblem('forgotten');
    const { pack } = frozen;
    const own = pack.language;
    const languages = readingLanguages(body.language ?? subject.languageAsked ?? subject.language, own);
    await noteRead(deps, principalOf(call), call.now, { what: 'letter_preview', operator: doc.operator, request: doc });
    const task = {
      kind: kind as LetterKind,
      facts,
      pack,
      country: subject.country,
      languages,
      textRef: facts.refusal?.reasonRef ?? null,
      ...(body.text === undefined ? {} : { text: body.text }),
      approvalId: null,
      complaint: facts.complaints?.at(-1)?.n ?? null,
    };
    const letter = await writeLetter(deps.letters, task);
    return {
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: {
        id,
        kind,
        subject: letter.subject,
        body: letter.body,
        languages,
        missing: missingOf(deps.letters, task, pack, facts),
      },
    };
  };
}

/** What the content contract would miss, in the first language: texts that nobody has written yet, above all. */
function missingOf(
  deps: LetterDeps,
  task: {
    kind: LetterKind;
    country: string | null;
    languages: readonly string[];
    text?: string;
    complaint: number | null;
  },
  pack: Pack,
  facts: RunFacts,
): string[] {
  const language = LANGUAGES.find((l) => l === task.languages[0]) ?? pack.language;
  const context = {
    ...packContext(pack, deps.authorities, task.country),
    texts: LOCALES[language],
    organisations: {},
    reasons: {},
    publicUrl: deps.publicUrl,
    text: task.text ?? null,
    salt: null,
    approvalId: null,
    complaint: task.complaint,
  };
  return lintLetter(task.kind, facts, context, renderLetter(task.kind, facts, context));
}

export function bounceLetter(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const letter = call.params['letterId'] ?? '';
    const body = call.body as { at?: string };
    return once(deps, call, `${doc._id}/letters/${letter}/bounce`, async (updateId) => {
      const result = await deps.gateway.update(doc._id, 'correspond', updateId, {
        by: speakerOf(principalOf(call)),
        action: 'bounced',
        letter,
        at: body.at === undefined ? null : new Date(body.at).toISOString(),
      });
      return accepted(deps, doc, result);
    });
  };
}

export function dispatchLetter(deps: ApiDeps): Handler {
  return async (call) => {
    const doc = await requestOf(deps, call);
    const letter = call.params['letterId'] ?? '';
    const body = call.body as { at: string; by: 'post' | 'portal' };
    return once(deps, call, `${doc._id}/letters/${letter}/dispatched`, async (updateId) => {
      const result = await deps.gateway.update(doc._id, 'correspond', updateId, {
        by: speakerOf(principalOf(call)),
        action: 'dispatched',
        letter,
        way: body.by,
        at: new Date(body.at).toISOString(),
      });
      return accepted(deps, doc, result);
    });
  };
}
