/**
 * Moving one workflow's own time forward on a development server (native time skipping, off in production), and reading
 * a workflow's time. Other workflows are not touched.
 */
import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, type Client } from '@temporalio/client';

export class AdvanceError extends Error {
  static readonly NAME = 'AdvanceError';
  constructor(
    /** `unsupported`: the server does not offer it (production); `failed`: it refused. */
    readonly code: 'unsupported' | 'failed',
  ) {
    super(`advance: ${code}`);
    this.name = AdvanceError.NAME;
  }
}

const POLLING_TIMED_OUT = 1;
const COMPLETED = 2;
const POLL_MS = 2_000;
/** Each round ends after 200 skips at the latest; a year of daily timers takes two. */
const MAX_ROUNDS = 100;

/**
 * Moves the workflow forward by `seconds` of its own time and resolves when it is there, or when it ended before
 * (`ended: true`). Timers, retries and activities on the way happen in order; an activity in flight is waited for.
 * `skipsPerRound` limits how many timers one round may skip (the server's own limit is 200). Not to be run under a
 * client's deadline. Errors: AdvanceError `unsupported`, `failed`; RangeError.
 */
export async function advance(
  client: Client,
  workflowId: string,
  by: { readonly seconds: number; readonly skipsPerRound?: number },
): Promise<{ readonly ended: boolean }> {
  if (!Number.isInteger(by.seconds) || by.seconds < 1)
    throw new RangeError('seconds must be a whole number of at least one');
  const target = (await caseNow(client, workflowId)).getTime() + by.seconds * 1000;
  let left = by.seconds;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const result = await forward(client, workflowId, left, by.skipsPerRound);
    if (result !== 'again') return { ended: result === 'ended' };
    left = Math.ceil((target - (await caseNow(client, workflowId)).getTime()) / 1000);
    if (left < 1) return { ended: false };
  }
  throw new AdvanceError('failed');
}

async function forward(
  client: Client,
  workflowId: string,
  seconds: number,
  maxSessionSkipCount?: number,
): Promise<'there' | 'ended' | 'again'> {
  const { namespace } = client.options;
  const workflowExecution = { workflowId };
  const fastForwardId = randomUUID();
  try {
    await client.workflowService.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution,
      updateMask: { paths: ['time_skipping_config'] },
      workflowExecutionOptions: {
        // The protobuf type asks for a Long; the encoder takes a plain number.
        timeSkippingConfig: {
          enabled: true,
          ...(maxSessionSkipCount === undefined ? {} : { maxSessionSkipCount }),
          fastForwardConfig: { id: fastForwardId, duration: { seconds: seconds as never } },
        },
      },
    });
  } catch (error) {
    // 12: the server lacks the feature or has it switched off. 5: the execution has ended.
    if (isGrpcServiceError(error) && error.code === 12) throw new AdvanceError('unsupported');
    if (isGrpcServiceError(error) && error.code === 5) return 'ended';
    throw error;
  }
  for (;;) {
    const answer = await poll(client, workflowId, fastForwardId);
    if (answer === null) continue;
    const result: number = answer.fastForwardPollingResult;
    if (result === POLLING_TIMED_OUT) continue;
    if (result === COMPLETED) return 'there';
    if (answer.failedReason.includes('execution ended')) return 'ended';
    // After 200 skips the server switches skipping off: start again with what is left.
    if (answer.failedReason.includes('disabled before')) return 'again';
    throw new AdvanceError('failed');
  }
}

/**
 * Null: nothing to say yet. The server holds a poll for 20 s and does not wake it when a session's skips are used up,
 * but answers the next one at once: so ask again every two seconds.
 */
async function poll(client: Client, workflowId: string, fastForwardId: string) {
  const request = { namespace: client.options.namespace, workflowExecution: { workflowId }, fastForwardId };
  try {
    return await client.connection.withDeadline(Date.now() + POLL_MS, () =>
      client.workflowService.pollWorkflowExecutionTimeSkipping(request),
    );
  } catch (error) {
    // The client reports its own deadline as DEADLINE_EXCEEDED or, depending on who noticed first, as CANCELLED.
    if (isGrpcServiceError(error) && (error.code === 4 || error.code === 1)) return null;
    throw error;
  }
}

/** The workflow's own present: host time plus what was skipped. `worldNow` serves workflows that never skipped. */
export async function caseNow(client: Client, workflowId: string, worldNow: () => number = Date.now): Promise<Date> {
  const answer = await client.workflowService.describeWorkflowExecution({
    namespace: client.options.namespace,
    execution: { workflowId },
  });
  const time = answer.workflowExtendedInfo?.timeSkippingInfo?.currentTime;
  if (time == null) return new Date(worldNow());
  return new Date(Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6));
}
