/** What goes into a package and how it looks there: portable fields, redaction, data outside of the map, CSV, schemas. Pure. */
export { csvRow, csvText, columnsOf, type Column } from './csv.js';
export { structuralPaths, undescribedPaths } from './described.js';
export { fieldAt, isPortableField, portableData, portableFields } from './portable.js';
export { redact, type Redacted, type RedactionRule } from './redact.js';
export { namesRow, rowId } from './review.js';
export { csvwOf, jsonSchemaOf } from './schema.js';
export { plainText } from './walk.js';
