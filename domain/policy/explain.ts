/** A pack in plain words, for `habeas policy explain`: what it promises, who decides, how long things live, what stays and why. */
import type { ExplainTexts } from '../../contracts/locales/explain/index.js';
import { regimeOf } from '../clock/regimes.js';
import { fill } from '../letters/words.js';
import { closingDatasets, datasetLines, list, wordOf, words, type ExplainContext } from './explain-datasets.js';
import { environmentOf } from './lint-settings.js';
import type { ApprovalRule, BackupPolicy, GuardRule, Pack, RecipientPolicy, SystemPolicy } from './types.js';

/**
 * Says what a pack does, for people who do not read YAML. Same pack and catalogue, same text.
 * @returns lines joined by `\n`, with a newline at the end
 */
export function explainPack(pack: Pack, context: ExplainContext): string {
  const { texts: t } = context;
  const { name, orgNo, address, dpo, authority } = pack.legal;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [
      fill(t.title, { name, operator: pack.operator, version: pack.version }),
      [
        fill(t.legal, { orgNo, address, dpo }),
        fill(t.authority, { authority: context.authority ?? authority, language: t.language[pack.language] }),
        ...(pack.region === null ? [] : [fill(t.region, { region: pack.region })]),
      ],
    ],
    [t.headDue, clockLines(pack, context)],
    [t.headAsk, identityLines(pack, context)],
    [t.headDecide, decisionLines(pack, context)],
    ...[...pack.systems]
      .sort((a, b) => a.order - b.order)
      .map((system): readonly [string, readonly string[]] => systemSection(system, pack, context)),
    [
      t.headProfiling,
      pack.profiling.length === 0 ? [t.profilingNone] : pack.profiling.map((one) => fill(t.profiling, one)),
    ],
    [t.headClosure, closureLines(pack, context)],
    [t.headBreach, breachLines(pack, context)],
    [t.headBackups, pack.backups.length === 0 ? [t.backupsNone] : pack.backups.map((one) => backupLine(one, context))],
    [
      t.headRecipients,
      pack.recipients.length === 0 ? [t.recipientsNone] : pack.recipients.map((one) => recipientLine(one, context)),
    ],
    [
      t.headKeeps,
      [
        fill(t.keeps, {
          request: words(pack.keep.request, context),
          packages: words(pack.keep.packages, context),
          answers: words(pack.keep.answers, context),
        }),
      ],
    ],
  ];
  const body = sections.flatMap(([head, lines]) => [head, ...lines.map((line) => `  ${line}`), '']);
  const names = environmentOf(pack).join(', ');
  return `${[...body, fill(t.environment, { names: names === '' ? t.nothing : names })].join('\n')}\n`;
}

function clockLines(pack: Pack, context: ExplainContext): string[] {
  const { texts: t } = context;
  const regime = regimeOf(pack.regime);
  if (regime === undefined) return [fill(t.regimeUnknown, { regime: pack.regime })];
  const first =
    typeof regime.first === 'string'
      ? words(regime.first, context)
      : fill(t.businessDays, { count: regime.first.businessDays });
  const rolls = pack.clockSwitches.roll ?? regime.roll;
  return [
    regime.extended === null
      ? fill(t.due, { regime: regime.name, first })
      : fill(t.dueExtended, { regime: regime.name, first, extended: words(regime.extended, context) }),
    fill(rolls ? t.rolls : t.neverRolls, { zone: pack.timeZone, country: pack.country }),
    ...pack.promises.map(({ within, rights }) =>
      rights === undefined
        ? fill(t.promise, { within: words(within, context) })
        : fill(t.promiseFor, { within: words(within, context), rights: rightsOf(rights, context) }),
    ),
    fill(t.complaints, { within: words(pack.complaints.answerWithin, context) }),
  ];
}

function identityLines(pack: Pack, context: ExplainContext): string[] {
  const { texts: t } = context;
  const rights = Object.keys(pack.identify) as (keyof typeof pack.identify)[];
  return [
    ...rights.map((right) => {
      const level = pack.identify[right] ?? 'none';
      return level === 'none'
        ? fill(t.levelNone, { right: t.rights[right] })
        : fill(t.level, { right: t.rights[right], level: t.levels[level] });
    }),
    fill(t.askWithin, { within: words(pack.askWithin, context) }),
    fill(t.repeated, { within: words(pack.repeatedWithin, context) }),
  ];
}

function decisionLines(pack: Pack, context: ExplainContext): string[] {
  const { texts: t } = context;
  return [
    ...(pack.approvals.length === 0
      ? [t.decidesNobody]
      : pack.approvals.flatMap((rule) => approvalLines(rule, context))),
    ...pack.guards.map((guard) => guardLine(guard, context)),
    pack.release === 'officer' ? t.releaseOfficer : t.releaseAuto,
  ];
}

function approvalLines(rule: ApprovalRule, context: ExplainContext): string[] {
  const { texts: t } = context;
  const { when } = rule;
  const what = [
    t.approvalOf[when.role ?? 'all'],
    ...(when.rights === undefined ? [] : [fill(t.approvalRights, { list: rightsOf(when.rights, context) })]),
    ...(when.systems === undefined ? [] : [fill(t.approvalSystems, { list: list(when.systems, t.and) })]),
    ...(when.datasets === undefined ? [] : [fill(t.approvalDatasets, { list: list(when.datasets, t.and) })]),
  ].join(' ');
  const after = rule.remindAfter.map((one) => words(one, context));
  const ladder = rule.escalateTo.map((one) => t.contacts[one]).join(', ');
  const reminders = after.length === 0 ? t.noReminders : fill(t.reminders, { list: list(after, t.and) });
  return [
    fill(t.approval, {
      id: rule.id,
      what,
      who: t.approvalBy[rule.by],
      reminders: `${reminders}${ladder === '' ? '' : fill(t.ladder, { list: ladder })}`,
      silence: t.silence,
    }),
    ...(rule.deputies.length === 0 ? [] : [fill(t.deputies, { list: rule.deputies.join(', ') })]),
  ];
}

function guardLine(guard: GuardRule, context: ExplainContext): string {
  const { texts: t } = context;
  const known: Readonly<Record<string, string>> = t.guardEvents;
  return fill(t.guard, {
    id: guard.id,
    rights: rightsOf(guard.rights, context),
    datasets: list(guard.datasets, t.and),
    collection: guard.collection,
    events: list(
      guard.unblock.map((event) => known[event] ?? event),
      t.or,
    ),
    within: words(guard.blockedFor, context),
  });
}

function systemSection(
  system: SystemPolicy,
  pack: Pack,
  context: ExplainContext,
): readonly [string, readonly string[]] {
  const { texts: t } = context;
  const rate = system.rate === null ? '' : fill(t.systemRate, { perSecond: system.rate.perSecond });
  return [
    fill(t.system, { id: system.id, connector: t.connectors[system.connector], rate }),
    system.datasets.flatMap((dataset) => datasetLines(dataset, pack, context)),
  ];
}

function closureLines(pack: Pack, context: ExplainContext): string[] {
  const { texts: t } = context;
  if (pack.closure === null) return [t.closureNone];
  return [
    fill(t.closure, { datasets: closingDatasets(pack).join(', ') }),
    pack.closure.exportWithin === null
      ? t.closureAtOnce
      : fill(t.closureExport, { within: words(pack.closure.exportWithin, context) }),
  ];
}

function breachLines(pack: Pack, { texts: t }: ExplainContext): string[] {
  const processes = pack.systems.some(({ datasets }) => datasets.some(({ role }) => role === 'processor'));
  return [
    fill(t.breachAuthority, { hours: pack.breach.authorityWithin.slice(2, -1) }),
    pack.breach.peopleImmediately ? t.breachAtOnce : t.breachAssessed,
    ...(processes ? [t.breachOrganisations] : []),
  ];
}

function backupLine({ id, retention, covers, mode }: BackupPolicy, context: ExplainContext): string {
  const { texts: t } = context;
  return fill(t.backup, {
    id,
    systems: list(covers, t.and),
    retention: words(retention, context),
    modes: mode.map((one) => t.modes[one]).join('; '),
  });
}

function recipientLine(recipient: RecipientPolicy, context: ExplainContext): string {
  const { texts: t } = context;
  const { name, role, region, purpose, system, transfer, notify } = recipient;
  const told =
    system !== null
      ? fill(t.toldBySystem, { system })
      : notify === null
        ? t.notTold
        : [
            ...(notify.datasets.length === 0 ? [] : [fill(t.toldOf, { datasets: list(notify.datasets, t.and) })]),
            t.toldBy[notify.by],
          ].join(' ');
  return fill(t.recipient, {
    name,
    role: t.roles[role],
    region,
    purpose: wordOf(purpose, context),
    transfer: transfer === 'none_needed' ? '' : fill(t.transfer, { tool: wordOf(transfer, context) }),
    told,
  });
}

function rightsOf(rights: readonly (keyof ExplainTexts['rights'])[], { texts: t }: ExplainContext): string {
  return list(
    rights.map((right) => t.rights[right]),
    t.and,
  );
}
