/** Catalogues of what stands in a package, by language; the same keys and placeholders in each (packages.test.ts). */
import { en } from './en.js';
import { nb } from './nb.js';
import { sv } from './sv.js';
import type { PackageTexts } from './texts.js';

export type { PackageTexts } from './texts.js';
export const PACKAGE_LOCALES: Readonly<Record<'en' | 'nb' | 'sv', PackageTexts>> = { en, nb, sv };
