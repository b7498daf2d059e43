/** The life of a package without Temporal: review, release, the way to another controller, the end of its time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goodWorld, Model, modelInput, modelPlan, modelRules, type ModelPart } from '../../test/support/run-model.js';
import type { ActCommand } from './commands.js';
import { allowedActions, applyAct, checkAct, requestView, takeEvent } from './index.js';
import type { BundleDone, TaskFailure } from './results.js';
import { newTransfer } from './transfer.js';
import type { Task } from './tasks.js';

const DAY = 86_400_000;
const officer = { id: 'usr_officer', kind: 'person', role: 'privacy_officer' } as const;
const OWN: ModelPart[] = [{ system: 'app', dataset: 'users', organisation: null, records: 1 }];

interface Setting {
  readonly receiver?: boolean;
  readonly lifecycle?: number;
  readonly made?: Partial<BundleDone>;
  readonly push?: (n: number) => TaskFailure | null;
}

function model(setting: Setting = {}): Model {
  let pushes = 0;
  const rules = modelRules(['app'], { keepPackagesMs: 30 * DAY, keepRequestMs: 60 * DAY, backups: [] });
  const input = {
    ...modelInput('portability', rules),
    lifecycle: setting.lifecycle ?? 2,
    hasReceiver: setting.receiver === true,
  };
  return new Model(
    input,
    goodWorld(() => modelPlan('access', OWN), {
      bundle: (_, __, now) => {
        const at = new Date(now).toISOString();
        return {
          kind: 'bundle',
          stamp: { caseAt: at, worldAt: at },
          ...{ artefact: 'package', bytes: 10, sha256: 'ab', records: 1, redactions: 0, undescribed: 0 },
          ...setting.made,
        };
      },
      push: (_, __, now) => {
        pushes += 1;
        const at = new Date(now).toISOString();
        return setting.push?.(pushes) ?? { kind: 'push', stamp: { caseAt: at, worldAt: at }, receipt: 'cd' };
      },
    }),
  );
}

function act(m: Model, command: Omit<Extract<ActCommand, { action: 'release' }>, 'by'>): void {
  const whole: ActCommand = { ...command, by: officer };
  checkAct(m.run, whole, m.now);
  m.command((run, now) => applyAct(run, whole, now));
}

const kinds = (m: Model): Task['kind'][] => m.started.map((task) => task.kind);
const final = (m: Model): boolean => m.run.letters.some((l) => l.kind === 'final' && l.sentAt !== null);

describe('release', () => {
  it('is automatic where nothing was redacted and everything is described', () => {
    const m = model();
    expect(m.run.package?.released).toBe(true);
    expect(m.run.approvals).toEqual([]);
    expect(final(m)).toBe(true);
  });

  it.each([{ redactions: 1 }, { undescribed: 1 }])('waits for a person after %o', (made) => {
    const m = model({ made });
    expect(m.run.package?.released).toBe(false);
    expect(final(m)).toBe(false);
    act(m, { action: 'release' });
    expect(m.run.package?.released).toBe(true);
    expect(final(m)).toBe(true);
    expect(kinds(m).filter((k) => k === 'bundle')).toHaveLength(1);
  });

  it('with places opened builds the package anew and releases that one, without another question', () => {
    const m = model({ made: { redactions: 2 } });
    act(m, { action: 'release', disclose: ['app/users/-#1/text'], withhold: [] });
    expect(m.run.review).toEqual({ disclose: ['app/users/-#1/text'], withhold: [] });
    expect(kinds(m).filter((k) => k === 'bundle')).toHaveLength(2);
    expect(m.run.package?.released).toBe(true);
    expect(m.run.approvals.filter((a) => a.kind === 'release')).toHaveLength(1);
    expect(final(m)).toBe(true);
  });
});

describe('the end of its time', () => {
  it('comes after the pack’s time from the release, also in a closed request, and takes the artefact once', () => {
    const m = model();
    expect(m.run.phase).toBe('closed');
    m.pass(30 * DAY - 60_000);
    expect(m.run.package).toMatchObject({ released: true });
    expect(kinds(m)).not.toContain('dropPackage');
    m.pass(120_000);
    expect(m.run.package).toMatchObject({ expired: true, dropped: true });
    expect(requestView(m.run, m.now)['package']).toMatchObject({ expired: true });
    m.pass(20 * DAY);
    expect(kinds(m).filter((k) => k === 'dropPackage')).toHaveLength(1);
  });

  it('does not exist for requests that began before packages expired', () => {
    const m = model({ lifecycle: 1 });
    m.pass(59 * DAY);
    expect(m.run.package).not.toHaveProperty('expiresAt');
    expect(kinds(m)).not.toContain('dropPackage');
  });
});

describe('the way to another controller', () => {
  const confirmed = (m: Model): void => m.command((run, now) => takeEvent(run, 'receiver.confirmed', 'subject', now));

  it('waits for her word, then sends once, then answers', () => {
    const m = model({ receiver: true });
    expect([m.run.transfer?.state, kinds(m).includes('push'), final(m)]).toEqual(['unconfirmed', false, false]);
    expect(allowedActions(m.run, m.now)).toContain('confirmReceiver');
    confirmed(m);
    expect(m.run.transfer).toMatchObject({ state: 'sent', confirmedBy: 'subject', receipt: 'cd' });
    expect(final(m)).toBe(true);
    confirmed(m);
    m.pass(20 * DAY);
    expect(kinds(m).filter((k) => k === 'push')).toHaveLength(1);
  });

  it('does not leave before the reviewer released it, though she has confirmed', () => {
    const m = model({ receiver: true, made: { redactions: 1 } });
    confirmed(m);
    expect(kinds(m)).not.toContain('push');
    m.pass(5 * DAY);
    expect(kinds(m)).not.toContain('push');
    act(m, { action: 'release' });
    expect(m.run.transfer?.state).toBe('sent');
  });

  it('is tried again every hour while it may pass, and ends at once where it cannot', () => {
    const away = model({
      receiver: true,
      push: (n) => (n < 4 ? { code: 'receiver_unavailable', retryable: true } : null),
    });
    confirmed(away);
    expect(away.run.transfer).toMatchObject({ state: 'ready', error: 'receiver_unavailable', attempts: 1 });
    away.pass(4 * 3_600_000);
    expect(away.run.transfer).toMatchObject({ state: 'sent', attempts: 3 });
    const other = model({ receiver: true, push: () => ({ code: 'receiver_key_mismatch', retryable: false }) });
    confirmed(other);
    expect(other.run.transfer).toMatchObject({ state: 'failed', error: 'receiver_key_mismatch' });
    expect(final(other)).toBe(true);
  });

  it('is given up after 20 days, confirmed or not, and the answer goes out', () => {
    for (const confirm of [true, false]) {
      const m = model({ receiver: true, push: () => ({ code: 'receiver_unavailable', retryable: true }) });
      if (confirm) confirmed(m);
      m.pass(20 * DAY - 60_000);
      expect(final(m)).toBe(false);
      m.pass(120_000);
      expect(m.run.transfer?.state).toBe('given_up');
      expect(final(m)).toBe(true);
      confirmed(m);
      expect(m.run.transfer?.state).toBe('given_up');
    }
  });

  it('in whatever order things happen: nothing is sent without release and confirmation, nor after its time', () => {
    const step = fc.oneof(
      fc.constant('confirm' as const),
      fc.constant('release' as const),
      fc.constant('disclose' as const),
      fc.integer({ min: 1, max: 40 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.boolean(), (steps, redacted) => {
        const m = model({ receiver: true, made: { redactions: redacted ? 1 : 0 } });
        let [released, confirmedAt] = [!redacted, false];
        for (const one of steps) {
          const before = kinds(m).filter((k) => k === 'push').length;
          const open = m.run.transfer?.state === 'unconfirmed';
          if (typeof one === 'number') m.pass(one * DAY);
          else if (one === 'confirm') {
            confirmedAt ||= open;
            confirmed(m);
          } else if (allowedActions(m.run, m.now).includes('release')) {
            released = true;
            act(m, { action: 'release', disclose: one === 'disclose' ? ['app/users/-#1/text'] : [] });
          }
          const now = kinds(m).filter((k) => k === 'push').length;
          if (now > before) expect([released, confirmedAt]).toEqual([true, true]);
          expect(now).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('stands in the run only where a receiver was named', () => {
    expect(model().run).not.toHaveProperty('transfer');
    expect(model({ receiver: true, made: { redactions: 1 } }).run.transfer).toEqual(newTransfer());
  });
});
