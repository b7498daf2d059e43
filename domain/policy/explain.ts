/** A pack in plain words, for `habeas policy explain`: what it promises, who decides, what stays and why. */
import { regimeOf } from '../clock/regimes.js';
import { RETENTION_LAWS } from '../holds/laws.js';
import { environmentOf } from './lint-settings.js';
import type { ApprovalRule, BackupPolicy, DatasetPolicy, EraseRule, HoldRule, Pack, SystemPolicy } from './types.js';

/**
 * Says what a pack does, for people who do not read YAML. Same pack, same text.
 * @returns lines joined by `\n`, with a newline at the end
 */
export function explainPack(pack: Pack): string {
  const lines = [
    `${pack.legal.name} (${pack.operator}), version ${pack.version}`,
    `  Organisation number ${pack.legal.orgNo}, ${pack.legal.address}. Data protection contact: ${pack.legal.dpo}.`,
    `  Complaints go to ${pack.legal.authority}. Letters are written in ${pack.language} unless the person chose another language.`,
    '',
    'When an answer is due',
    ...clockLines(pack),
    '',
    'Who may ask, and how well we must know her',
    ...Object.entries(pack.identify).map(([right, level]) =>
      level === 'none'
        ? `  ${right}: no proof of identity.`
        : `  ${right}: identity verified at level ${level} or better.`,
    ),
    `  A question to the person stays open for ${words(pack.askWithin)}.`,
    '',
    'Who decides',
    ...(pack.approvals.length === 0 ? ['  Nobody else is asked.'] : pack.approvals.map(approvalLine)),
    ...pack.guards.map(
      (guard) =>
        `  Guard ${guard.id}: ${guard.rights.join(', ')} waits for ${guard.datasets.join(', ')} until ${guard.unblock.join(' or ')}, at most ${words(guard.blockedFor)}. Everything else goes ahead.`,
    ),
    pack.release === 'officer'
      ? '  A package with a copy of the data waits until a privacy officer releases it.'
      : '  A package without redactions is released by itself.',
    '',
    ...[...pack.systems].sort((a, b) => a.order - b.order).flatMap((system) => [...systemLines(system), '']),
    'Backups',
    ...(pack.backups.length === 0 ? ['  None are known.'] : pack.backups.map(backupLine)),
    '',
    'Who else receives data',
    ...(pack.recipients.length === 0
      ? ['  Nobody.']
      : pack.recipients.map(
          ({ name, role, region, purpose, system }) =>
            `  ${name} (${role}, ${region}): ${purpose}.${system === null ? ' Is told by a notice.' : ` Is told by erasing in the system ${system}.`}`,
        )),
    '',
    'What Habeas itself keeps',
    `  The request with its records: ${words(pack.keep.request)} after it is closed. Packages: ${words(pack.keep.packages)}. The sealed answer: ${words(pack.keep.answers)}.`,
    '',
    `Needs from the environment: ${environmentOf(pack).join(', ') || 'nothing'}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function clockLines(pack: Pack): string[] {
  const regime = regimeOf(pack.regime);
  if (regime === undefined) return [`  Regime ${pack.regime} is not known.`];
  const first = typeof regime.first === 'string' ? words(regime.first) : `${regime.first.businessDays} business days`;
  const rolls = pack.clockSwitches.roll ?? regime.roll;
  const lines = [
    `  ${regime.name}: ${first} from receipt${regime.extended === null ? ', no extension' : `, up to ${words(regime.extended)} when extended with reasons in time`}.`,
    `  Days are those of ${pack.timeZone}; ${rolls ? `a last day on a weekend or holiday of ${pack.country} moves to the next working day` : 'a last day is never moved'}.`,
  ];
  for (const { within, rights } of pack.promises) {
    lines.push(`  Own promise: ${words(within)}${rights === undefined ? '' : ` for ${rights.join(', ')}`}.`);
  }
  return lines;
}

function approvalLine({ id, when, by, remindAfter, escalateTo }: ApprovalRule): string {
  const conditions = [
    when.role === 'processor'
      ? 'data of which an organisation is the controller'
      : when.role === 'controller'
        ? 'our own data'
        : 'all data',
    ...(when.rights === undefined ? [] : [`for ${when.rights.join(', ')}`]),
    ...(when.systems === undefined ? [] : [`in ${when.systems.join(', ')}`]),
    ...(when.datasets === undefined ? [] : [`of ${when.datasets.join(', ')}`]),
  ];
  const who =
    by === 'organisation' ? 'the organisation' : by === 'privacy_officer' ? 'a privacy officer' : 'a second person';
  const reminders =
    remindAfter.length === 0 ? 'without reminders' : `reminders after ${remindAfter.map(words).join(', ')}`;
  const ladder = escalateTo.length === 0 ? '' : `, told in turn: ${escalateTo.join(', ')}`;
  return `  ${id}: ${conditions.join(' ')} needs a decision of ${who}; ${reminders}${ladder}. Silence never approves.`;
}

function systemLines(system: SystemPolicy): string[] {
  const rate = system.rate === null ? '' : `, at most ${system.rate.perSecond} calls a second`;
  return [`System ${system.id} (${system.connector}${rate})`, ...system.datasets.flatMap(datasetLines)];
}

function datasetLines(dataset: DatasetPolicy): string[] {
  const whose =
    dataset.role === 'controller'
      ? 'we are the controller'
      : typeof dataset.organisation === 'string'
        ? `controlled by the organisation in ${dataset.organisation}`
        : `controlled by the organisation of the ${dataset.organisation?.from ?? 'record'} that led here`;
  const found = Object.entries(dataset.identifiers)
    .map(
      ([type, paths]) =>
        `${type} in ${paths.join(', ')}${dataset.declared.includes(type) ? ' (the person can edit it: a person looks first)' : ''}`,
    )
    .join('; ');
  const notes = [
    ...(dataset.signIn ? ['lets somebody sign in: a second record for one person is looked at first'] : []),
    ...(dataset.derived ? ['written by systems only: new records are erased again without asking'] : []),
  ];
  return [
    `  ${dataset.id}: ${whose}.`,
    `    Found by ${found}.`,
    `    Erasure ${eraseWords(dataset.erase)}.${dataset.hold === null ? '' : ` ${holdWords(dataset.hold)}`}`,
    ...notes.map((note) => `    Note: ${note}.`),
  ];
}

function eraseWords(rule: EraseRule): string {
  switch (rule.kind) {
    case 'delete':
      return 'deletes the record';
    case 'redact':
      return "asks for the vendor's own redaction";
    case 'keep':
      return `leaves the record, because of ${rule.basis}`;
    case 'mask':
      return `overwrites ${rule.paths.join(', ')}`;
    case 'unset':
      return `removes ${rule.paths.join(', ')}`;
    case 'pull':
      return `removes the person's own element of ${rule.path}, nobody else's`;
  }
}

function holdWords(hold: HoldRule): string {
  const law = RETENTION_LAWS.get(hold.law);
  const reason =
    hold.exemption === null
      ? 'the ground for erasure is not met while a contract runs'
      : `GDPR Art. ${hold.exemption.replace(/^17-3-/, '17(3)(')})`;
  const until = [
    ...(law === undefined ? [] : [`${law.period} (${law.source}), counted from ${hold.documentOn ?? 'the document'}`]),
    ...(hold.whileField === null ? [] : [`as long as ${hold.whileField} is set`]),
  ].join(', and ');
  return `Held by ${hold.law}: kept ${until}; withstands a request because ${reason}.`;
}

const MODES = {
  expire: 'copies run out by themselves',
  replay: 'after a restore every erasure is repeated',
  rewrite: 'copies are rewritten without the person',
} as const;

function backupLine({ id, kind, retention, covers, mode }: BackupPolicy): string {
  return `  ${id} (${kind}): copies of ${covers.join(', ')} live ${words(retention)}; ${mode.map((one) => MODES[one]).join('; ')}.`;
}

/** `P90D` → `90 days`. */
function words(duration: string): string {
  const n = Number(duration.slice(1, -1));
  const unit = { D: 'day', W: 'week', M: 'month', Y: 'year' }[duration.slice(-1)] ?? duration;
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
