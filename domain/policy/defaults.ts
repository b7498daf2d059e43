/** What a pack means that says nothing: also for packs that were stored before a rule existed. */
import type { ApprovalRule, DatasetPolicy, HoldRule, Pack, RecipientPolicy } from './types.js';

/** Of a dataset. `subject_request` is the truth about packs that knew no retention: nothing ended but by request. */
export const DATASET_DEFAULTS = {
  account: null,
  retention: { kind: 'while', until: 'subject_request' },
  restrict: null,
  stop: [],
  forbidden: [],
} as const satisfies Partial<DatasetPolicy>;

export const PACK_DEFAULTS = {
  region: null,
  complaints: { answerWithin: 'P30D' },
  breach: { authorityWithin: 'PT72H', peopleImmediately: false },
  profiling: [],
  repeatedWithin: 'P6M',
  closure: null,
} as const satisfies Partial<Pack>;

const APPROVAL_DEFAULTS = { deputies: [] } as const satisfies Partial<ApprovalRule>;
const HOLD_DEFAULTS = { endsOn: null } as const satisfies Partial<HoldRule>;
const RECIPIENT_DEFAULTS = { transfer: 'none_needed', notify: null } as const satisfies Partial<RecipientPolicy>;

/** A stored pack, which an earlier version may have written, with what this version reads. Pure; the pack's hash stays its own. */
export function withDefaults(stored: Pack): Pack {
  return {
    ...PACK_DEFAULTS,
    ...stored,
    approvals: stored.approvals.map((rule) => ({ ...APPROVAL_DEFAULTS, ...rule })),
    recipients: stored.recipients.map((recipient) => ({ ...RECIPIENT_DEFAULTS, ...recipient })),
    systems: stored.systems.map((system) => ({
      ...system,
      datasets: system.datasets.map((dataset) => ({
        ...DATASET_DEFAULTS,
        ...dataset,
        hold: dataset.hold === null ? null : { ...HOLD_DEFAULTS, ...dataset.hold },
      })),
    })),
  };
}
