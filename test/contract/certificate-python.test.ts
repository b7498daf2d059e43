/** The format is what docs/certificate.md says: a verifier in another language, sharing no code, agrees with ours. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildCertificate,
  checkCertificate,
  signCertificate,
  type CertificateBody,
} from '../../domain/certificate/index.js';
import type { CheckTools } from '../../domain/ledger/check-tools.js';
import { sha256 } from '../../infra/keys/signing-crypto.js';
import type { Signer } from '../../infra/keys/signing.js';
import { certificateInput } from '../support/certificate.js';
import { testKeys, toolsOf } from '../support/ledger.js';

const SCRIPT = join(import.meta.dirname, 'verify_certificate.py');
const hasPython = spawnSync('python3', ['--version']).status === 0;

describe.skipIf(!hasPython)('certificates in Python', () => {
  let keys: Awaited<ReturnType<typeof testKeys>>;
  let signer: Signer;
  let tools: CheckTools;
  let keyFile: string;
  let body: CertificateBody;
  beforeAll(async () => {
    keys = await testKeys();
    signer = await keys.keys.signer('infentre');
    tools = await toolsOf(keys.keys);
    keyFile = join(keys.folder, 'public.jwk');
    await writeFile(keyFile, JSON.stringify(signer.publicJwk));
    body = buildCertificate(certificateInput(signer), sha256);
  });
  afterAll(() => keys.drop());

  /** One verdict per file, all in one run of Python. */
  function python(files: readonly Uint8Array[]): string[] {
    const input = files.map((bytes) => `${Buffer.from(bytes).toString('base64')}\n`).join('');
    const run = spawnSync('python3', [SCRIPT, '--many', keyFile], {
      input,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(run.stderr).toBe('');
    return run.stdout.trimEnd().split('\n');
  }
  const ours = (bytes: Uint8Array): boolean =>
    checkCertificate(new TextDecoder().decode(bytes), tools).every((finding) => finding.result !== 'failed');
  const signed = (value: object): Uint8Array => signCertificate(value as CertificateBody, signer.sign).bytes;

  it('accept what we issue, names in other scripts and proofs of every shape included', () => {
    const files = [
      signed(body),
      signed(buildCertificate(certificateInput(signer, { final: true, closedAt: '2027-03-01T00:00:00.000Z' }), sha256)),
      signed({
        ...body,
        approvals: body.approvals.map((a) => ({ ...a, organisation: 'Ærlig & \u{1f600} "AS"\n\u2028\u007f' })),
      }),
      signed({ ...body, '\ufb33': 1, '\u{1f600}': 2, '1': 3, added: { later: [] } }),
    ];
    expect(files.map(ours)).toEqual(files.map(() => true));
    expect(python(files)).toEqual(files.map(() => 'ok'));
  });

  it('exit 0 and 1 for one file', async () => {
    const file = join(keys.folder, 'c.json');
    await writeFile(file, signed(body));
    expect(spawnSync('python3', [SCRIPT, file, keyFile]).status).toBe(0);
    await writeFile(file, `${new TextDecoder().decode(signed(body))}\n`);
    expect(spawnSync('python3', [SCRIPT, file, keyFile]).status).toBe(1);
  });

  it('refuse any one byte changed', () => {
    const bytes = signed(body);
    const files = Array.from(bytes, (_, i) =>
      bytes.map((byte, at) => (at === i ? byte ^ (i % 2 === 0 ? 0x01 : 0x20) : byte)),
    );
    const survivors = python(files).flatMap((verdict, i) => (verdict === 'ok' ? [i] : []));
    expect(survivors).toEqual([]);
    expect(files).toHaveLength(bytes.length);
  });

  it('agree with us on certificates that are signed but wrong', () => {
    const rows = (over: object): object => ({
      ...body,
      systems: body.systems.map((row) => (row.operation === 'none' ? row : { ...row, ...over })),
    });
    const without = <T extends { system: string }>(list: readonly T[]): T[] =>
      list.filter((row) => row.system !== 'payments');
    const [first, second] = body.ledger.entries;
    const files = [
      { ...body, systems: without(body.systems) },
      { ...body, dataMap: { ...body.dataMap, datasets: without(body.dataMap.datasets) } },
      { ...body, dataMap: { ...body.dataMap, datasets: [...body.dataMap.datasets].reverse() } },
      { ...body, operator: 'itefy' },
      { ...body, version: 2 },
      { ...body, keyId: 'other' },
      { ...body, ledger: { ...body.ledger, entries: [] } },
      { ...body, ledger: { ...body.ledger, entries: [second, first] } },
      { ...body, ledger: { ...body.ledger, entries: [{ ...first, seq: 3 }, second] } },
      { ...body, ledger: { ...body.ledger, checkpoint: body.ledger.checkpoint.replace('\n8\n', '\n9\n') } },
      { ...body, ledger: { ...body.ledger, checkpoint: `${body.ledger.checkpoint}\n` } },
      rows({ verifiedAt: null }),
      rows({ outcome: 'retained', hold: null }),
      rows({ outcome: 'undecided' }),
      { ...(rows({ outcome: 'undecided' }) as object), outcome: 'partially_fulfilled' },
      { ...body, outcome: 'nothing_found' },
      { ...body, final: true },
      { ...body, clock: undefined },
    ].map((value) => signed(JSON.parse(JSON.stringify(value)) as object));
    expect(files.map(ours)).toEqual(files.map(() => false));
    expect(python(files).filter((verdict) => verdict === 'ok')).toEqual([]);
  });
});
