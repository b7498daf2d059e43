/** The documents that are made from code, and the code that makes them. */
import { openApiDocument } from '../../api/openapi.js';
import { lifecyclePage } from './lifecycle.js';

export interface GeneratedDocument {
  /** From the root of the project. */
  readonly path: string;
  /** What it must hold, byte for byte. */
  make(): string;
}

export const GENERATED: readonly GeneratedDocument[] = [
  { path: 'docs/openapi.json', make: () => `${JSON.stringify(openApiDocument(), null, 2)}\n` },
  { path: 'docs/lifecycle.md', make: lifecyclePage },
];
