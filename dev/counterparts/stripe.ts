/**
 * The Stripe counterpart of the laptop: localstripe, a stateful look-alike, on loopback with a folder of its own.
 * It differs from Stripe: a deleted customer is 404 instead of a tombstone, there is no search, and lists are oldest
 * first. docs/connectors/stripe.md says what that means.
 */
import { pythonTool } from '../setup/python-packages.mjs';

export { startLocalstripe, type RunningLocalstripe } from '../servers/localstripe.js';

/** A key that localstripe accepts; it knows no accounts. */
export const LOCALSTRIPE_KEY = 'sk_test_localstripe';

/** True when the Python packages hold it, so that tests can skip visibly. */
export function localstripeInstalled(): boolean {
  return pythonTool('python') !== null;
}

/** Empties it. @throws Error when it does not answer */
export async function resetLocalstripe(url: string): Promise<void> {
  const answer = await fetch(new URL('/_config/data', url), { method: 'DELETE' });
  if (!answer.ok) throw new Error(`localstripe refused to reset: ${answer.status}`);
}
