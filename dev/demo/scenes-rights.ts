/** Scenes of the other rights: a correction, a withdrawn consent, and an erasure that a guard holds up. */
import { MongoClient } from 'mongodb';
import { operatorUrl } from './looks.js';
import { bodyOf, check, keep, member, systemsOf, type Scene } from './tools.js';

export const corrected: Scene = {
  title: 'Defigo: a wrong name is corrected in every copy, and only there',
  async run(demo) {
    const { caller, stack } = demo;
    const per = member('defigo', 'per');
    const id = await caller.start({
      ...bodyOf('defigo', 'rectification', per, 'nb'),
      changes: [{ dataset: 'users', field: 'name', value: 'Per Ødegaard' }],
    });
    const view = await keep(demo, id, 'defigo-rectification', false);
    const client = await MongoClient.connect(operatorUrl(stack, 'defigo'), { readConcern: { level: 'majority' } });
    try {
      const names = await client
        .db()
        .collection('users')
        .distinct('name', { name: { $in: [per.name, 'Per Ødegaard'] } });
      check(
        demo,
        'name corrected',
        names.length === 1 && names[0] === 'Per Ødegaard',
        `users hold ${JSON.stringify(names)}`,
      );
      const left = await client.db().collection('apartments').countDocuments({ 'residents.name': per.name });
      check(demo, 'copies corrected', left === 0, `${left} copies of the old name among residents`);
    } finally {
      await client.close();
    }
    demo.tell(
      `${id}: ${view.steps.filter((s) => s.outcome === 'done' && s.records > 0).length} datasets corrected and read back`,
    );
  },
};

export const answers: Scene = {
  title: 'Infentre: consent to statistics is withdrawn by a mail; nobody has to agree',
  async run(demo) {
    const { caller, stack } = demo;
    const ingrid = member('infentre', 'ingrid');
    const id = await caller.start({
      operator: 'infentre',
      right: 'consent_withdrawal',
      purposes: ['statistics'],
      subject: { identifiers: [{ type: 'email', value: ingrid.email }], language: 'nb' },
      channel: 'email',
    });
    const view = await keep(demo, id, 'infentre-withdrawal', false);
    check(demo, 'no gate for a withdrawal', view.approvals.length === 0, 'neither proof nor approval was asked');
    const client = await MongoClient.connect(operatorUrl(stack, 'infentre'), { readConcern: { level: 'majority' } });
    try {
      const user = await client.db().collection('users').findOne({ email: ingrid.email });
      check(
        demo,
        'consent off',
        user?.['usageConsent'] === false,
        `usageConsent is ${JSON.stringify(user?.['usageConsent'])}`,
      );
      check(demo, 'account kept', user !== null, 'a withdrawn consent erases no account');
    } finally {
      await client.close();
    }
    demo.tell(
      `${id}: ${Object.entries(systemsOf(view))
        .map(([s, o]) => `${s} ${o}`)
        .join(', ')}`,
    );
  },
};

export const blocked: Scene = {
  title: 'Itefy: the owner of active accounts is blocked, everything else goes',
  async run(demo) {
    const { caller } = demo;
    const lars = member('itefy', 'lars');
    const id = await caller.start(bodyOf('itefy', 'erasure', lars, 'nb'));
    const view = await caller.until(
      id,
      ['awaiting_approval', 'executing', 'blocked', 'responding', 'awaiting_backup_expiry'],
      (v) => v.steps.filter((s) => s.dataset === 'newsletter').every((s) => s.outcome === 'done'),
    );
    const guard = view.guards.find((g) => g.id === 'owner_of_active_account');
    check(
      demo,
      'guard',
      guard?.state === 'blocking' && guard.refs.length === 3,
      `blocked by ${guard?.refs.join(', ') ?? 'nothing'}; the ways out: ${guard?.unblock.join(', ') ?? '-'}`,
    );
    const kept = view.steps.filter((s) => s.outcome === 'blocked').map((s) => s.dataset);
    check(demo, 'only what is guarded waits', kept.includes('users') && !kept.includes('newsletter'), kept.join(', '));
    demo.tell(
      `${id}: blocked until each account is transferred or cancelled; answered on the due day whatever happens`,
    );
  },
};
