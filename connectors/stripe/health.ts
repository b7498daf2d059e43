import type { Health } from '../../domain/ports/connector.js';
import type { StripeContext } from './context.js';
import { problemOf } from './errors.js';

const MAX_SKEW_MS = 5 * 60_000;

/**
 * One cheap read with the key: does it work, is it for the mode that the settings say, is our clock near the vendor's.
 * Never throws; `detail` is a code.
 */
export async function healthcheck(context: StripeContext): Promise<Health> {
  const { client, tools } = context;
  try {
    const page = await client.sdk.customers.list({ limit: 1 });
    const livemode = page.data[0]?.livemode;
    const { mode } = client.settings;
    const modeOk = livemode === undefined || mode === null || (mode === 'live') === livemode;
    const detail =
      mode === null ? 'mode_not_stated' : livemode === undefined ? `${mode}_by_key` : livemode ? 'live' : 'test';
    const checks = [
      { name: 'key', ok: true, detail: 'accepted' },
      { name: 'mode', ok: modeOk, detail },
      skew(page.lastResponse as unknown, tools.worldNow()),
    ];
    return { ok: checks.every((check) => check.ok), checks };
  } catch (thrown) {
    const problem = problemOf(thrown);
    const detail = problem.kind === 'error' || problem.kind === 'refused' ? problem.error.code : problem.kind;
    return { ok: false, checks: [{ name: 'key', ok: false, detail }] };
  }
}

function skew(response: unknown, now: Date): Health['checks'][number] {
  const headers = (response as { headers?: unknown } | undefined)?.headers;
  const date =
    headers instanceof Headers ? headers.get('date') : (headers as Record<string, string> | undefined)?.['date'];
  const theirs = date === null || date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return { name: 'clock', ok: true, detail: 'not_stated' };
  const ok = Math.abs(now.getTime() - theirs) <= MAX_SKEW_MS;
  return { name: 'clock', ok, detail: ok ? 'near' : 'differs_by_more_than_5_minutes' };
}
