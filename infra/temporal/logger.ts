/**
 * The logger that Temporal's runtime gets. The SDK logs errors with message and stack, workflow code may log any text,
 * and on one path a whole task is dumped: none of that may reach a log. A line keeps its place (ids, types, attempt),
 * the class and type of its error, and its text only when it is one of the SDK's own constants.
 */
import type { LogLevel, LogMetadata, Logger } from '@temporalio/common';
import { safe, type Log, type LogFields, type Safe } from '../telemetry/index.js';

/** Constant beginnings of the SDK's own lines, with the code we log for them. Everything else becomes `temporal.line`. */
const KNOWN: readonly (readonly [string, string])[] = [
  ['Activity failed', 'activity_failed'],
  ['Activity completed', 'activity_completed'],
  ['Activity cancelled', 'activity_cancelled'],
  ['Activity started', 'activity_started'],
  ['Workflow failed', 'workflow_failed'],
  ['Workflow started', 'workflow_started'],
  ['Workflow completed as cancelled', 'workflow_cancelled'],
  ['Workflow completed', 'workflow_completed'],
  ['Workflow continued as new', 'workflow_continued'],
  ['Failed to process Workflow Activation', 'workflow_task_failed'],
  ['An unexpected error occurred while processing Workflow', 'workflow_task_crashed'],
  ['Error while processing ActivityTask.start', 'activity_task_failed'],
  ['Failed to encode heartbeat details', 'heartbeat_not_encoded'],
  ['Worker state changed', 'worker_state'],
  ['Worker failed', 'worker_failed'],
  ['Failing workflow task', 'workflow_task_failing'],
  ['Failing activity task', 'activity_task_failing'],
  ['gRPC call', 'grpc_retrying'],
  ['Workflow bundle created', 'bundle_created'],
];

/** Lines at or above this severity are passed on. */
const SEVERITY: Readonly<Record<LogLevel, number>> = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4 };

export function redactingLogger(log: Log, minimum: LogLevel = 'WARN'): Logger {
  const write = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    if (SEVERITY[level] < SEVERITY[minimum]) return;
    const known = KNOWN.find(([start]) => message.startsWith(start));
    const code = `temporal.${known?.[1] ?? 'line'}`;
    const fields = kept(meta);
    if (level === 'ERROR') log.error(code, fields);
    else if (level === 'WARN') log.warn(code, fields);
    else if (level === 'INFO') log.info(code, fields);
    else log.debug(code, fields);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

function kept(meta: LogMetadata): LogFields {
  const error: unknown = meta['error'] ?? meta['err'];
  const attempt: unknown = meta['attempt'];
  return {
    component: word(meta['sdkComponent']),
    workflow: word(meta['workflowType']),
    workflowId: word(meta['workflowId'] ?? meta['workflow_id']),
    runId: word(meta['runId'] ?? meta['workflowRunId'] ?? meta['run_id']),
    activity: word(meta['activityType'] ?? meta['activity_type']),
    taskQueue: word(meta['taskQueue'] ?? meta['task_queue']),
    ...(typeof attempt === 'number' ? { attempt } : {}),
    ...(error instanceof Error
      ? { error: word(error.name), code: word(Reflect.get(error, 'type') ?? Reflect.get(error, 'code')) }
      : {}),
  };
}

/** Only plain words: ids of ours never hold a dot, so no name or host passes either. */
function word(value: unknown): Safe | undefined {
  return typeof value === 'string' && value !== '' ? safe(/^[A-Za-z0-9_:/-]*$/.test(value) ? value : '?') : undefined;
}
