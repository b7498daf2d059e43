import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { policyCheck, policyExplain, policyRopa } from './policy.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../infra/policies/fixtures/${name}`, import.meta.url));

async function output(
  run: (write: (line: string) => void) => Promise<number>,
): Promise<{ status: number; lines: string[] }> {
  const lines: string[] = [];
  const status = await run((line) => {
    lines.push(line);
  });
  return { status, lines };
}

describe('policy check', () => {
  test('the shipped packs are right', async () => {
    const { status, lines } = await output((write) => policyCheck([], write, ''));
    expect([status, lines]).toEqual([0, [expect.stringMatching(/^\d+ files checked, no faults$/)]]);
  });

  test('every fault of every file is said, and the status is 1', async () => {
    const { status, lines } = await output((write) =>
      policyCheck([fixture('wrong-shape.yaml'), fixture('wrong-rules.yaml')], write),
    );
    expect(status).toBe(1);
    expect(lines[0]).toBe(
      `${fixture('wrong-shape.yaml')}:1:11 operator must be an id: lower-case letters, digits, _ and -, beginning with a letter`,
    );
    expect(lines.some((line) => line.startsWith(`${fixture('wrong-rules.yaml')}:24:18 keep.request `))).toBe(true);
  });

  test('a folder that is not there', async () => {
    expect((await output((write) => policyCheck([], write, fixture('none')))).status).toBe(1);
  });
});

describe('policy explain', () => {
  test('in plain words, with the identity of the pack', async () => {
    const { status, lines } = await output((write) => policyExplain('infentre', {}, write, ''));
    expect(status).toBe(0);
    expect(lines[0]).toBe('Infentre AB (infentre), version 1');
    expect(lines.at(-1)).toMatch(/^Pack sha256:[0-9a-f]{64}$/);
    const swedish = await output((write) => policyExplain('infentre', { language: 'sv' }, write, ''));
    expect(swedish.lines).toContain('När svaret ska finnas');
    expect(swedish.lines.at(-1)).toBe(lines.at(-1));
  });

  test('in a language that is not there', async () => {
    const { status, lines } = await output((write) => policyExplain('infentre', { language: 'de' }, write, ''));
    expect([status, lines]).toEqual([2, ['no language "de"; there are: en, nb, sv']]);
  });

  test('of an operator that is not there', async () => {
    const { status, lines } = await output((write) => policyExplain('nobody', {}, write, ''));
    expect([status, lines]).toEqual([2, ['no pack of "nobody"; there are: defigo, faktry, infentre, itefy, itpays']]);
  });
});

describe('policy ropa', () => {
  test('as Markdown, and as one JSON object', async () => {
    const page = await output((write) => policyRopa('defigo', {}, write, ''));
    expect(page.status).toBe(0);
    expect(page.lines[0]).toBe('# Record of processing: Defigo AS');
    expect(page.lines).toContain('## As controller (GDPR Art. 30(1))');
    const json = await output((write) => policyRopa('defigo', { json: true }, write, ''));
    expect(json.lines.length).toBe(1);
    expect(JSON.parse(json.lines[0] ?? '')).toMatchObject({ operator: 'defigo', asProcessor: [], controllers: null });
  });

  test('of an operator that is not there', async () => {
    expect((await output((write) => policyRopa('nobody', {}, write, ''))).status).toBe(2);
  });
});
