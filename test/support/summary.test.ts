import { describe, expect, it } from 'vitest';
import { summarise } from './summary.mjs';

const file = (status: string, assertionResults: { fullName: string; status: string }[]) => ({
  name: `${process.cwd()}/a.test.ts`,
  status,
  assertionResults,
});
const report = (...testResults: unknown[]): string => JSON.stringify({ testResults });

describe('the closing line', () => {
  it('counts what the runner counted, and names skips and failures above', () => {
    const text = report(
      file('failed', [
        { fullName: 'a', status: 'passed' },
        { fullName: 'b', status: 'failed' },
        { fullName: 'c (needs mongodump)', status: 'skipped' },
        { fullName: 'd', status: 'todo' },
      ]),
    );
    expect(summarise(text)).toEqual({
      lines: [
        'skipped: a.test.ts: c (needs mongodump)',
        'skipped: a.test.ts: d',
        'failed: a.test.ts: b',
        '1 passed, 1 failed, 2 skipped',
      ],
      ok: false,
    });
  });

  it('is good only when something passed and nothing failed', () => {
    expect(summarise(report(file('passed', [{ fullName: 'a', status: 'passed' }])))).toEqual({
      lines: ['1 passed, 0 failed, 0 skipped'],
      ok: true,
    });
    expect(summarise(report(file('passed', [{ fullName: 'a', status: 'skipped' }]))).ok).toBe(false);
    expect(summarise(report()).ok).toBe(false);
  });

  it('counts a file that could not be loaded as failed', () => {
    expect(summarise(report(file('failed', [])))).toMatchObject({
      ok: false,
      lines: expect.arrayContaining(['0 passed, 1 failed, 0 skipped']),
    });
  });

  it.each([null, '', '{}', 'not json'])('says so when there is no report (%j)', (text) => {
    expect(summarise(text)).toEqual({
      lines: ['the runner left no report: no test ran', '0 passed, 0 failed, 0 skipped'],
      ok: false,
    });
  });
});
