/**
 * Requests that began under this or an older version go on under the present code: their histories replay, and the same
 * lives lead to the same dates and the same patience, which replay alone does not see.
 */
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { playScenes, record, recorded, recordedSources, ROOT, version } from '../histories/record.js';
import { SCENES } from '../histories/scenes.js';
import { sourcesHash, valuesOf } from '../histories/values.js';
import { bundled } from '../support/fault-request.js';

const server = process.env['HABEAS_TEST_TEMPORAL_TEST_SERVER'];

it.runIf(process.env['HABEAS_TEST_RECORD'] === '1')('records the histories of this version', () => record(), 180_000);

describe('recorded histories', () => {
  it('there is one of every scene for this version', () => {
    const present = recorded().filter((r) => r.version === version());
    expect(present.map((r) => r.name).sort()).toEqual(SCENES.map((s) => s.name).sort());
  });

  it('replay on the present code', async () => {
    const bundle = await bundled();
    const histories = recorded().map((r) => ({
      workflowId: `req_${r.name}`,
      history: historyFromJSON(r.history as never),
    }));
    const results: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories))
      results.push(`${workflowId}: ${error === undefined ? 'replays' : error.message}`);
    expect(results.sort()).toEqual(histories.map((h) => `${h.workflowId}: replays`).sort());
  }, 60_000);

  it('say what their lists of values say', () => {
    for (const r of recorded()) expect(valuesOf(historyFromJSON(r.history as never)), r.name).toEqual(r.values);
  });
});

/** The source files and the recording differ: then only the comparison below tells whether the change is harmless. */
const changed = recordedSources()?.hash !== sourcesHash(ROOT);

describe.skipIf(server === undefined)('the present code', () => {
  it(`comes to the recorded dates and patience (workflow sources ${changed ? 'changed since' : 'as'} recorded)`, async () => {
    const wanted = new Map(
      recorded()
        .filter((r) => r.version === version())
        .map((r) => [r.name, r.values]),
    );
    for (const [name, history] of await playScenes()) expect(valuesOf(history), name).toEqual(wanted.get(name));
  }, 120_000);
});
