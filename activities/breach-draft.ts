/** Writes the draft to the authority into the vault, counts who is affected, and tells the data protection officer once. */
import { authorityDraft, officerMail } from '../domain/breach/letters.js';
import { BREACH_VAULT, letterContext, storiesOf } from './breach-context.js';
import type { BreachActivities, BreachDraftInput, BreachRemindInput } from './breach-types.js';
import type { ActivityDeps } from './deps.js';

export async function breachDraft(
  deps: ActivityDeps,
  input: BreachDraftInput,
): ReturnType<BreachActivities['breachDraft']> {
  const { pack } = await deps.packs.byHash(input.policyHash);
  const context = letterContext(deps, pack, input, await storiesOf(deps, input.breachId), pack.language);
  const counts = await deps.breaches.counts(input.breachId);
  const reason =
    input.silence === null
      ? null
      : ((await deps.vault.get<{ text: string }>(input.breachId, input.silence.reasonRef))?.text ?? '');
  const stamp = deps.stamp();
  const draft = authorityDraft(context, {
    complete: input.complete,
    counts,
    records: input.records,
    organisations: input.complete ? counts.organisations.map((o) => ({ ...o, state: 'pending' })) : [],
    notifyPeople: input.notifyPeople,
    silence: input.silence === null ? null : { ground: input.silence.ground, reason: reason ?? '' },
    late: stamp.caseAt > input.dueAt,
  });
  await deps.vault.put(input.breachId, [
    {
      name: BREACH_VAULT.draft,
      value: { ...draft, language: pack.language, madeAt: stamp.caseAt, complete: input.complete },
    },
  ]);
  if (input.version === 1) {
    const told = officerMail(context, 'draft');
    await deps.mailer.send({ id: `${input.breachId}.draft`, to: pack.legal.dpo, language: pack.language, ...told });
  }
  return { kind: 'draft', stamp, counts };
}

export async function breachRemind(
  deps: ActivityDeps,
  input: BreachRemindInput,
): ReturnType<BreachActivities['breachRemind']> {
  const { pack } = await deps.packs.byHash(input.policyHash);
  const context = letterContext(deps, pack, input, await storiesOf(deps, input.breachId), pack.language);
  await deps.mailer.send({
    id: `${input.breachId}.${input.reminder}`,
    to: pack.legal.dpo,
    language: pack.language,
    ...officerMail(context, input.reminder),
  });
  return { kind: 'remind', stamp: deps.stamp() };
}
