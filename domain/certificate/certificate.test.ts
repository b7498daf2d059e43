import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateInput, step, TEST_PACK } from '../../test/support/certificate.js';
import { testKeys, toolsOf } from '../../test/support/ledger.js';
import type { Signer } from '../../infra/keys/signing.js';
import { sha256 } from '../../infra/keys/signing-crypto.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import type { CheckTools } from '../ledger/check-tools.js';
import {
  buildCertificate,
  checkCertificate,
  dataMap,
  signCertificate,
  subjectCommitment,
  type CertificateBody,
  type CertificateInput,
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

const build = (over: Partial<CertificateInput> = {}): CertificateBody =>
  buildCertificate(certificateInput(signer, over), sha256);
const text = (body: object): string =>
  new TextDecoder().decode(signCertificate(body as CertificateBody, signer.sign).bytes);
const failures = (body: object): string[] =>
  checkCertificate(text(body), tools)
    .filter((finding) => finding.result === 'failed')
    .map((finding) => finding.text);

describe('buildCertificate', () => {
  it('answers for every declared dataset, sorted, and verifies', () => {
    const body = build();
    expect(
      body.systems.map((row) => [row.system, row.dataset, row.connector, row.operation, row.outcome, row.method]),
    ).toEqual([
      ['app', 'invoices', 'mongodb', 'none', 'not_found', 'discovery'],
      ['app', 'users', 'mongodb', 'delete', 'done', 'absent_by_id_majority_read'],
      ['payments', 'customers', 'stripe', 'none', 'not_found', 'discovery'],
    ]);
    expect(body.clock).not.toHaveProperty('trace');
    expect(failures(body)).toEqual([]);
  });

  it.each([
    ['pending', { searched: [] }],
    ['skipped', { searched: [], final: true, closedAt: '2027-03-01T00:00:00.000Z' }],
    ['skipped', { scopeDatasets: ['users'] }],
  ] as const)('says %s of a dataset that was not searched', (outcome, over) => {
    expect(build(over).systems.find((row) => row.dataset === 'customers')).toMatchObject({
      outcome,
      operation: 'none',
      records: 0,
      method: null,
    });
  });

  it.each<[string, Partial<CertificateInput>]>([
    ['undeclared_dataset', { steps: [step({ dataset: 'secret' })] }],
    ['unverified_done', { steps: [step({ verifiedAt: null })] }],
    ['unverified_done', { steps: [step({ method: null })] }],
    ['bad_count', { steps: [step({ records: -1 })] }],
    ['bad_count', { steps: [step({ approved: 0.5 })] }],
    ['bad_hash', { subjectCommitment: 'x' }],
    [
      'bad_hash',
      {
        approvals: [{ kind: 'organisation', organisation: 'acme', decidedAt: null, planHash: '', decision: 'expired' }],
      },
    ],
    ['not_closed', { final: true }],
  ])('refuses with %s', (code, over) => {
    expect(() => build(over)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses entries that its checkpoint does not cover, are out of order, or none at all', () => {
    const { ledger } = certificateInput(signer);
    const [first, second] = ledger.entries;
    if (first === undefined || second === undefined) throw new Error('fixture');
    const refused = (entries: CertificateInput['ledger']['entries'], code: string): void => {
      expect(() => build({ ledger: { ...ledger, entries } })).toThrow(expect.objectContaining({ code }));
    };
    refused([{ ...first, seq: 8 }], 'not_covered');
    refused([second, first], 'not_covered');
    refused([first, first], 'not_covered');
    refused([], 'no_entries');
  });

  it('is the same bytes for the same facts', () => {
    const reversed = { ...TEST_PACK, systems: [...TEST_PACK.systems].reverse() };
    expect(text(build({ pack: reversed }))).toBe(text(build()));
  });
});

describe('checkCertificate: a certificate signed by the operator itself does not hold when it', () => {
  it('leaves out a system', () => {
    const body = build();
    expect(failures({ ...body, systems: body.systems.filter((row) => row.system !== 'payments') })).toEqual([
      'nothing is said of payments/customers',
    ]);
  });
  it('leaves the system out of the data map as well', () => {
    const body = build();
    const without = <T extends { system: string }>(rows: readonly T[]): T[] =>
      rows.filter((row) => row.system !== 'payments');
    const cut = {
      ...body,
      systems: without(body.systems),
      dataMap: { ...body.dataMap, datasets: without(body.dataMap.datasets) },
    };
    expect(failures(cut)).toEqual(['the data map does not have the root that it claims']);
  });
  it('reports what is not declared', () => {
    const body = build();
    expect(failures({ ...body, systems: [...body.systems, { ...body.systems[0], dataset: 'extra' }] })[0]).toMatch(
      /does not declare: app\/extra/,
    );
  });
  it('lists the data map out of order', () => {
    const body = build();
    const { datasets, root } = body.dataMap;
    expect(failures({ ...body, dataMap: { root, datasets: [...datasets].reverse() } })[0]).toMatch(/not sorted/);
  });
  it('claims more than was done', () => {
    const body = build();
    const rows = (over: object): object => ({
      ...body,
      systems: body.systems.map((row) => (row.operation === 'none' ? row : { ...row, ...over })),
    });
    expect(failures(rows({ verifiedAt: null }))[0]).toMatch(/without having been read back/);
    expect(failures(rows({ outcome: 'undecided' }))[0]).toMatch(/fulfilled, but a step is not/);
    expect(failures(rows({ outcome: 'retained', hold: null }))).toHaveLength(2);
    expect(failures({ ...(rows({ outcome: 'undecided' }) as object), outcome: 'partially_fulfilled' })[0]).toMatch(
      /nothing was done/,
    );
    expect(failures({ ...body, outcome: 'nothing_found' })[0]).toMatch(/something was/);
    expect(failures({ ...body, final: true })[0]).toMatch(/final without an end/);
  });
  it('names ledger entries that are not in the tree, or another ledger', () => {
    const body = build();
    const [first, second] = body.ledger.entries;
    expect(failures({ ...body, ledger: { ...body.ledger, entries: [{ ...first, seq: 3 }, second] } })[0]).toMatch(
      /1 of 2 ledger entries are not in that tree/,
    );
    expect(failures({ ...body, operator: 'itefy' })[0]).toMatch(/another ledger/);
    expect(failures({ ...body, ledger: { ...body.ledger, entries: [second, first] } })[0]).toMatch(/ascending/);
    expect(
      failures({
        ...body,
        ledger: { ...body.ledger, checkpoint: body.ledger.checkpoint.replace('\n8\n', '\n9\n') },
      })[0],
    ).toMatch(/not signed by this key/);
  });
  it('has a field of another kind', () => {
    const body = build();
    for (const change of [
      { version: 2 },
      { systems: {} },
      { policy: { version: '3', hash: 'x' } },
      { final: 'yes' },
      { subjectCommitment: null },
    ]) {
      expect(failures({ ...body, ...change })[0]).toMatch(/not a certificate of version 1/);
    }
  });
  it('says what it could not check', () => {
    const open = checkCertificate(text(build({ simulatedTime: true })), tools).filter(
      (finding) => finding.result === 'open',
    );
    expect(open.map((finding) => finding.text).join('\n')).toMatch(
      /backups of nightly: waiting, last copy expires 2027-02-18[^]*time was moved forward[^]*interim[^]*operator’s[^]*salt/,
    );
  });
});

describe('commitments', () => {
  it('the data map binds every declaration and no setting', () => {
    const map = dataMap(TEST_PACK, sha256);
    expect(map.datasets.map((row) => `${row.system}/${row.dataset}`)).toEqual([
      'app/invoices',
      'app/users',
      'payments/customers',
    ]);
    const [first, ...rest] = TEST_PACK.systems;
    if (first === undefined) throw new Error('fixture');
    expect(dataMap({ systems: [{ ...first, settings: { url: 'x' } }, ...rest] }, sha256).root).toBe(map.root);
    const renamed = { ...first, datasets: first.datasets.map((d) => ({ ...d, createdAt: 'created' })) };
    expect(dataMap({ systems: [renamed, ...rest] }, sha256).root).not.toBe(map.root);
    expect(dataMap({ systems: rest }, sha256).root).not.toBe(map.root);
  });

  it('the person is bound by salt and identifiers in any order', () => {
    const salt = 'x'.repeat(22);
    const one = subjectCommitment(salt, ['email:kari@example.no', 'userId:1', 'userId:1'], sha256);
    expect(subjectCommitment(salt, ['userId:1', 'email:kari@example.no'], sha256)).toBe(one);
    expect(subjectCommitment('y'.repeat(22), ['email:kari@example.no', 'userId:1'], sha256)).not.toBe(one);
    expect(one).toBe(
      `sha256:${Buffer.from(sha256(new TextEncoder().encode(canonicalJson({ identifiers: ['email:kari@example.no', 'userId:1'], salt })))).toString('hex')}`,
    );
    expect(() => subjectCommitment('short', [], sha256)).toThrow('weak_salt');
  });
});
