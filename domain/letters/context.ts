/** What a letter is written with beside the facts of its request: names and addresses of the operator, authorities, texts. */
import type { Texts } from '../../contracts/locales/texts.js';
import type { Authority, Pack } from '../policy/types.js';
import type { Duration } from '../words.js';

export type { Texts };

export interface AuthorityLine {
  readonly name: string;
  readonly postal: string | null;
  readonly url: string;
}

/** An organisation as the person may know it; null where nobody told us. */
export interface OrganisationLine {
  readonly name: string | null;
  readonly contact: string | null;
}

export interface LetterContext {
  readonly texts: Texts;
  readonly operator: {
    readonly name: string;
    readonly orgNo: string;
    readonly address: string;
    readonly dpo: string;
  };
  /** Zone in which days are named. */
  readonly timeZone: string;
  readonly authority: AuthorityLine;
  /** Authority of the country where the person lives, when it is another one and known to us. */
  readonly residence: AuthorityLine | null;
  readonly organisations: Readonly<Record<string, OrganisationLine>>;
  /** Kinds of data by `<system>/<dataset>`, as the pack names them. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  readonly keep: { readonly request: Duration; readonly packages: Duration; readonly answers: Duration };
  readonly publicUrl: string;
  /** Free text that belongs to the letter (question, reason), from the vault. */
  readonly text: string | null;
  /** Reasons that organisations gave for their rejection, by approval id. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly salt: string | null;
  readonly approvalId: string | null;
  /** Number of the complaint that the letter is about. */
  readonly complaint: number | null;
}

/** Everything of a context that follows from the pack and the list of authorities. `country`: where the person lives, or null. */
export function packContext(
  pack: Pack,
  authorities: readonly Authority[],
  country: string | null,
): Pick<LetterContext, 'operator' | 'timeZone' | 'authority' | 'residence' | 'categories' | 'keep'> {
  const own = authorities.find((a) => a.id === pack.legal.authority);
  // Of a country with several authorities the first in the list is the one to turn to.
  const there = country === null ? undefined : authorities.find((a) => a.country === country.slice(0, 2));
  const { name, orgNo, address, dpo } = pack.legal;
  return {
    operator: { name, orgNo, address, dpo },
    timeZone: pack.timeZone,
    authority: own === undefined ? { name: pack.legal.authority, postal: null, url: '' } : lineOf(own),
    residence: there === undefined || there.id === own?.id ? null : lineOf(there),
    categories: Object.fromEntries(
      pack.systems.flatMap((system) =>
        system.datasets.map((dataset) => [
          `${system.id}/${dataset.id}`,
          [...new Set(Object.values(dataset.fields).map((f) => f.category))].sort(),
        ]),
      ),
    ),
    keep: pack.keep,
  };
}

function lineOf(authority: Authority): AuthorityLine {
  return { name: authority.name, postal: authority.address, url: authority.url };
}
