/** Lives of requests, each played the same way when a history is recorded and when the present code is compared with it. */
import { ApplicationFailure } from '@temporalio/common';
import { FREE, GATED, type Scripted, type ScriptedOptions } from '../support/fault-request.js';

export interface Life {
  readonly one: Scripted;
  /** Lets case time pass until `days` after the start. */
  day(days: number): Promise<void>;
}

export interface Scene {
  readonly name: string;
  readonly options: () => ScriptedOptions;
  readonly play: (life: Life) => Promise<void>;
}

export const SCENES: readonly Scene[] = [
  {
    name: 'gated-erasure',
    options: () => ({ parts: GATED }),
    async play({ one, day }) {
      await one.until('awaiting_approval');
      await day(8);
      await one.send('decide', await one.decision(), 'decide');
      await one.until('awaiting_backup_expiry');
      await day(110);
      await one.until('closed');
      await day(150);
      await one.handle.result();
    },
  },
  {
    name: 'silent-organisation',
    options: () => ({ parts: GATED }),
    async play({ one, day }) {
      await one.until('awaiting_approval');
      await day(38);
      await one.until('awaiting_backup_expiry');
      await day(110);
      await one.until('closed');
      await day(150);
      await one.handle.result();
    },
  },
  {
    name: 'refused',
    options: () => ({ attested: false }),
    async play({ one, day }) {
      await one.until('identifying');
      await one.act({ action: 'refuse', ground: 'out_of_scope', reasonRef: 'reason-1' }, 'refuse');
      await one.until('closed');
      await day(40);
      await one.handle.result();
    },
  },
  {
    name: 'access-released',
    options: () => ({ right: 'access', parts: FREE, rules: { release: 'officer' } }),
    async play({ one, day }) {
      await one.until('responding');
      await day(3);
      await one.act({ action: 'release' }, 'release');
      await one.until('closed');
      await day(40);
      await one.handle.result();
    },
  },
  {
    name: 'asked-and-extended',
    options: () => ({ parts: GATED }),
    async play({ one, day }) {
      await one.until('awaiting_approval');
      await day(10);
      await one.act({ action: 'ask', kind: 'clarification', textRef: 'question-1' }, 'ask');
      await day(15);
      await one.act({ action: 'answer', kind: 'clarification', at: null }, 'answer');
      await day(16);
      await one.act({ action: 'extend', reasonRef: 'reason-1' }, 'extend');
      await day(60);
      await one.send('decide', await one.decision(), 'decide');
      await one.until('awaiting_backup_expiry');
      await day(110);
      await one.until('closed');
      await day(150);
      await one.handle.result();
    },
  },
  {
    name: 'outage-and-retry',
    options: () => {
      let failures = 0;
      return {
        parts: FREE,
        before: (name, input) => {
          if (name !== 'apply' || input.system !== 'payments') return;
          failures += 1;
          // Three quick attempts and the first patient one; the retry that an officer asks for goes through.
          if (failures <= 4)
            throw ApplicationFailure.create({
              type: 'unavailable',
              message: 'unavailable',
              nextRetryDelay: failures < 3 ? 10 : '6h',
            });
        },
      };
    },
    async play({ one, day }) {
      await one.until('executing', (steps) =>
        steps.every((s) => (s.system === 'payments' ? s.error === 'unavailable' : s.outcome === 'done')),
      );
      while (one.stub.calls.filter((c) => c === 'apply:payments').length < 4)
        await new Promise((r) => setTimeout(r, 20));
      await one.act({ action: 'retry', step: 'payments/customers/-/delete' }, 'retry');
      await one.until('awaiting_backup_expiry');
      await day(110);
      await one.until('closed');
      await day(150);
      await one.handle.result();
    },
  },
  {
    name: 'rectification',
    options: () => ({ right: 'rectification', parts: GATED }),
    async play({ one, day }) {
      await one.until('awaiting_approval');
      await day(3);
      await one.send('decide', await one.decision(), 'decide');
      await one.until('awaiting_backup_expiry');
      await day(110);
      await one.until('closed');
      await day(150);
      await one.handle.result();
    },
  },
  {
    name: 'not-identified',
    options: () => ({ attested: false, parts: FREE }),
    async play({ one, day }) {
      await one.until('identifying');
      await day(45);
      await one.until('closed');
      await day(90);
      await one.handle.result();
    },
  },
];
