/** `receiver` of POST /v1/requests: another controller that a package is to be sent to (GDPR Art. 20(2)). */
import type { CreateRequest } from '../../contracts/index.js';
import { keyOf } from '../../infra/packages/index.js';
import { urlFault } from '../../infra/webhooks/index.js';
import { HttpProblem } from '../http/problem.js';

const FAULTS = {
  not_a_url: 'not an address',
  not_https: 'must be an https address',
  credentials: 'must not hold a user or password',
  address_refused: 'must be an address of the open internet',
} as const;

/** Throws `validation_failed`. `embedded`: the stack on this machine, where a receiver may stand on loopback. */
export function checkReceiver(body: Pick<CreateRequest, 'right' | 'receiver'>, embedded: boolean): void {
  const receiver = body.receiver ?? null;
  if (receiver === null) return;
  const refuse = (pointer: string, detail: string): never => {
    throw new HttpProblem('validation_failed', { errors: [{ pointer, detail }] });
  };
  if (body.right !== 'portability') refuse('/receiver', 'only portability sends data to somebody else');
  const fault = urlFault(receiver.url, embedded);
  if (fault !== null) refuse('/receiver/url', FAULTS[fault]);
  const { search, hash } = new URL(receiver.url);
  if (search !== '' || hash !== '') refuse('/receiver/url', 'must not hold a query or fragment');
  try {
    keyOf(receiver.key);
  } catch {
    refuse('/receiver/key', 'must be a public Ed25519 key as JWK (RFC 8037), as JSON text');
  }
}
