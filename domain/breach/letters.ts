/**
 * What is written about a breach. Pure. The draft to the authority carries everything of Art. 33(3); what is not known yet
 * says so (Art. 33(4)). The notice to a person carries what Art. 34(2) asks for, in plain words, and nothing about others.
 */
import type { BreachTexts } from '../../contracts/locales/breach.js';
import { formatInstant } from '../clock/zone.js';
import type { Instant } from '../words.js';
import type { BreachCounts, OrganisationRun, ReminderKind, SilenceGround } from './run.js';

/** What officers wrote down about the breach, in one language. */
export interface BreachStory {
  readonly nature: string;
  readonly consequences: string | null;
  readonly measures: string | null;
  /** What people can do themselves. */
  readonly advice: string | null;
}

export interface BreachLetterContext {
  readonly texts: BreachTexts;
  readonly breachId: string;
  readonly timeZone: string;
  readonly awareAt: Instant;
  readonly dueAt: Instant;
  readonly hours: number;
  readonly operatorName: string;
  readonly operatorAddress: string;
  readonly orgNo: string;
  readonly dpo: string;
  readonly authority: { readonly name: string; readonly url: string };
  readonly systems: readonly string[];
  /** Categories of data, as the pack calls them. */
  readonly categories: readonly string[];
  readonly story: BreachStory;
  readonly draftUrl: string;
  readonly simulated: boolean;
}

export interface BreachMail {
  readonly subject: string;
  readonly text: string;
}

type Values = Readonly<Record<string, string | number>>;

/** Replaces `{name}`; a missing value is a bug and throws, so that nothing goes out with a hole. */
function put(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`letter_value_missing: ${name}`);
    return String(value);
  });
}

function valuesOf(context: BreachLetterContext): Values {
  const { story, texts } = context;
  return {
    breachId: context.breachId,
    awareAt: local(context.timeZone, context.awareAt),
    dueAt: local(context.timeZone, context.dueAt),
    hours: context.hours,
    operatorName: context.operatorName,
    operatorAddress: context.operatorAddress,
    orgNo: context.orgNo,
    dpo: context.dpo,
    authority: context.authority.name,
    authorityUrl: context.authority.url,
    systems: context.systems.join(', '),
    categories: context.categories.join(', '),
    nature: story.nature,
    consequences: story.consequences ?? texts.unknownYet,
    measures: story.measures ?? texts.unknownYet,
    advice: story.advice === null ? '' : put(texts.person.advice, { text: story.advice }),
    draftUrl: context.draftUrl,
  };
}

/** An instant with the controller's own offset. */
function local(timeZone: string, at: Instant): string {
  return formatInstant(timeZone, Math.floor(Date.parse(at) / 1000));
}

export interface AuthorityFacts {
  readonly complete: boolean;
  readonly counts: BreachCounts;
  readonly records: number;
  readonly organisations: readonly Pick<OrganisationRun, 'organisation' | 'state'>[];
  readonly notifyPeople: boolean | null;
  readonly silence: { readonly ground: SilenceGround; readonly reason: string } | null;
  /** The time was over when the draft was made. */
  readonly late: boolean;
}

/** The notification to the authority, ready to be sent by an officer. */
export function authorityDraft(context: BreachLetterContext, facts: AuthorityFacts): BreachMail {
  const { authority: texts } = context.texts;
  const { counts } = facts;
  const values = {
    ...valuesOf(context),
    people: counts.people,
    records: facts.records,
    told: counts.told,
    toTell: counts.tell,
    organisations: facts.organisations.map((o) => o.organisation).join(', '),
    ground: facts.silence?.ground ?? '',
    groundText: facts.silence === null ? '' : texts.grounds[facts.silence.ground],
    reason: facts.silence?.reason ?? '',
  };
  const paragraphs = [
    ...(context.simulated ? [context.texts.simulated] : []),
    texts.intro,
    ...(facts.complete ? [] : [texts.phase]),
    texts.known,
    ...(facts.late ? [texts.late] : []),
    texts.nature,
    facts.complete ? texts.people : texts.peopleNotYet,
    texts.data,
    texts.contact,
    texts.consequences,
    texts.measures,
    ...(facts.organisations.length > 0 ? [texts.told] : []),
    facts.silence !== null ? texts.toldSilence : facts.notifyPeople === true ? texts.toldPeople : texts.toldOpen,
  ];
  return {
    subject: put(texts.subject, values),
    text: `${paragraphs.map((p) => put(p, values)).join('\n\n')}\n`,
  };
}

export function organisationNotice(
  context: BreachLetterContext,
  about: { readonly organisation: string; readonly people: number },
): BreachMail {
  return mail(context, context.texts.organisation, { organisation: about.organisation, people: about.people });
}

export function personNotice(context: BreachLetterContext): BreachMail {
  return mail(context, context.texts.person, {});
}

export function officerMail(context: BreachLetterContext, kind: ReminderKind | 'draft'): BreachMail {
  const { officer } = context.texts;
  const [subject, body] = {
    draft: [officer.draftSubject, officer.draft],
    reminder: [officer.reminderSubject, officer.reminder],
    overdue: [officer.overdueSubject, officer.overdue],
  }[kind] as [string, string];
  return mail(context, { subject, body }, {});
}

function mail(
  context: BreachLetterContext,
  texts: { readonly subject: string; readonly body: string },
  more: Values,
): BreachMail {
  const values = { ...valuesOf(context), ...more };
  const text = `${context.simulated ? `${context.texts.simulated}\n\n` : ''}${put(texts.body, values)}\n`;
  return { subject: put(texts.subject, values), text };
}
