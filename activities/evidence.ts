/** Keeps the evidence of a party that stayed silent: when it was asked, how, reminded, and that nothing came. */
import type { EvidenceDone } from '../domain/lifecycle/results.js';
import type { ActivityDeps } from './deps.js';
import type { EvidenceInput } from './types.js';

export async function evidence(deps: ActivityDeps, input: EvidenceInput): Promise<EvidenceDone> {
  const { sha256 } = await deps.evidence.keep(input.operator, input.approval);
  const stamp = deps.stamp();
  await deps.ledger.append([
    {
      id: `${input.requestId}/evidence/${input.approval.id}`,
      operator: input.operator,
      at: stamp.caseAt,
      actor: { kind: 'system', role: 'engine', id: 'habeas' },
      action: 'approval.evidence_kept',
      requestId: input.requestId,
      code: input.approval.state,
      purposeCode: null,
      before: null,
      after: { approval: input.approval.id, sha256 },
      policyHash: input.policyHash,
      commitment: null,
    },
  ]);
  return { kind: 'evidence', stamp, approvalId: input.approval.id, sha256 };
}
