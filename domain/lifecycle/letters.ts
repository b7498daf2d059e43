/** Letters as facts: queued by the lifecycle, written and handed over by the `notify` activity. Ids are deterministic. */
import type { LetterKind, LetterRun, Run } from './run.js';

export interface LetterDraft {
  readonly id: string;
  readonly kind: LetterKind;
  readonly to: LetterRun['to'];
  readonly approvalId?: string;
  readonly textRef?: string | null;
  readonly contact?: string;
  readonly complaint?: number;
}

/** Queues a letter once; an id that is known stays as it is. */
export function queueLetter(run: Run, draft: LetterDraft): void {
  if (run.letters.some((l) => l.id === draft.id)) return;
  run.letters.push({
    id: draft.id,
    kind: draft.kind,
    to: draft.to,
    approvalId: draft.approvalId ?? null,
    textRef: draft.textRef ?? null,
    contact: draft.contact ?? null,
    sentAt: null,
    accepted: null,
    error: null,
    nextAttemptAt: null,
    ...(draft.complaint === undefined ? {} : { complaint: draft.complaint }),
  });
}

/** Letters that an integrated contact or the subject has not been handed yet and whose time has come. */
export function lettersToSend(run: Run, now: number): LetterRun[] {
  return run.letters.filter(
    (l) => l.sentAt === null && l.waits !== true && (l.nextAttemptAt === null || Date.parse(l.nextAttemptAt) <= now),
  );
}
