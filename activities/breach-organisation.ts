/** Tells one organisation of a breach in data of which it is the controller (GDPR Art. 33(2)). */
import { organisationNotice } from '../domain/breach/letters.js';
import { languageOfTag, letterContext, storiesOf } from './breach-context.js';
import type { BreachActivities, BreachOrganisationInput } from './breach-types.js';
import type { ActivityDeps } from './deps.js';

/** `problem`: nobody there can be reached by mail; an officer must find another way. */
export async function breachOrganisation(
  deps: ActivityDeps,
  input: BreachOrganisationInput,
): ReturnType<BreachActivities['breachOrganisation']> {
  const { pack } = await deps.packs.byHash(input.policyHash);
  const contact = await deps.organisations.contact(input.operator, input.organisation, 'dpo');
  if (contact === null) return { kind: 'organisation', stamp: deps.stamp(), problem: 'no_contact' };
  const language = languageOfTag(contact.language, pack.language);
  const context = letterContext(deps, pack, input, await storiesOf(deps, input.breachId), language);
  await deps.mailer.send({
    id: `${input.breachId}.${await mailKey(deps, input)}`,
    to: contact.email,
    language,
    ...organisationNotice(context, input),
  });
  return { kind: 'organisation', stamp: deps.stamp(), problem: null };
}

/** Ids of organisations may hold characters that a message id may not. */
async function mailKey(deps: ActivityDeps, input: BreachOrganisationInput): Promise<string> {
  const bytes = deps.sha256(new TextEncoder().encode(`${input.breachId}\n${input.organisation}`));
  return `org-${Buffer.from(bytes).toString('hex').slice(0, 24)}`;
}
