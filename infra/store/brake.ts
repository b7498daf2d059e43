/** The brake of an operator: one document that every apply reads before its first write (design.md section 4). */
import type { Brake } from '../../domain/ports/services.js';
import { guarded, type Db } from './connect.js';

interface OperatorDoc {
  readonly _id: string;
  readonly stopped: boolean;
  readonly changedAt: string;
}

export interface BrakeControl extends Brake {
  /** Says it again without effect; returns whether it changed. */
  set(operator: string, stopped: boolean, at: string): Promise<boolean>;
}

/** An operator without a document runs. Errors: StoreError. */
export function createBrake(db: Db): BrakeControl {
  const operators = db.collection<OperatorDoc>('operators', {
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
  });
  return {
    async stopped(operator) {
      return (await guarded(() => operators.findOne({ _id: operator })))?.stopped === true;
    },
    async set(operator, stopped, at) {
      const before = await guarded(() => operators.findOne({ _id: operator }));
      if ((before?.stopped ?? false) === stopped) return false;
      await guarded(() =>
        operators.updateOne({ _id: operator }, { $set: { stopped, changedAt: at } }, { upsert: true }),
      );
      return true;
    },
  };
}
