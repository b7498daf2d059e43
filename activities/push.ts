/**
 * Sends a released package to the receiver that the subject confirmed. It may be killed at any moment: what counts is what
 * the receiver says it has. The receipt it signs is kept; the ledger has its hash.
 */
import type { PushDone } from '../domain/lifecycle/results.js';
import type { ReceiverEntry, TransferReceipt } from '../domain/ports/transfers.js';
import { VAULT } from '../domain/ports/vault.js';
import type { ActivityDeps } from './deps.js';
import { stepMemory } from './parts.js';
import { assertRegion } from './region.js';
import type { PushInput } from './types.js';

/** The receiver is not there any more, or was changed: nothing is sent. */
export class ReceiverMissingError extends Error {
  readonly code = 'receiver_invalid';
}

export async function push(deps: ActivityDeps, input: PushInput): Promise<PushDone> {
  const pack = await deps.packs.byHash(input.policyHash);
  assertRegion(deps, pack.pack);
  const receiver = await deps.vault.get<ReceiverEntry>(input.requestId, VAULT.receiver);
  if (receiver === null || input.confirmedAt === '') throw new ReceiverMissingError('receiver_invalid');
  const memory = stepMemory(deps, input.requestId, 'receiver', 0);
  const before = await deps.vault.get<TransferReceipt>(input.requestId, VAULT.receipt);
  const receipt =
    before?.sha256 === input.sha256
      ? before
      : await deps.transfers.send({
          operator: input.operator,
          requestId: input.requestId,
          receiver,
          bytes: input.bytes,
          sha256: input.sha256,
          content: () => deps.vault.readStream(input.requestId, VAULT.package),
          progress: (offset) => memory.save('offset', offset),
          heartbeat: () => deps.heartbeat(),
        });
  await deps.vault.put(input.requestId, [{ name: VAULT.receipt, value: receipt }]);
  const hash = deps.sha256Stream();
  hash.update(new TextEncoder().encode(JSON.stringify(receipt)));
  const sum = hash.hex();
  const stamp = deps.stamp();
  await deps.ledger.append([
    {
      id: `${input.requestId}/package_sent/${input.sha256.slice(0, 16)}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'package.sent_to_receiver',
      requestId: input.requestId,
      code: null,
      purposeCode: null,
      before: null,
      after: { bytes: input.bytes, sha256: input.sha256, receipt: sum, receiverKeyId: receipt.receiverKeyId },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'push', stamp, receipt: sum };
}
