/**
 * The YAML form of a policy pack and of the list of authorities: what may stand there, what may be left out, and what is
 * then meant. Parsing gives the frozen shape of domain/policy/types (infra/policies checks that the two agree).
 * Unknown keys are refused: a misspelt rule must not be silently absent.
 */
import * as z from 'zod';
import { FIELD_TYPES, HOLD_ENDING_EVENTS, LANGUAGES, RETENTION_EVENTS, RIGHTS } from './words.js';

const text = z.string().trim().min(1, 'must not be empty').max(500);
const id = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be an id: lower-case letters, digits, _ and -, beginning with a letter');
const duration = z.string().regex(/^P[1-9]\d{0,4}[DWMY]$/, 'must be a duration with one unit: PnD, PnW, PnM or PnY');
const fieldPath = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*$/, 'must be a field path: names joined by dots');
const identifierType = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'must be an identifier type, for example email or userId');
const right = z.enum(RIGHTS);

/** `email: email` or `email: [email, oldEmails]`. */
const paths = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(fieldPath).min(1));

const role = z.enum(['controller', 'processor'], {
  error: 'every dataset must state the role of the operator: controller or processor',
});

const organisation = z
  .unknown()
  .optional()
  .transform((value, context): string | { from: string } | null => {
    if (value === undefined || value === null) return null;
    const field = fieldPath.safeParse(value);
    if (field.success) return field.data;
    const inherited = z.strictObject({ from: id }).safeParse(value);
    if (inherited.success) return inherited.data;
    context.addIssue({ code: 'custom', message: 'must be a field, or {from: <dataset>}, or null' });
    return z.NEVER;
  });

const ERASE = 'must be delete, redact, {mask: […]}, {unset: […]}, {pull: <array>} or {keep: <basis>}';
const eraseObject = z.union([
  z.strictObject({ mask: z.array(fieldPath).min(1) }).transform(({ mask }) => ({ kind: 'mask' as const, paths: mask })),
  z
    .strictObject({ unset: z.array(fieldPath).min(1) })
    .transform(({ unset }) => ({ kind: 'unset' as const, paths: unset })),
  z.strictObject({ pull: fieldPath }).transform(({ pull }) => ({ kind: 'pull' as const, path: pull })),
  z.strictObject({ keep: text }).transform(({ keep }) => ({ kind: 'keep' as const, basis: keep })),
]);
const erase = z
  .unknown()
  .transform((value, context): { kind: 'delete' } | { kind: 'redact' } | z.output<typeof eraseObject> => {
    if (value === 'delete' || value === 'redact') return { kind: value };
    const rule = eraseObject.safeParse(value);
    if (rule.success) return rule.data;
    context.addIssue({ code: 'custom', message: ERASE });
    return z.NEVER;
  });

const link = z.strictObject({
  from: fieldPath,
  to: z
    .string()
    .regex(
      /^(?:identifier:[a-z][A-Za-z0-9]{0,39}|[a-z][a-z0-9_-]{0,62}\.[A-Za-z_][A-Za-z0-9_.-]*)$/,
      'must be <dataset>.<field> or identifier:<type>',
    ),
  trust: z.enum(['system', 'declared'], {
    error: 'every link must state its trust: system (set by the application) or declared (the person can edit it)',
  }),
});

const field = z.strictObject({
  category: text,
  purpose: text,
  basis: z.enum(['consent', 'contract', 'legal_obligation', 'legitimate_interest', 'vital_interest', 'public_task']),
  source: z.enum(['subject', 'observed', 'organisation', 'third_party']),
  others: z.boolean().optional(),
  type: z.enum(FIELD_TYPES).optional(),
  datum: z
    .string()
    .regex(
      /^[a-z][a-z0-9_-]{0,62}(?:\.(?:first|last))?$/,
      'must be an id, for a part of a name with .first or .last behind',
    )
    .optional(),
  rectify: z.boolean().optional(),
});

const hold = z
  .strictObject({
    id: id.optional(),
    law: id,
    exemption: z.enum(['17-3-b', '17-3-e']).nullable().default(null),
    noGround: z.enum(['contract_running']).nullable().default(null),
    documentOn: fieldPath.nullable().default(null),
    financialYearEndMonth: z.number().int().min(1).max(12).default(12),
    whileField: fieldPath.nullable().default(null),
    endsOn: z.enum(HOLD_ENDING_EVENTS).nullable().default(null),
  })
  .transform((rule) => ({ ...rule, id: rule.id ?? rule.law }));

const RETENTION =
  'every dataset must say how long it lives: {max: …}, {min: …, limit: …}, {ttl: …}, {while: <event>} or {hold: true}; "at least" needs a limit';
const retentionForms = z.union([
  z
    .strictObject({ max: duration, after: paths, settledOn: fieldPath.nullable().default(null) })
    .transform(({ max, after, settledOn }) => ({ kind: 'max' as const, for: max, after, settledOn })),
  z
    .strictObject({ min: duration, limit: duration, after: paths })
    .transform(({ min, limit, after }) => ({ kind: 'min' as const, for: min, limit, after })),
  z
    .strictObject({ ttl: duration, after: fieldPath })
    .transform(({ ttl, after }) => ({ kind: 'ttl' as const, for: ttl, after })),
  z
    .strictObject({ while: z.enum(RETENTION_EVENTS) })
    .transform((rule) => ({ kind: 'while' as const, until: rule.while })),
  z.strictObject({ hold: z.literal(true) }).transform(() => ({ kind: 'hold' as const })),
]);
type RetentionRule = z.output<typeof retentionForms>;
const retention = z.unknown().transform((value, context): RetentionRule => {
  const rule = retentionForms.safeParse(value);
  if (rule.success) return rule.data;
  context.addIssue({ code: 'custom', message: RETENTION });
  return z.NEVER;
});

/** What ends a purpose must do something; a mail list or group is a vendor's own. */
const stop = z
  .strictObject({
    purpose: id,
    erase: z.boolean().default(false),
    unset: z.array(fieldPath).default([]),
    set: z.record(fieldPath, z.union([z.string(), z.number(), z.boolean()])).default({}),
    lists: z.array(text).default([]),
    group: z.number().int().positive().nullable().default(null),
  })
  .refine(
    (rule) =>
      rule.erase ||
      rule.unset.length > 0 ||
      Object.keys(rule.set).length > 0 ||
      rule.lists.length > 0 ||
      rule.group !== null,
    'says what ends, but not how: erase, unset, set, lists or group',
  );

const dataset = z
  .strictObject({
    id,
    role,
    organisation,
    collection: text.optional(),
    database: text.nullable().default(null),
    identifiers: z.record(identifierType, paths),
    declared: z.array(identifierType).default([]),
    links: z.array(link).default([]),
    createdAt: fieldPath.nullable().default(null),
    signIn: z.boolean().default(false),
    derived: z.boolean().default(false),
    fields: z.record(fieldPath, field),
    erase,
    hold: hold.nullable().default(null),
    account: fieldPath.nullable().default(null),
    retention,
    restrict: z.strictObject({ flag: fieldPath }).nullable().default(null),
    stop: z.array(stop).default([]),
    forbidden: z.array(fieldPath).default([]),
  })
  .transform((rule) => ({ ...rule, collection: rule.collection ?? rule.id }));

const system = z.strictObject({
  id,
  connector: z.enum(['mongodb', 'stripe', 'sendgrid', 'http', 'manual']),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).default({}),
  order: z.number().int().min(0).max(1000).default(50),
  rate: z.strictObject({ perSecond: z.number().positive() }).nullable().default(null),
  datasets: z.array(dataset).min(1),
});

const approval = z.strictObject({
  id,
  when: z
    .strictObject({
      role: z.enum(['controller', 'processor']).optional(),
      rights: z.array(right).min(1).optional(),
      systems: z.array(id).min(1).optional(),
      datasets: z.array(id).min(1).optional(),
    })
    .default({}),
  by: z.enum(['organisation', 'privacy_officer', 'second_person']),
  remindAfter: z.array(duration).default(['P7D', 'P14D', 'P21D']),
  escalateTo: z.array(z.enum(['admin', 'dpo', 'operator_dpo'])).default(['admin', 'dpo', 'operator_dpo']),
  deputies: z.array(text).default([]),
});

const guard = z.strictObject({
  id,
  rights: z.array(right).min(1),
  datasets: z.array(id).min(1),
  system: id,
  collection: text,
  query: z.record(z.string(), z.unknown()),
  ref: fieldPath,
  unblock: z.array(id).min(1),
  blockedFor: duration.default('P90D'),
});

const backup = z.strictObject({
  id,
  connector: z.literal('backups').default('backups'),
  kind: z.enum(['mongodump-dir']),
  location: text,
  retention: duration,
  mode: z
    .array(z.enum(['expire', 'replay', 'rewrite']))
    .min(1)
    .default(['expire', 'replay']),
  covers: z.array(id).min(1),
});

const recipient = z.strictObject({
  name: text,
  role: z.enum(['controller', 'processor']),
  region: text,
  purpose: text,
  system: id.nullable().default(null),
  transfer: text.default('none_needed'),
  notify: z
    .strictObject({
      by: z.enum(['webhook', 'mail', 'manual']),
      to: text.nullable().default(null),
      datasets: z.array(id).default([]),
      reference: identifierType.default('email'),
    })
    .nullable()
    .default(null),
});

/** One file of policies/operators. Input: the YAML as written; output: the pack with every default filled in. */
export const packSchema = z.strictObject({
  operator: id,
  version: text,
  legal: z.strictObject({
    name: text,
    orgNo: text,
    address: text,
    dpo: z.email('must be a mail address'),
    authority: id,
  }),
  timeZone: text,
  country: text,
  language: z.enum(LANGUAGES),
  regime: id,
  promises: z.array(z.strictObject({ within: duration, rights: z.array(right).min(1).optional() })).default([]),
  clockSwitches: z
    .strictObject({
      nonDeadlineDays: z.enum(['public', 'statutory']).optional(),
      promptWithin: z
        .string()
        .regex(/^P[1-9]\d{0,3}D$/, 'must be PnD or null')
        .nullable()
        .optional(),
      roll: z.boolean().optional(),
    })
    .default({}),
  identify: z.partialRecord(right, z.enum(['none', 'low', 'substantial', 'high'])),
  approvals: z.array(approval).default([]),
  guards: z.array(guard).default([]),
  release: z.enum(['auto', 'officer']).default('auto'),
  askWithin: duration.default('P30D'),
  keep: z
    .strictObject({
      request: duration.default('P30D'),
      packages: duration.default('P30D'),
      answers: duration.default('P3Y'),
    })
    .default({ request: 'P30D', packages: 'P30D', answers: 'P3Y' }),
  purposes: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a code'))
    .min(1)
    .default(['handling_request']),
  region: text.nullable().default(null),
  complaints: z.strictObject({ answerWithin: duration.default('P30D') }).default({ answerWithin: 'P30D' }),
  breach: z
    .strictObject({
      authorityWithin: z
        .string()
        .regex(/^PT[1-9]\d{0,3}H$/, 'must be hours: PTnH')
        .default('PT72H'),
      peopleImmediately: z.boolean().default(false),
    })
    .default({ authorityWithin: 'PT72H', peopleImmediately: false }),
  profiling: z.array(z.strictObject({ what: text, logic: text, consequences: text })).default([]),
  repeatedWithin: duration.default('P6M'),
  closure: z
    .strictObject({
      event: z.literal('account.cancelled').default('account.cancelled'),
      exportWithin: duration.nullable().default('P14D'),
    })
    .nullable()
    .default(null),
  systems: z.array(system).min(1),
  backups: z.array(backup).default([]),
  recipients: z.array(recipient).default([]),
});
export type PackInput = z.input<typeof packSchema>;
export type PackOutput = z.output<typeof packSchema>;

/** policies/authorities.yaml. */
export const authoritiesSchema = z.array(
  z.strictObject({
    id,
    name: text,
    country: z.string().regex(/^[A-Z]{2}$/, 'must be a country code'),
    address: text.nullable().default(null),
    url: z.url({ protocol: /^https$/, error: 'must be an https address' }),
    checkedOn: z.iso.date('must be a date').nullable(),
  }),
);
