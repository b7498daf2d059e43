/** What a checker of certificates says, sentence by sentence, and that no field may be of another kind. */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { certificateInput, step } from '../../test/support/certificate.js';
import { testKeys, toolsOf } from '../../test/support/ledger.js';
import type { Signer } from '../../infra/keys/signing.js';
import { sha256 } from '../../infra/keys/signing-crypto.js';
import type { CheckTools } from '../ledger/check-tools.js';
import {
  buildCertificate,
  CertificateError,
  checkCertificate,
  signCertificate,
  type CertificateBody,
} from './index.js';

let keys: Awaited<ReturnType<typeof testKeys>>;
let signer: Signer;
let tools: CheckTools;
beforeAll(async () => {
  keys = await testKeys();
  signer = await keys.keys.signer('infentre');
  tools = await toolsOf(keys.keys);
});
afterAll(() => keys.drop());

type Over = Parameters<typeof certificateInput>[1];
const build = (over: Over = {}): CertificateBody => buildCertificate(certificateInput(signer, over), sha256);
const text = (body: object): string =>
  new TextDecoder().decode(signCertificate(body as CertificateBody, signer.sign).bytes);
const said = (body: object, result: 'ok' | 'failed' | 'open'): string[] =>
  checkCertificate(text(body), tools)
    .filter((finding) => finding.result === result)
    .map((finding) => finding.text);

/** The body with one value replaced; `path` walks into it. */
function changed(body: object, path: readonly (string | number)[], value: unknown): object {
  const copy = structuredClone(body) as Record<string | number, unknown>;
  let at = copy;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}

test('a sound certificate: what holds, and what was not looked at', () => {
  const body = build();
  expect(said(body, 'failed')).toEqual([]);
  expect(said(body, 'ok')).toEqual([
    'bytes are canonical JSON (RFC 8785)',
    `signature by key ${body.keyId}`,
    expect.stringMatching(/^checkpoint of \S+, 8 entries, signed$/),
    '2 ledger entries are in that tree',
    'data map of 3 datasets has its root',
    'every declared dataset is answered for',
    'outcome and counts of 3 rows fit together',
  ]);
  expect(said(body, 'open')).toEqual([
    'backups of nightly: waiting, last copy expires 2027-02-18T03:00:00.000Z',
    'this is the interim certificate: a final one follows when the request closes',
    'not checked here: that this key is the operator’s (compare it with the one the operator publishes)',
    'not checked here: what the ledger entries say (a ledger export of the request shows them)',
    'not checked here: the person (the salt in the subject’s letter opens the commitment)',
  ]);
});

test('copies that are gone, or of which no end is known; a final one; simulated time', () => {
  const body = build();
  const backups = (state: string, lastExpiresAt: string | null) =>
    said({ ...body, backups: [{ system: 'nightly', state, lastExpiresAt }] }, 'open');
  expect(backups('gone', null)[0]).toMatch(/^this is the interim/);
  expect(backups('unknown', null)[0]).toBe('backups of nightly: unknown');
  const final = { ...body, final: true, closedAt: '2027-03-01T00:00:00.000Z', backups: [] };
  expect(said(final, 'open')[0]).toMatch(/^not checked here: that this key/);
  expect(said(final, 'failed')).toEqual([]);
  expect(said({ ...final, simulatedTime: true }, 'open')[0]).toBe(
    'the request’s time was moved forward: dates in it are simulated',
  );
});

describe('bytes and signature', () => {
  const results = (content: string): string[] => checkCertificate(content, tools).map((f) => `${f.result} ${f.text}`);
  const NO_BYTES = 'failed the bytes are not the canonical JSON of a certificate (RFC 8785)';

  it('anything but a canonical object ends the check', () => {
    const good = text(build());
    for (const content of ['', 'null', '7', '"x"', 'true', good.replace(':', ': '), `${good}\n`])
      expect(results(content)).toEqual([NO_BYTES]);
    expect(results('[]')).toEqual([
      'ok bytes are canonical JSON (RFC 8785)',
      'failed not a certificate of version 1: a field is missing or of another kind',
    ]);
  });

  it('another key, another signature, a changed byte', () => {
    const body = build();
    const other = { ...body, keyId: 'infentre-other' };
    expect(results(text(other))).toEqual([
      'ok bytes are canonical JSON (RFC 8785)',
      'failed made with another key (infentre-other)',
    ]);
    const signed = JSON.parse(text(body)) as { signature: string };
    const BROKEN = 'failed the signature does not fit: the certificate was changed, or is not by this key';
    for (const signature of ['', '!', signed.signature.slice(0, 40), `${signed.signature.slice(0, -4)}AAAA`]) {
      const content = text(body).replace(signed.signature, signature);
      expect(results(content), signature).toEqual(['ok bytes are canonical JSON (RFC 8785)', BROKEN]);
    }
    expect(results(text(body).replace('"right":"erasure"', '"right":"access0"')).at(-1)).toBe(BROKEN);
  });

  it('a checkpoint that is none', () => {
    const body = build();
    const broken = { ...body, ledger: { ...body.ledger, checkpoint: 'not a note' } };
    expect(said(broken, 'failed')).toEqual(['the checkpoint is not a signed note of a transparency log']);
    expect(said({ ...body, ledger: { ...body.ledger, entries: [] } }, 'failed')).toEqual([
      'the ledger entries are not listed in ascending order',
    ]);
    const [first] = body.ledger.entries;
    expect(said({ ...body, ledger: { ...body.ledger, entries: [first, first] } }, 'failed')).toEqual([
      'the ledger entries are not listed in ascending order',
    ]);
  });
});

describe('every field is of its kind', () => {
  const TEXTS = ['certificateId', 'requestId', 'operator', 'right', 'receivedAt', 'issuedAt', 'keyId'];
  const path = (line: string): (string | number)[] => line.split('.').map((p) => (/^\d+$/.test(p) ? Number(p) : p));
  const wrong: [string, readonly unknown[]][] = [
    ...TEXTS.map((name): [string, readonly unknown[]] => [name, [null, 7]]),
    ['version', [2, '1', null]],
    ['final', ['yes', null]],
    ['simulatedTime', ['yes', null]],
    ['outcome', [7, {}]],
    ['closedAt', [7, false]],
    ['clock', [null, 'x', []]],
    ['policy', [null, 'x', []]],
    ['policy.version', [3, null]],
    ['policy.hash', ['x', null]],
    ['subjectCommitment', ['x', null]],
    ['dataMap', [null, 'x', []]],
    ['dataMap.root', ['x', null]],
    ['dataMap.datasets', [null, {}, ['x'], [null], [[]]]],
    ['dataMap.datasets.0.system', [7]],
    ['dataMap.datasets.0.dataset', [null]],
    ['dataMap.datasets.0.hash', ['x']],
    ['systems', [null, {}, ['x']]],
    ...['system', 'dataset', 'connector', 'operation', 'outcome'].map((name): [string, readonly unknown[]] => [
      `systems.1.${name}`,
      [null, 7],
    ]),
    ['systems.1.organisation', [7]],
    ['systems.1.records', [-1, 0.5, '1', null]],
    ['systems.1.approved', [-1, 0.5, '1']],
    ['systems.1.verifiedAt', [7]],
    ['systems.1.method', [7]],
    ['systems.1.hold', ['x', 7, [], {}, { basis: 7, until: null }, { basis: 'b', until: 7 }]],
    ['approvals', [null, {}]],
    ['approvals.0.kind', [null]],
    ['approvals.0.decision', [7]],
    ['approvals.0.planHash', ['x', null]],
    ['backups', [null, {}]],
    ['backups.0.system', [null]],
    ['backups.0.state', [7]],
    ['backups.0.lastExpiresAt', [7]],
    ['ledger', [null, 'x', []]],
    ['ledger.checkpoint', [null, 7]],
    ['ledger.entries', [null, {}]],
    ['ledger.entries.0.seq', [-1, 0.5, '1', null]],
    ['ledger.entries.0.hash', ['x', null]],
    ['ledger.entries.0.inclusionProof', [null, 'x', ['x'], [null]]],
  ];
  it.each(wrong)('%s', (line, values) => {
    const body = build({
      approvals: [
        {
          kind: 'organisation',
          organisation: 'acme',
          decidedAt: null,
          planHash: `sha256:${'a'.repeat(64)}`,
          decision: 'approved',
        },
      ],
    });
    expect(said(body, 'failed')).toEqual([]);
    for (const value of values) {
      expect(said(changed(body, path(line), value), 'failed'), JSON.stringify(value)).toEqual([
        'not a certificate of version 1: a field is missing or of another kind',
      ]);
    }
  });

  it('one good row does not excuse a bad one', () => {
    const body = build();
    const [first, second] = body.ledger.entries;
    const proof = second?.inclusionProof ?? [];
    const half = { ...body.ledger, entries: [first, { ...second, inclusionProof: [...proof, 'x'] }] };
    expect(said({ ...body, ledger: half }, 'failed')).toHaveLength(1);
    expect(said({ ...body, backups: [...body.backups, 7] }, 'failed')).toHaveLength(1);
  });

  it('null is a value where it may be one, and unknown fields are signed like the rest', () => {
    const body = build();
    for (const line of ['systems.1.organisation', 'systems.1.approved', 'systems.1.hold', 'backups.0.lastExpiresAt'])
      expect(said(changed(body, path(line), null), 'failed'), line).toEqual([]);
    const held = changed(body, ['systems', 1, 'hold'], { basis: 'art-17-3-b', until: null });
    expect(said(held, 'failed')).toEqual([]);
    expect(said(changed(held, ['systems', 1, 'hold', 'until'], '2031-12-31'), 'failed')).toEqual([]);
    expect(said({ ...body, later: 1 }, 'failed')).toEqual([]);
  });
});

describe('outcome and counts', () => {
  const withRow = (index: number, over: object, rest: object = {}): object => {
    const body = build();
    return { ...body, ...rest, systems: body.systems.map((row, i) => (i === index ? { ...row, ...over } : row)) };
  };
  const UNFULFILLED = 'the outcome is fulfilled, but a step is not';

  it('says each contradiction in its own sentence', () => {
    expect(said(withRow(1, { method: null }), 'failed')).toEqual(['a step is done without having been read back']);
    expect(said(withRow(1, { verifiedAt: null }), 'failed')).toEqual(['a step is done without having been read back']);
    expect(said(withRow(0, { records: 1 }), 'failed')).toEqual(['records are counted where nothing was done']);
    expect(said(withRow(1, { outcome: 'retained', hold: null }, { outcome: 'refused' }), 'failed')).toEqual([
      'something is retained without a basis',
    ]);
    const hold = { basis: 'b', until: null };
    expect(said(withRow(1, { outcome: 'retained', hold }, { outcome: 'refused' }), 'failed')).toEqual([]);
    expect(said({ ...build(), final: true, closedAt: '2027-03-01T00:00:00.000Z', outcome: null }, 'failed')).toEqual([
      'it is final without an end',
    ]);
    expect(said({ ...build(), outcome: null }, 'failed')).toEqual([]);
  });

  it.each(['done', 'done_by_hand', 'not_found', 'referred'])('fulfilled may hold %s', (outcome) => {
    expect(said(withRow(1, { outcome }), 'failed')).toEqual([]);
  });

  it.each(['pending', 'blocked', 'review', 'retained', 'skipped'])('fulfilled may not hold %s', (outcome) => {
    const body = withRow(1, { outcome, hold: { basis: 'b', until: null } });
    expect(said(body, 'failed')).toEqual([UNFULFILLED]);
    // One that is done beside it does not mend it.
    const two = build({ steps: [step({}), step({ dataset: 'invoices' })] });
    const mixed = {
      ...two,
      systems: two.systems.map((row) =>
        row.dataset === 'invoices' ? { ...row, outcome, hold: { basis: 'b', until: null } } : row,
      ),
    };
    expect(said(mixed, 'failed')).toEqual([UNFULFILLED]);
    expect(said({ ...mixed, outcome: 'partially_fulfilled' }, 'failed')).toEqual([]);
  });

  it('partly needs something done; nothing found needs nothing at all', () => {
    expect(said(withRow(1, { outcome: 'not_found' }, { outcome: 'partially_fulfilled' }), 'failed')).toEqual([
      'the outcome is partially fulfilled, but nothing was done',
    ]);
    expect(said(withRow(1, { outcome: 'done_by_hand' }, { outcome: 'partially_fulfilled' }), 'failed')).toEqual([]);
    expect(said(withRow(1, { outcome: 'not_found' }, { outcome: 'nothing_found' }), 'failed')).toEqual([]);
    expect(said(withRow(1, { outcome: 'review' }, { outcome: 'nothing_found' }), 'failed')).toEqual([
      'the outcome is nothing found, but something was',
    ]);
    // Rows on which nothing was tried do not count.
    expect(said(withRow(0, { outcome: 'pending' }, { outcome: 'fulfilled' }), 'failed')).toEqual([]);
  });
});

describe('a data map that does not answer', () => {
  it('names what is missing and what is too much, and says nothing good beside it', () => {
    const body = build();
    const cut = { ...body, systems: body.systems.filter((row) => row.system === 'app') };
    expect(said(cut, 'failed')).toEqual(['nothing is said of payments/customers']);
    expect(said(cut, 'ok')).toContain('data map of 3 datasets has its root');
    expect(said(cut, 'ok')).not.toContain('every declared dataset is answered for');
    const none = { ...body, systems: [] };
    expect(said(none, 'failed')).toEqual(['nothing is said of app/invoices, app/users, payments/customers']);
    const more = { ...body, systems: [...body.systems, { ...body.systems[0], dataset: 'extra' }] };
    expect(said(more, 'failed')).toEqual(['a system is reported that the data map does not declare: app/extra']);
    const both = { ...cut, systems: [...cut.systems, { ...body.systems[0], dataset: 'extra' }] };
    expect(said(both, 'failed')).toHaveLength(2);
    expect(said(both, 'ok')).not.toContain('every declared dataset is answered for');
  });

  it('refuses a dataset that stands there twice', () => {
    const body = build();
    const { datasets, root } = body.dataMap;
    const twice = { ...body, dataMap: { root, datasets: [datasets[0], ...datasets] } };
    expect(said(twice, 'failed')).toEqual(['the data map is not sorted, or names a dataset twice']);
  });
});

describe('building', () => {
  it('an error says its code', () => {
    expect(new CertificateError('no_entries')).toMatchObject({
      name: 'CertificateError',
      message: 'certificate: no_entries',
    });
  });

  it('one declared step does not excuse an undeclared one; every hash of the ledger is one', () => {
    expect(() => build({ steps: [step({}), step({ dataset: 'secret' })] })).toThrow('undeclared_dataset');
    const { ledger } = certificateInput(signer);
    const [first, second] = ledger.entries;
    if (first === undefined || second === undefined) throw new Error('fixture');
    for (const broken of [
      { ...first, hash: 'x' },
      { ...first, inclusionProof: ['x'] },
      { ...first, inclusionProof: [...first.inclusionProof, 'x'] },
    ])
      expect(() => build({ ledger: { ...ledger, entries: [broken, second] } })).toThrow('bad_hash');
    expect(() => build({ ledger: { ...ledger, entries: [{ ...first, seq: -1 }, second] } })).toThrow('not_covered');
  });

  it('rows of one dataset are ordered by organisation, whatever the order of the steps', () => {
    const steps = ['globex', null, 'acme'].map((organisation) => step({ organisation, records: 0 }));
    const rows = build({ steps }).systems.filter((row) => row.dataset === 'users');
    expect(rows.map((row) => row.organisation)).toEqual([null, 'acme', 'globex']);
    expect(build({ steps: [...steps].reverse() }).systems).toEqual(build({ steps }).systems);
  });

  it('a basis becomes a hold with its end', () => {
    const held = build({ steps: [step({ outcome: 'retained', basis: 'art-17-3-b', until: '2031-12-31' })] });
    expect(held.systems.find((row) => row.dataset === 'users')?.hold).toEqual({
      basis: 'art-17-3-b',
      until: '2031-12-31',
    });
    expect(build().systems.find((row) => row.dataset === 'users')?.hold).toBeNull();
  });
});
