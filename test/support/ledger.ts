import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExport } from '../../domain/ledger/check-export.js';
import type { CheckTools, Finding } from '../../domain/ledger/check-tools.js';
import type { LedgerDraft } from '../../domain/ports/ledgers.js';
import { sha256, verifyEd25519 } from '../../infra/keys/signing-crypto.js';
import { signingKeys, type SigningKeys } from '../../infra/keys/signing.js';
import { exportLines } from '../../infra/ledger/export.js';
import type { LedgerFilter, LedgerReader } from '../../infra/ledger/reader.js';

/** A key folder of its own, removed by `drop()`. */
export async function testKeys(): Promise<{
  readonly folder: string;
  readonly keys: SigningKeys;
  drop(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'habeas-keys-'));
  return { folder, keys: signingKeys(folder), drop: () => rm(folder, { recursive: true }) };
}

/** A draft with everything filled; `over` says what matters. */
export function draft(id: string, over: Partial<LedgerDraft> = {}): LedgerDraft {
  return {
    id,
    operator: 'infentre',
    at: '2026-11-20T09:12:00.000Z',
    actor: { kind: 'system', role: 'engine', id: 'habeas' },
    action: 'step.verified',
    requestId: 'req_01JDB2',
    code: null,
    purposeCode: null,
    before: null,
    after: { 'app.users/acme': 'done', $records: 1 },
    policyHash: null,
    commitment: null,
    ...over,
  };
}

export async function toolsOf(keys: SigningKeys, operator = 'infentre'): Promise<CheckTools> {
  const { publicKey, keyId } = await keys.signer(operator);
  return { sha256, verify: verifyEd25519, publicKey, keyId };
}

export async function exportText(reader: LedgerReader, filter: LedgerFilter): Promise<string> {
  let text = '';
  for await (const line of exportLines(reader, filter)) text += `${line}\n`;
  return text;
}

/** Exports the whole ledger and checks it as a stranger would; returns the ids in order and what failed. */
export async function auditWhole(
  reader: LedgerReader,
  keys: SigningKeys,
  operator = 'infentre',
): Promise<{ readonly ids: string[]; readonly failed: Finding[] }> {
  const text = await exportText(reader, { operator });
  const ids = text
    .split('\n')
    .slice(0, -2)
    .map((line) => (JSON.parse(line) as { entry: { id: string } }).entry.id);
  return {
    ids,
    failed: checkExport(text, await toolsOf(keys, operator)).filter((finding) => finding.result === 'failed'),
  };
}
