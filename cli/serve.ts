/** `habeas api` and `habeas worker`: the production processes, configured by the environment only. */
import { startApi } from '../api/main.js';
import { createAdvance } from '../dev/stack/advance.js';
import { loadSettings, packEnvironment } from '../infra/settings.js';
import { resolveSetting } from '../worker/connectors.js';
import { startWorker } from '../worker/main.js';

/** Runs until SIGTERM or SIGINT, then drains. The second signal ends at once. */
function untilTold(): AbortController {
  const told = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (told.signal.aborted) process.exit(1);
      told.abort();
    });
  }
  return told;
}

export async function runApi(): Promise<void> {
  const told = untilTold();
  const settings = loadSettings();
  const environment = packEnvironment();
  const running = await startApi(settings, {
    signal: told.signal,
    ...(settings.get('HABEAS_EMBEDDED') === true
      ? {
          dev: (client, packs) =>
            createAdvance(
              client,
              [...packs.values()].flatMap(({ pack }) =>
                pack.backups.map((b) => ({
                  operator: pack.operator,
                  location: resolveSetting(b.location, environment),
                  retention: b.retention,
                })),
              ),
            ),
        }
      : {}),
  });
  await new Promise<void>((resolve) => {
    if (told.signal.aborted) resolve();
    told.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await running.stop();
}

/** A failed worker ends the process with a non-zero status, so that whoever watches it starts it again. */
export async function runWorker(): Promise<void> {
  const told = untilTold();
  const running = await startWorker(loadSettings(), told.signal);
  await running.done;
}
