/**
 * Reads the JSON report of the test runner and prints what was skipped, what failed, and as its last line
 * `N passed, N failed, N skipped`. Exits 1 when something failed or nothing ran.
 *
 *   node test/support/summary.mjs REPORT.json
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ fullName: string, status: string, meta?: Record<string, unknown> }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} TestFile
 */

/**
 * @param {string | null} text the report; null when there is none
 * @returns {{ lines: string[], ok: boolean }}
 */
export function summarise(text) {
  /** @type {TestFile[]} */
  let files;
  try {
    files = JSON.parse(text ?? '').testResults;
    if (!Array.isArray(files)) throw new Error('no results');
  } catch {
    return { lines: ['the runner left no report: no test ran', '0 passed, 0 failed, 0 skipped'], ok: false };
  }
  const lines = [];
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    const name = relative(process.cwd(), file.name);
    // A file that could not even be loaded has no tests that could fail.
    if (file.status === 'failed' && file.assertionResults.length === 0) {
      count.failed += 1;
      lines.push(`failed: ${name} (could not be loaded)`);
    }
    for (const test of file.assertionResults) {
      if (test.status === 'passed') count.passed += 1;
      else if (test.status === 'failed') {
        count.failed += 1;
        lines.push(`failed: ${name}: ${test.fullName}`);
      } else {
        count.skipped += 1;
        lines.push(`skipped: ${name}: ${test.fullName}`);
      }
    }
  }
  lines.sort((a, b) => (a.startsWith('skipped') ? 0 : 1) - (b.startsWith('skipped') ? 0 : 1));
  lines.push(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return { lines, ok: count.failed === 0 && count.passed > 0 };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  /** @type {string | null} */
  let text = null;
  try {
    text = readFileSync(process.argv[2] ?? 'reports/tests.json', 'utf8');
  } catch {
    // said below
  }
  const { lines, ok } = summarise(text);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = ok ? 0 : 1;
}
