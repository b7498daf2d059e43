/**
 * The schema that stands beside each dataset of a portability package: JSON Schema 2020-12 for the JSON file, and a CSVW
 * description (W3C, Metadata Vocabulary for Tabular Data) for the CSV file. Both name purpose, basis and source per field.
 */
import type { DatasetPolicy, FieldPolicy } from '../policy/types.js';
import type { Column } from './csv.js';

export interface SchemaOf {
  readonly id: string;
  readonly title: string;
  readonly dataset: Pick<DatasetPolicy, 'fields'>;
  readonly paths: readonly string[];
}

/** Nested objects by the dots of the paths; types are left open, because stores without a schema hold what they hold. */
export function jsonSchemaOf(order: SchemaOf): Record<string, unknown> {
  const root: Node = { children: new Map(), field: null };
  for (const path of [...order.paths].sort()) {
    let node = root;
    for (const name of path.split('.')) {
      let next = node.children.get(name);
      if (next === undefined) {
        next = { children: new Map(), field: null };
        node.children.set(name, next);
      }
      node = next;
    }
    node.field = order.dataset.fields[path] ?? null;
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: order.id,
    title: order.title,
    type: 'array',
    items: objectOf(root),
  };
}

interface Node {
  readonly children: Map<string, Node>;
  field: FieldPolicy | null;
}

function objectOf(node: Node): Record<string, unknown> {
  const properties = Object.fromEntries(
    [...node.children].map(([name, child]) => [
      name,
      child.children.size === 0
        ? describe(child.field)
        : {
            ...describe(child.field),
            anyOf: [objectOf(child), { type: 'array', items: objectOf(child) }, { type: 'null' }],
          },
    ]),
  );
  return { type: 'object', properties, additionalProperties: false };
}

function describe(field: FieldPolicy | null): Record<string, unknown> {
  if (field === null) return {};
  return {
    description: field.purpose,
    'x-category': field.category,
    'x-purpose': field.purpose,
    'x-basis': field.basis,
    'x-source': field.source,
  };
}

export function csvwOf(url: string, columns: readonly Column[]): Record<string, unknown> {
  return {
    '@context': 'http://www.w3.org/ns/csvw',
    url,
    dialect: {
      encoding: 'utf-8',
      lineTerminators: ['\r\n'],
      delimiter: ',',
      quoteChar: '"',
      doubleQuote: true,
      header: true,
    },
    tableSchema: {
      columns: columns.map(({ path }) => ({
        name: path.replaceAll('.', '_'),
        titles: path,
        'dc:description':
          'A text that begins with one of = + - @ TAB CR or an apostrophe has one apostrophe more before it; remove exactly one. Several values are a JSON list.',
      })),
    },
  };
}
