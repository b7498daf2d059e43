/**
 * CSV by RFC 4180 (CRLF, header line, quotes doubled, UTF-8), one column per declared path, safe to open in a spreadsheet:
 * a text that begins with `=`, `+`, `-`, `@`, TAB, CR, LF or a full-width form would be run as a formula there, so an apostrophe is put before it
 * (OWASP, CSV injection); also before a text that begins with an apostrophe itself, so that removing exactly one leading
 * apostrophe gives the value back. Numbers and booleans are written as they are. Nothing at all is an empty cell, an empty
 * text is `""`. What has several values, or parts of its own, is JSON text.
 */
import { plainText, valuesAt } from './walk.js';

/** Beginnings of a formula in some spreadsheet, their full-width forms in some locale, and the apostrophe itself. */
const RUNS = /^[=+\-@\t\r\n'\uFF1D\uFF0B\uFF0D\uFF20]/;

export interface Column {
  readonly path: string;
}

/** A stable order: by path. */
export function columnsOf(paths: readonly string[]): Column[] {
  return [...paths].sort().map((path) => ({ path }));
}

/** One line with its end. */
export function csvRow(columns: readonly Column[], record: Readonly<Record<string, unknown>>): string {
  return `${columns.map(({ path }) => cell(at(record, path))).join(',')}\r\n`;
}

/** Any texts as a line, the header for example. */
export function csvText(values: readonly string[]): string {
  return `${values.map((value) => cell(value)).join(',')}\r\n`;
}

function at(record: Readonly<Record<string, unknown>>, path: string): unknown {
  const { values, many } = valuesAt(record, path);
  if (!many) return values[0];
  return values.length === 0 ? undefined : values;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return quoted(defused(plainText(value)));
}

function defused(text: string): string {
  return RUNS.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return text === '' || /[",;\r\n\t]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
