/** The brake of an operator: one document that every apply reads before its first write (design.md section 4). */
import type { Brake } from '../../domain/ports/services.js';
import { guarded, type Db } from './connect.js';

interface OperatorDoc {
  readonly _id: string;
  readonly stopped: boolean;
}

/** An operator without a document runs. Errors: StoreError. */
export function createBrake(db: Db): Brake {
  const operators = db.collection<OperatorDoc>('operators');
  return {
    async stopped(operator) {
      return (await guarded(() => operators.findOne({ _id: operator })))?.stopped === true;
    },
  };
}
