/**
 * The record of processing activities, made of the pack: GDPR Art. 30(1) for datasets of which the operator is the
 * controller, Art. 30(2) for those that it processes for organisations. Same pack, same record. What a pack cannot know
 * (which organisations there are) is said where it stands instead.
 */
import { RETENTION_LAWS } from '../holds/laws.js';
import type { Authority, DatasetPolicy, FieldPolicy, FrozenPack, Pack, SystemPolicy } from './types.js';

/** A party that receives data, with what makes a transfer lawful (Art. 30(1)(d) and (e)). */
export interface RopaRecipient {
  readonly name: string;
  readonly role: string;
  readonly region: string;
  readonly purpose: string;
  readonly transfer: string;
}

/** One dataset within an activity: where it is, whom it is about, how long it stays (Art. 30(1)(f)). */
export interface RopaDataset {
  readonly system: string;
  readonly dataset: string;
  readonly people: string;
  readonly limits: readonly string[];
}

/** One processing activity: everything that is done for one purpose. */
export interface RopaActivity {
  readonly purpose: string;
  readonly bases: readonly string[];
  readonly people: readonly string[];
  readonly data: readonly string[];
  readonly sources: readonly string[];
  readonly datasets: readonly RopaDataset[];
}

export interface Ropa {
  readonly operator: string;
  readonly policy: { readonly version: string; readonly hash: string };
  readonly party: {
    readonly name: string;
    readonly orgNo: string;
    readonly address: string;
    readonly dpo: string;
    readonly authority: string;
  };
  /** Art. 30(1). */
  readonly asController: readonly RopaActivity[];
  /** Art. 30(2). */
  readonly asProcessor: readonly RopaActivity[];
  /** Where the controllers of Art. 30(2)(a) are listed; null when the operator processes for nobody. */
  readonly controllers: string | null;
  readonly recipients: readonly RopaRecipient[];
  readonly backups: readonly { readonly id: string; readonly covers: readonly string[]; readonly limit: string }[];
  /** Art. 30(1)(g): documents that describe them. */
  readonly measures: readonly string[];
}

const MEASURES = [
  'docs/privacy.md: where a person is in Habeas itself, encryption under a data key per request, forgetting',
  'docs/THREAT-MODEL.md: what is protected from whom, and what is not',
  'docs/operations.md: access, keys and their rotation, backups, monitoring',
  "the operator's own description of the systems named here",
] as const;

export function recordOfProcessing({ pack, hash }: FrozenPack, authority: Authority | null): Ropa {
  const processes = pack.systems.some((s) => s.datasets.some((d) => d.role === 'processor'));
  return {
    operator: pack.operator,
    policy: { version: pack.version, hash },
    party: {
      name: pack.legal.name,
      orgNo: pack.legal.orgNo,
      address: pack.legal.address,
      dpo: pack.legal.dpo,
      authority: authority?.name ?? pack.legal.authority,
    },
    asController: activitiesOf(pack, 'controller'),
    asProcessor: activitiesOf(pack, 'processor'),
    controllers: processes
      ? 'the organisation directory (GET /v1/organisations/{id}): each organisation that a record names'
      : null,
    recipients: pack.recipients.map(({ name, role, region, purpose, transfer }) => ({
      name,
      role,
      region,
      purpose,
      transfer: transferWords(transfer),
    })),
    backups: pack.backups.map((b) => ({ id: b.id, covers: b.covers, limit: `${words(b.retention)} after each copy` })),
    measures: MEASURES,
  };
}

interface Slice {
  readonly system: SystemPolicy;
  readonly dataset: DatasetPolicy;
  readonly fields: readonly FieldPolicy[];
}

function activitiesOf(pack: Pack, role: DatasetPolicy['role']): RopaActivity[] {
  const purposes = new Map<string, Slice[]>();
  for (const system of pack.systems) {
    for (const dataset of system.datasets) {
      if (dataset.role !== role) continue;
      const fields = Object.values(dataset.fields);
      for (const purpose of sorted(fields.map((f) => f.purpose))) {
        const slice = { system, dataset, fields: fields.filter((f) => f.purpose === purpose) };
        purposes.set(purpose, [...(purposes.get(purpose) ?? []), slice]);
      }
    }
  }
  return [...purposes.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([purpose, slices]) => {
      const of = (pick: (field: FieldPolicy) => string): string[] => sorted(slices.flatMap((s) => s.fields.map(pick)));
      return {
        purpose,
        bases: of((f) => f.basis),
        people: sorted(slices.map((s) => peopleOf(s.dataset))),
        data: of((f) => f.category),
        sources: of((f) => f.source),
        datasets: slices.map(({ system, dataset }) => ({
          system: system.id,
          dataset: dataset.id,
          people: peopleOf(dataset),
          limits: limitsOf(dataset),
        })),
      };
    });
}

/** Category of people: a pack names none of its own, so a dataset stands for those whom its records are about. */
function peopleOf(dataset: DatasetPolicy): string {
  const id = dataset.id.replace(/[_-]/g, ' ');
  return dataset.signIn ? `people with a sign-in in ${id}` : `people named in ${id}`;
}

/** Art. 30(1)(f): the envisaged limit, and the law that may hold a record beyond it. */
function limitsOf(dataset: DatasetPolicy): string[] {
  const { retention, hold } = dataset;
  const limits: string[] = [];
  switch (retention.kind) {
    case 'max':
      limits.push(
        `erased ${words(retention.for)} after ${retention.after.join(' or ')}${retention.settledOn === null ? '' : `, or on ${retention.settledOn} if that is earlier`}`,
      );
      break;
    case 'min':
      limits.push(
        `kept for ${words(retention.for)} and erased ${words(retention.limit)} after ${retention.after.join(' or ')}`,
      );
      break;
    case 'ttl':
      limits.push(`removed by the store ${words(retention.for)} after ${retention.after}`);
      break;
    case 'while':
      limits.push(UNTIL[retention.until]);
      break;
    case 'hold':
      limits.push('erased when the hold ends');
  }
  if (hold !== null) {
    const law = RETENTION_LAWS.get(hold.law);
    const until = [
      ...(law === undefined ? [] : [law.period]),
      ...(hold.whileField === null ? [] : [`as long as ${hold.whileField} is set`]),
      ...(hold.endsOn === null ? [] : [`until ${hold.endsOn}`]),
    ];
    limits.push(`held by ${law?.source ?? hold.law}${until.length === 0 ? '' : ` ${until.join(', ')}`}`);
  }
  return limits;
}

const UNTIL = {
  account_closed: 'until the account is closed',
  contract_ended: 'until the contract ends',
  consent_withdrawn: 'until consent is withdrawn',
  subject_request: 'until the person asks for it',
  vendor_period: "until the vendor's own period ends",
} as const;

function transferWords(transfer: string): string {
  return transfer === 'none_needed' ? 'no transfer to a third country' : transfer;
}

/** The record for people to read and to hand to an authority (Art. 30(4)): Markdown, one newline at the end. */
export function ropaMarkdown(record: Ropa): string {
  const { party } = record;
  const lines = [
    `# Record of processing: ${cell(party.name)}`,
    '',
    `Made from policy pack ${record.operator}, version ${record.policy.version} (${record.policy.hash}).`,
    '',
    `- Organisation number: ${party.orgNo}`,
    `- Address: ${party.address}`,
    `- Data protection officer or contact: ${party.dpo}`,
    `- Supervisory authority: ${party.authority}`,
    '',
    '## As controller (GDPR Art. 30(1))',
    '',
    ...activityLines(record.asController, 'No dataset is processed as a controller.'),
    '## As processor (GDPR Art. 30(2))',
    '',
    ...(record.controllers === null ? [] : [`Controllers: ${record.controllers}.`, '']),
    ...activityLines(record.asProcessor, 'Nothing is processed for other controllers.'),
    '## Recipients and transfers',
    '',
    ...table(
      ['Recipient', 'Role', 'Region', 'Purpose', 'Transfer rests on'],
      record.recipients.map((r) => [r.name, r.role, r.region, r.purpose, r.transfer]),
      'Nobody else receives data.',
    ),
    '## Backup copies',
    '',
    ...table(
      ['Backup', 'Covers', 'Limit'],
      record.backups.map((b) => [b.id, b.covers.join(', '), b.limit]),
      'None are known.',
    ),
    '## Security measures (Art. 32(1))',
    '',
    ...record.measures.map((measure) => `- ${measure}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function activityLines(activities: readonly RopaActivity[], none: string): string[] {
  if (activities.length === 0) return [none, ''];
  return activities.flatMap((activity) => [
    `### ${activity.purpose}`,
    '',
    `- People: ${activity.people.join('; ')}`,
    `- Data: ${activity.data.join(', ')}`,
    `- Legal basis: ${activity.bases.join(', ')}`,
    `- Source: ${activity.sources.join(', ')}`,
    '',
    ...table(
      ['Dataset', 'Limit'],
      activity.datasets.map((d) => [`${d.system}/${d.dataset}`, d.limits.join('; ')]),
      '',
    ),
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[], none: string): string[] {
  if (rows.length === 0) return [none, ''];
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [row(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(row), ''];
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/[\r\n]+/g, ' ');
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** `P90D` → `90 days`. */
function words(duration: string): string {
  const n = Number(duration.slice(1, -1));
  const unit = { D: 'day', W: 'week', M: 'month', Y: 'year' }[duration.slice(-1)] ?? duration;
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
