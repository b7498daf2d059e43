/** What the activities of a breach share: its vault entries, and what its letters are made of. */
import { BREACH_TEXTS } from '../contracts/locales/breach.js';
import type { BreachLetterContext, BreachStory } from '../domain/breach/letters.js';
import { parseHours } from '../domain/clock/duration.js';
import type { AffectedPredicate } from '../domain/ports/connector.js';
import type { Pack } from '../domain/policy/types.js';
import { LANGUAGES, type Language } from '../domain/words.js';
import type { AboutBreach } from './breach-types.js';
import type { ActivityDeps } from './deps.js';
import { VaultEntryMissing } from './person.js';

/** Vault names of a breach. */
export const BREACH_VAULT = {
  /** AffectedPredicate[]: the queries of the intake, by position. */
  query: 'query',
  /** BreachStory per language. */
  story: 'story',
  /** The latest draft to the authority. */
  draft: 'draft/authority',
  people: (page: string) => `people/${page}`,
  text: (id: string) => `text/${id}`,
} as const;

/** One person of a page: what is needed to write to her. */
export interface PagePerson {
  readonly email: string | null;
  readonly language: string | null;
}

export type Stories = Readonly<Partial<Record<Language, BreachStory>>>;

export async function storiesOf(deps: ActivityDeps, breachId: string): Promise<Stories> {
  const stories = await deps.vault.get<Stories>(breachId, BREACH_VAULT.story);
  if (stories === null) throw new VaultEntryMissing(BREACH_VAULT.story);
  return stories;
}

export async function predicatesOf(deps: ActivityDeps, breachId: string): Promise<readonly AffectedPredicate[]> {
  const queries = await deps.vault.get<readonly AffectedPredicate[]>(breachId, BREACH_VAULT.query);
  if (queries === null) throw new VaultEntryMissing(BREACH_VAULT.query);
  return queries;
}

/** A letter of the breach in a language; the officers' words in it too where they wrote them, else in the operator's. */
export function letterContext(
  deps: ActivityDeps,
  pack: Pack,
  about: AboutBreach,
  stories: Stories,
  language: Language,
): BreachLetterContext {
  const story = stories[language] ?? stories[pack.language] ?? Object.values(stories)[0];
  if (story === undefined) throw new VaultEntryMissing(BREACH_VAULT.story);
  const authority = deps.authorities.find((a) => a.id === pack.legal.authority);
  return {
    texts: BREACH_TEXTS[language],
    breachId: about.breachId,
    timeZone: pack.timeZone,
    awareAt: about.awareAt,
    dueAt: about.dueAt,
    hours: parseHours(pack.breach.authorityWithin) ?? 72,
    operatorName: pack.legal.name,
    operatorAddress: pack.legal.address,
    orgNo: pack.legal.orgNo,
    dpo: pack.legal.dpo,
    authority: { name: authority?.name ?? pack.legal.authority, url: authority?.url ?? '' },
    systems: about.systems,
    categories: categoriesOf(pack, about.datasets),
    story,
    draftUrl: `${deps.publicUrl}/v1/breaches/${about.breachId}/draft`,
    simulated: about.simulated,
  };
}

function categoriesOf(pack: Pack, datasets: AboutBreach['datasets']): string[] {
  const found = datasets.flatMap(({ system, dataset }) => {
    const policy = pack.systems.find((s) => s.id === system)?.datasets.find((d) => d.id === dataset);
    return Object.values(policy?.fields ?? {}).map((f) => f.category);
  });
  return [...new Set(found)].sort();
}

/** A stored language tag as one that letters are written in. Nynorsk and plain `no` are served in bokmål. */
export function languageOfTag(tag: string | null, fallback: Language): Language {
  const base = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  const known = base === 'no' || base === 'nn' ? 'nb' : base;
  return LANGUAGES.find((l) => l === known) ?? fallback;
}
