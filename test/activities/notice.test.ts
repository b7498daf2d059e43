/** The notice activity: what leaves for a recipient, by which way, and what it comes to when nobody can be reached. */
import { describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/index.js';
import { notice } from '../../activities/notice.js';
import type { NoticeInput } from '../../activities/types.js';
import type { OutgoingEvent } from '../../domain/ports/webhooks.js';
import { loadPolicies, policiesFolder } from '../../infra/policies/index.js';

const { packs } = await loadPolicies(policiesFolder(undefined));
const AT = '2026-03-02T10:00:00.000Z';

function world(known: { email: string; language: string } | null, endpoints: number) {
  const events: OutgoingEvent[] = [];
  const mails: { id: string; to: string; subject: string; text: string; language: string }[] = [];
  const pack = packs.get('defigo');
  if (pack === undefined) throw new Error('pack');
  const deps = {
    packs: { byHash: async () => pack },
    outgoing: {
      send: async (sent: readonly OutgoingEvent[]) => {
        events.push(...sent);
        return sent.map(({ id }) => ({ id, endpoints }));
      },
    },
    mailer: {
      send: async (mail: (typeof mails)[number]) => {
        mails.push(mail);
        return { accepted: true };
      },
    },
    organisations: { contact: async () => known },
    publicUrl: 'https://habeas.example.no',
    stamp: () => ({ caseAt: AT, worldAt: AT }),
  } as unknown as ActivityDeps;
  return { deps, events, mails };
}

const input = (by: 'webhook' | 'mail', name = 'Installation partners'): NoticeInput => ({
  requestId: 'req_01JDB2C3D4E5F6G7H8J9K0M1N2',
  operator: 'defigo',
  right: 'erasure',
  policyHash: 'sha256:x',
  simulated: false,
  notice: {
    id: 'ntc_01JDB2C3D4E5F6G7H8J9K0M1N2_1',
    name,
    party: 'recipient.installation-partners',
    kind: 'erasure',
    by,
    queuedAt: AT,
    sentAt: null,
    way: null,
    result: null,
    resultAt: null,
    reasonRef: null,
    error: null,
    nextAttemptAt: null,
    waits: false,
  },
});

describe('a notice', () => {
  it('as an event carries the id of the notice and nothing of the request; the same id for a repeat', async () => {
    const { deps, events } = world(null, 1);
    expect(await notice(deps, input('webhook'))).toMatchObject({ way: 'webhook', problem: null });
    await notice(deps, input('webhook'));
    expect(events[0]).toEqual({
      id: 'evt_01JDB2C3D4E5F6G7H8J9K0M1N2_1_notice',
      type: 'erasure.recipient_notice',
      operator: 'defigo',
      organisation: 'recipient.installation-partners',
      at: AT,
      requestId: null,
      approvalId: null,
      data: { noticeId: 'ntc_01JDB2C3D4E5F6G7H8J9K0M1N2_1' },
    });
    expect(events[1]?.id).toBe(events[0]?.id);
  });

  it('to nobody is a task, not a success', async () => {
    expect(await notice(world(null, 0).deps, input('webhook'))).toMatchObject({ way: null, problem: 'no_endpoint' });
    const away = world(null, 0);
    expect(await notice(away.deps, input('mail', 'Nobody'))).toMatchObject({ way: null, problem: 'no_contact' });
    expect(away.mails).toEqual([]);
  });

  it('as a mail goes to the address of the pack, or of the directory in its language', async () => {
    const own = world(null, 0);
    expect(await notice(own.deps, input('mail'))).toMatchObject({ way: 'mail', problem: null });
    expect(own.mails).toMatchObject([
      {
        id: 'req_01JDB2C3D4E5F6G7H8J9K0M1N2.ntc_01JDB2C3D4E5F6G7H8J9K0M1N2_1',
        to: 'privacy@installation.example.no',
        language: 'nb',
      },
    ]);
    const listed = world({ email: 'dpo@partner.example.se', language: 'sv' }, 0);
    await notice(listed.deps, input('mail'));
    expect(listed.mails).toMatchObject([{ to: 'dpo@partner.example.se', language: 'sv' }]);
  });
});
