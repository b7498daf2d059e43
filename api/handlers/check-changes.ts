/** Intake of a rectification: `changes` against the data map, before anything is kept (422 with one pointer per fault). */
import type { CreateRequest } from '../../contracts/index.js';
import { correctionFaults, type CorrectionFault } from '../../domain/plan/correction-faults.js';
import type { Pack } from '../../domain/policy/types.js';
import { modeOf } from '../../domain/rights.js';
import { HttpProblem } from '../http/problem.js';

const SAYS: Readonly<Record<CorrectionFault['code'], string>> = {
  dataset_unknown: 'the pack has no such dataset',
  field_unknown: 'the dataset has no such field',
  field_fixed: 'ids, references and marks of a record are not corrected',
  field_not_rectifiable: 'this field is not corrected on request',
  value_wrong_type: 'not a value of this field',
  key_not_removable: 'somebody signs in with this; it can be corrected, not removed',
  change_repeated: 'this field is changed twice',
  changes_contradict: 'an earlier change gives a copy of this field another value',
};

/** Throws `validation_failed` for changes that are missing, not asked for, or impossible. Never repeats a value. */
export function checkChanges(body: Pick<CreateRequest, 'right' | 'changes'>, pack: Pack): void {
  const changes = body.changes ?? [];
  if (modeOf(body.right) !== 'change') {
    if (changes.length > 0) refuse([{ pointer: '/changes', detail: 'only a rectification changes values' }]);
    return;
  }
  if (changes.length === 0) refuse([{ pointer: '/changes', detail: 'say what is wrong and what is right' }]);
  const faults = correctionFaults(pack, changes);
  if (faults.length > 0)
    refuse(faults.map((f) => ({ pointer: `/changes/${f.change}/${f.at}`, detail: `${f.code}: ${SAYS[f.code]}` })));
}

function refuse(errors: readonly { readonly pointer: string; readonly detail: string }[]): never {
  throw new HttpProblem('validation_failed', { errors: [...errors] });
}
