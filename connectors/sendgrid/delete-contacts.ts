import { createHash } from 'node:crypto';
import type { Ref } from '../../domain/plan/types.js';
import { ConnectorError, type ApplyInput } from '../../domain/ports/connector.js';
import type { SendgridContext } from './context.js';

/** Notes of one deletion in the step's memory. */
export interface DeletionNote {
  readonly job: string | null;
  /** World time in milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** The vendor said that the job ended with errors. */
  readonly errored: boolean;
}

export type Deletion =
  | { readonly kind: 'deleted'; readonly touched: number }
  | { readonly kind: 'review'; readonly why: 'contact_changed' }
  | { readonly kind: 'manual'; readonly why: 'delete_job_errored' | 'delete_job_never_finished' };

const LONGEST_WAIT_MS = 10 * 60_000;

/**
 * Deletes exactly these contacts: read, delete, keep the job id, then ask for the job until it ended.
 *
 * - A contact that has another address now than the one it was found by is left alone: review `contact_changed`.
 * - A job that ends with errors is judged by what is left: still there → manual `delete_job_errored`.
 * - A job that the vendor forgot is started anew for what is left (deleting by id is safe to repeat).
 * - A job that stays pending beyond the deadline of the settings → manual `delete_job_never_finished`.
 *
 * @throws ConnectorError `pending` with `afterMs` while the job runs
 */
export async function deleteContacts(
  context: SendgridContext,
  input: ApplyInput,
  refs: readonly Ref[],
): Promise<Deletion> {
  const name = noteName(refs);
  const note = (await input.memory.get(name)) as DeletionNote | null | undefined;
  // Ended in an earlier attempt. With errors: a person looks. Without: what is there all the same is deleted once more.
  if (note?.endedAt != null && note.errored) return afterErrors(context, input, refs);
  if (note?.endedAt != null) return start(context, input, refs, name);
  if (note == null || note.job === null) return start(context, input, refs, name);
  return follow(context, input, refs, name, { ...note, job: note.job });
}

/** Deterministic and free of ids: the memory's names may be listed. */
export function noteName(refs: readonly Ref[]): string {
  const ids = refs.map((ref) => ref.id).sort();
  return `deletion/${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 24)}`;
}

async function start(
  context: SendgridContext,
  input: ApplyInput,
  refs: readonly Ref[],
  name: string,
): Promise<Deletion> {
  const present: string[] = [];
  for (const ref of refs) {
    input.heartbeat();
    const contact = await context.api.contact(ref.id);
    if (contact === null) continue;
    const known = ref.matchedBy.map((match) => match.value.trim().toLowerCase());
    if (ref.review === null && !known.includes(contact.email?.toLowerCase() ?? ''))
      return { kind: 'review', why: 'contact_changed' };
    present.push(ref.id);
  }
  const startedAt = context.tools.worldNow().getTime();
  if (present.length === 0) {
    const before = (await input.memory.get(name)) as DeletionNote | null | undefined;
    // The end of an earlier job is what the search's lag counts from.
    if (before?.endedAt != null) return { kind: 'deleted', touched: refs.length };
    await input.memory.save(name, { job: null, startedAt, endedAt: startedAt, errored: false } satisfies DeletionNote);
    return { kind: 'deleted', touched: 0 };
  }
  const job = await context.api.deleteContacts(present);
  // Before the first question about it: whoever dies here must find the job again.
  await input.memory.save(name, { job, startedAt, endedAt: null, errored: false } satisfies DeletionNote);
  return follow(context, input, refs, name, { job, startedAt, endedAt: null, errored: false });
}

async function follow(
  context: SendgridContext,
  input: ApplyInput,
  refs: readonly Ref[],
  name: string,
  note: DeletionNote & { job: string },
): Promise<Deletion> {
  input.heartbeat();
  const job = await context.api.job(note.job);
  const now = context.tools.worldNow().getTime();
  if (job === null) {
    await input.memory.save(name, { ...note, job: null } satisfies DeletionNote);
    throw new ConnectorError('pending', 'sendgrid forgot a deletion job, it is started anew', { afterMs: 1000 });
  }
  if (job.state === 'pending') {
    const waited = now - note.startedAt;
    if (waited > context.api.settings.jobDeadlineMs) return { kind: 'manual', why: 'delete_job_never_finished' };
    throw new ConnectorError('pending', 'sendgrid deletion job', {
      afterMs: Math.min(Math.max(Math.ceil(waited / 2), 1000), LONGEST_WAIT_MS),
    });
  }
  await input.memory.save(name, { ...note, endedAt: now, errored: job.state === 'errored' } satisfies DeletionNote);
  return job.state === 'errored' ? afterErrors(context, input, refs) : { kind: 'deleted', touched: refs.length };
}

/** What a job that ended with errors left behind, read by id. */
async function afterErrors(context: SendgridContext, input: ApplyInput, refs: readonly Ref[]): Promise<Deletion> {
  let left = 0;
  for (const ref of refs) {
    input.heartbeat();
    if ((await context.api.contact(ref.id)) !== null) left++;
  }
  return left > 0 ? { kind: 'manual', why: 'delete_job_errored' } : { kind: 'deleted', touched: refs.length };
}
