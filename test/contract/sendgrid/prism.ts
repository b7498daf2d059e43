/**
 * Puts the vendor's description between the connector and the counterpart: one validating proxy per file, and a router
 * in front that sends each call to the file which describes it and notes everything that Prism objects to.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort, portOpen } from '../../../dev/servers/index.js';
import { corrected, readSpec } from './vendor-specs.js';

const FILES: readonly (readonly [RegExp, string])[] = [
  [/^\/v3\/marketing\/contacts/, 'tsg_mc_contacts_v3.json'],
  [/^\/v3\/(asm|suppression)\//, 'tsg_suppressions_v3.json'],
  [/^\/v3\/recipients\//, 'tsg_recipients_data_erasure_v3.json'],
  [/^\/v3\/scopes/, 'tsg_scopes_v3.json'],
];

export interface Guarded {
  readonly url: string;
  /** What Prism objected to: method, path without values, and its reason. */
  readonly objections: string[];
  stop(): Promise<void>;
}

export async function startPrism(specs: string, upstream: string): Promise<Guarded> {
  const folder = mkdtempSync(join(tmpdir(), 'habeas-prism-'));
  const children: ChildProcess[] = [];
  const ports = new Map<string, number>();
  const bin = join(
    dirname(createRequire(import.meta.url).resolve('@stoplight/prism-cli/package.json')),
    'dist',
    'index.js',
  );
  for (const [, file] of FILES) {
    const path = join(folder, file);
    writeFileSync(path, JSON.stringify(corrected(readSpec(specs, file))));
    const port = await freePort();
    ports.set(file, port);
    children.push(
      spawn(process.execPath, [bin, 'proxy', '-h', '127.0.0.1', '-p', String(port), '--errors', path, upstream], {
        stdio: 'ignore',
      }),
    );
  }
  for (const port of ports.values()) await until(() => portOpen(port));

  const objections: string[] = [];
  const router = createServer((request, response) => {
    const target = request.url ?? '';
    const file = FILES.find(([path]) => path.test(target))?.[1];
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void (async () => {
        const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
        const answer = await fetch(`http://127.0.0.1:${ports.get(file ?? '')}${target}`, {
          method: request.method,
          headers: headers as Record<string, string>,
          ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
        });
        const text = await answer.text();
        const violations = answer.headers.get('sl-violations');
        if (
          violations !== null ||
          answer.status === 422 ||
          answer.status === 500 ||
          text.includes('stoplight.io/prism')
        )
          objections.push(
            `${request.method} ${target.split('?')[0]}: ${answer.status} ${violations ?? text.slice(0, 300)}`,
          );
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
        response.end(text);
      })().catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(router.address() as AddressInfo).port}`,
    objections,
    stop: async () => {
      await close(router);
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function until(ready: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await ready();
    } catch (error) {
      if (tries > 400) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
