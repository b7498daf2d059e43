/**
 * Tells affected people (GDPR Art. 34), one mail each. Before a mail is handed over, the row says so; its message id is
 * made of the row's key, so that after a crash in between the repeat is the same mail to whoever receives it.
 */
import { personNotice } from '../domain/breach/letters.js';
import { BREACH_VAULT, languageOfTag, letterContext, storiesOf, type PagePerson } from './breach-context.js';
import type { AboutBreach, BreachActivities } from './breach-types.js';
import type { ActivityDeps } from './deps.js';

/** People per call: a crash repeats one mail at most, and the read model moves now and then. */
const PER_CALL = 200;

export async function breachTell(deps: ActivityDeps, input: AboutBreach): ReturnType<BreachActivities['breachTell']> {
  const { pack } = await deps.packs.byHash(input.policyHash);
  const stories = await storiesOf(deps, input.breachId);
  const rows = await deps.breaches.open(input.breachId, PER_CALL);
  const pages = new Map<string, readonly PagePerson[] | null>();
  for (const row of rows) {
    deps.heartbeat();
    if (!pages.has(row.page)) pages.set(row.page, await deps.vault.get(input.breachId, BREACH_VAULT.people(row.page)));
    const person = pages.get(row.page)?.[row.n];
    const at = (): string => deps.stamp().caseAt;
    if (person === undefined || person.email === null) {
      await deps.breaches.settle(input.breachId, row.key, 'no_contact', null, at());
      continue;
    }
    if (!(await deps.breaches.begin(input.breachId, row.key, at()))) continue;
    const language = languageOfTag(person.language, pack.language);
    const notice = personNotice(letterContext(deps, pack, input, stories, language));
    try {
      await deps.mailer.send({ id: `${input.breachId}.${row.key}`, to: person.email, language, ...notice });
    } catch (error) {
      const code = permanent(error);
      // An outage is the activity's to wait out; only a mailbox that refuses for good ends her row.
      if (code === null) throw error;
      await deps.breaches.settle(input.breachId, row.key, 'undeliverable', code, at());
      continue;
    }
    await deps.breaches.settle(input.breachId, row.key, 'told', null, at());
  }
  const left = (await deps.breaches.open(input.breachId, 1)).length;
  return { kind: 'tell', stamp: deps.stamp(), left, counts: await deps.breaches.counts(input.breachId) };
}

/** `rejected`: no mail for this mailbox; `config`: the stored address is none. */
function permanent(error: unknown): string | null {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
  return code === 'rejected' || code === 'config' ? code : null;
}
