/** Catalogues of letters by language. */
import { en } from './en.js';
import { nb } from './nb.js';
import { sv } from './sv.js';
import type { Texts } from './texts.js';

export type { Texts } from './texts.js';
export const LOCALES: Readonly<Record<'en' | 'nb' | 'sv', Texts>> = { en, nb, sv };
