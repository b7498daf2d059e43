/** Proof to the outside: certificate and ledger export are checked by the command line alone, and fail with one byte changed. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { addResident } from '../../support/e2e-people.js';
import type { E2e } from '../../support/e2e-stack.js';
import { rootFolder } from '../../../dev/setup/paths.mjs';

const run = promisify(execFile);

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function habeas(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HABEAS_')));
  try {
    const { stdout } = await run(process.execPath, [join(rootFolder(), 'bin', 'habeas.mjs'), ...args], {
      env: { ...clean, ...env },
      maxBuffer: 1 << 26,
    });
    return { code: 0, out: stdout };
  } catch (error) {
    const failed = error as { code?: number; stdout?: string };
    return { code: typeof failed.code === 'number' ? failed.code : -1, out: failed.stdout ?? '' };
  }
}

export function proof(stack: () => E2e): void {
  describe('proof', () => {
    it('holds offline, and not with one byte changed', async () => {
      const e2e = stack();
      const { calls } = e2e;
      const folder = join(e2e.dataDir, 'proof');
      mkdirSync(join(folder, 'keys'), { recursive: true });
      const ida = await addResident(e2e);
      const id = await calls.request('defigo', 'erasure', [{ type: 'email', value: ida.email }]);
      await calls.until(id, ['awaiting_backup_expiry'], (v) => v.certificate !== null);
      const fetchIt = async (name: string): Promise<string> => {
        const answer = await calls.call('GET', `/v1/requests/${id}/certificate`, { token: calls.info.tokens.auditor });
        expect(answer.status).toBe(200);
        const file = join(folder, name);
        writeFileSync(file, answer.body as Buffer);
        return file;
      };
      const interim = await fetchIt('interim.json');
      await calls.advance(id, 'P100D');
      await calls.until(id, ['closed'], (v) => v.certificate?.final === true);
      const final = await fetchIt('final.json');
      const { keys } = await calls.must<{ keys: { kid: string }[] }>('GET', '/v1/operators/defigo/keys', {
        token: calls.info.tokens.auditor,
      });
      for (const key of keys) writeFileSync(join(folder, 'keys', `${key.kid}.jwk`), JSON.stringify(key));
      const env = {
        HABEAS_MONGODB_URL: e2e.stack.environment['HABEAS_MONGODB_URL'] ?? '',
        HABEAS_LEDGER_MONGODB_URL: e2e.stack.environment['HABEAS_LEDGER_MONGODB_URL'] ?? '',
      };
      const exported = await habeas(['ledger', 'export', '--operator', 'defigo'], env);
      expect(exported.code).toBe(0);
      expect(exported.out).toContain(id);
      const ledger = join(folder, 'defigo.ndjson');
      writeFileSync(ledger, exported.out);
      const one = await habeas(['ledger', 'export', '--operator', 'defigo', '--request', id], env);
      const ledgerOfOne = join(folder, 'one.ndjson');
      writeFileSync(ledgerOfOne, one.out);
      expect(one.out.length).toBeLessThan(exported.out.length + 1);

      // No store, no network settings: only the files.
      const good = await habeas(['verify', interim, final, ledger, ledgerOfOne]);
      expect([good.code, good.out.match(/: holds$/gm)?.length]).toEqual([0, 4]);
      for (const file of [interim, final, ledger, ledgerOfOne]) {
        const bytes = readFileSync(file);
        const bad = [0.2, 0.5, 0.8].map((share) => {
          const at = Math.floor(bytes.length * share);
          const altered = Buffer.from(bytes);
          altered[at] = (altered[at] ?? 0) ^ 1;
          const path = join(folder, `altered-${share}.json`);
          writeFileSync(path, altered);
          return path;
        });
        const ran = await habeas(['verify', ...bad]);
        expect(ran.code).toBe(1);
        expect(ran.out.match(/DOES NOT HOLD/g)).toHaveLength(3);
      }
      expect((await habeas(['verify', join(folder, 'none.json')])).code).toBe(2);
      expect((await habeas(['verify'])).code).toBe(2);
      // The person stands in neither.
      for (const text of [exported.out, readFileSync(final, 'utf8')]) {
        expect(text).not.toContain(ida.email);
        expect(text).not.toContain(ida.name);
      }
    });
  });
}
