/** Catalogues of `policy explain`, by language; the same keys and placeholders in each (domain/policy/explain.test.ts). */
import { en } from './en.js';
import { nb } from './nb.js';
import { sv } from './sv.js';
import type { ExplainTexts } from './texts.js';

export type { ExplainTexts } from './texts.js';
export const EXPLAIN_LOCALES: Readonly<Record<'en' | 'nb' | 'sv', ExplainTexts>> = { en, nb, sv };
