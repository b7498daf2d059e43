import { ConnectorError, type Health } from '../../domain/ports/connector.js';
import type { SendgridContext } from './context.js';

const MAX_SKEW_MS = 5 * 60_000;

/**
 * Does the key work in every account, may it ask for erasure, is our clock near the vendor's. A missing erase scope is
 * named but does not make the system unhealthy: older accounts lack it, and the step then goes to a person. Never throws.
 */
export async function healthcheck(context: SendgridContext): Promise<Health> {
  const checks: { name: string; ok: boolean; detail: string }[] = [];
  let usable = true;
  for (const [index, account] of context.api.accounts.entries()) {
    const name = index === 0 ? 'key' : `subuser_${index}`;
    try {
      const { scopes, date } = await context.api.scopes(account);
      checks.push({ name, ok: true, detail: 'accepted' });
      const erases = scopes.includes('recipients.erasejob.create');
      checks.push({ name: `${name}_erasejob`, ok: erases, detail: erases ? 'allowed' : 'scope_missing' });
      if (index === 0) {
        const near = date === null || Math.abs(context.tools.worldNow().getTime() - Date.parse(date)) <= MAX_SKEW_MS;
        checks.push({ name: 'clock', ok: near, detail: near ? 'near' : 'differs_by_more_than_5_minutes' });
        usable &&= near;
      }
    } catch (error) {
      usable = false;
      checks.push({ name, ok: false, detail: error instanceof ConnectorError ? error.code : 'failed' });
    }
  }
  return { ok: usable, checks };
}
