/**
 * Plays the scenes on the time-skipping test server and keeps their histories. To record anew, after a change of the
 * workflow that is meant and before a release: `HABEAS_TEST_RECORD=1 npx vitest run test/workflow/replay.test.ts`, then
 * `npx biome format --write test/histories`. See README.md beside this file.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { LIFECYCLE } from '../../domain/lifecycle/version.js';
import { bundled, Scripted } from '../support/fault-request.js';
import { SCENES, type Scene } from './scenes.js';
import { sourcesHash, valuesOf, type Values } from './values.js';

type History = temporal.api.history.v1.IHistory;

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const DAY_MS = 86_400_000;

/** Version of the product in package.json: part of every file's name. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Plays scenes with the present code, each on a server of its own: that server's time runs ahead and never back. */
export async function playScenes(scenes: readonly Scene[] = SCENES): Promise<Map<string, History>> {
  const bundle = await bundled();
  const histories = new Map<string, History>();
  for (const scene of scenes) histories.set(scene.name, await play(scene, bundle));
  return histories;
}

async function play(scene: Scene, bundle: Awaited<ReturnType<typeof bundled>>): Promise<History> {
  const path = process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'];
  if (path === undefined) throw new Error('HABEAS_TEST_TEMPORAL_TEST_SERVER is not set');
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  try {
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: { habeasState: 2 },
    });
    const now = await env.currentTimeMs();
    const one = new Scripted(env.client, env.nativeConnection, bundle, {
      // As requests of this version begin; older recordings keep theirs.
      lifecycle: LIFECYCLE,
      ...scene.options(),
      now,
      queue: scene.name,
      id: `req_${scene.name}`,
    });
    await one.up();
    try {
      await one.start();
      await scene.play({
        one,
        day: async (days) => env.sleep(now + days * DAY_MS - (await env.currentTimeMs())),
      });
      return await one.handle.fetchHistory();
    } finally {
      await one.down();
    }
  } finally {
    await env.teardown();
  }
}

export async function record(): Promise<void> {
  for (const [name, history] of await playScenes()) {
    const file = join(FOLDER, `${name}.${version()}`);
    writeFileSync(`${file}.json.gz`, gzipSync(historyToJSON(history), { level: 9 }));
    writeFileSync(`${file}.values.json`, `${JSON.stringify(valuesOf(history), null, 2)}\n`);
  }
  writeFileSync(
    join(FOLDER, 'sources.json'),
    `${JSON.stringify({ version: version(), hash: sourcesHash(ROOT) }, null, 2)}\n`,
  );
}

export interface Recorded {
  readonly name: string;
  readonly version: string;
  /** As `historyToJSON` wrote it. */
  readonly history: unknown;
  readonly values: Values;
}

/** Everything that was ever recorded, of every version. */
export function recorded(): Recorded[] {
  return readdirSync(FOLDER)
    .map((file) => /^([a-z-]+)\.(\d+\.\d+\.\d+)\.json\.gz$/.exec(file))
    .filter((match) => match !== null)
    .map(([, name = '', made = '']) => ({
      name,
      version: made,
      history: JSON.parse(
        gunzipSync(readFileSync(join(FOLDER, `${name}.${made}.json.gz`))).toString('utf8'),
      ) as unknown,
      values: JSON.parse(readFileSync(join(FOLDER, `${name}.${made}.values.json`), 'utf8')) as Values,
    }));
}

/** Of which sources the newest recording was made; null before the first. */
export function recordedSources(): { version: string; hash: string } | null {
  const file = join(FOLDER, 'sources.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string; hash: string }) : null;
}
