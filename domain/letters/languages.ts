/**
 * In which languages a person is written to. Habeas writes English, bokmål and Swedish; whoever asked for another one gets
 * the operator's language and English in one letter, so that nobody has to guess which she reads.
 */
import { LANGUAGES, type Language } from '../words.js';

/** Tags whose readers read one of ours: both written Norwegians, and any region of a language. */
const READS: Readonly<Record<string, Language>> = { en: 'en', nb: 'nb', no: 'nb', nn: 'nb', sv: 'sv' };

/** One language, or two. `asked`: a BCP 47 tag; null = none was named, so the operator's. */
export function readingLanguages(asked: string | null | undefined, own: Language): readonly Language[] {
  if (asked === null || asked === undefined) return [own];
  const known = READS[asked.toLowerCase().split('-')[0] ?? ''];
  if (known !== undefined) return [known];
  return LANGUAGES.filter((l) => l === own || l === 'en').sort((a, b) => Number(b === own) - Number(a === own));
}
