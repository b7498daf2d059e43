/**
 * The cross-field rules of a pack: everything that a shape cannot say (design.md section 4). A pack with a fault is not
 * loaded, because a rule that cannot work would only show when a person's data was already touched, or left.
 */
import { isTimeZone } from '../clock/zone.js';
import { regimeOf } from '../clock/regimes.js';
import { clockedAs } from '../clock/request-clock.js';
import { durationMs } from '../clock/duration.js';
import type { Right } from '../words.js';
import { reportDuplicates, type PolicyFault, type Report } from './fault.js';
import { lintDatasets } from './lint-datasets.js';
import { lintLifetimes } from './lint-lifetimes.js';
import { lintLinks } from './lint-links.js';
import { lintPromises } from './lint-promises.js';
import { lintRecipients } from './lint-recipients.js';
import { lintSettings } from './lint-settings.js';
import type { Pack } from './types.js';

export interface LintContext {
  /** Ids of policies/authorities.yaml. */
  readonly authorities: ReadonlySet<string>;
}

/** Every fault of a pack, in the order of the file's sections; empty = the pack may be used. */
export function lintPack(pack: Pack, context: LintContext): readonly PolicyFault[] {
  const faults: PolicyFault[] = [];
  const report: Report = (path, code, message) => faults.push({ path, code, message });
  lintClock(pack, report);
  lintPromises(pack, report);
  lintRegion(pack, report);
  if (!context.authorities.has(pack.legal.authority)) {
    report(['legal', 'authority'], 'unknown_authority', `no authority "${pack.legal.authority}" in authorities.yaml`);
  }
  lintIds(pack, report);
  lintApprovals(pack, report);
  lintGuards(pack, report);
  lintKeep(pack, report);
  lintDatasets(pack, report);
  lintLinks(pack, report);
  lintLifetimes(pack, report);
  lintSettings(pack, report);
  lintBackups(pack, report);
  lintRecipients(pack, report);
  return faults;
}

function lintClock(pack: Pack, report: Report): void {
  if (!isTimeZone(pack.timeZone)) report(['timeZone'], 'unknown_time_zone', `no time zone "${pack.timeZone}"`);
  const regime = regimeOf(pack.regime);
  if (regime === undefined) {
    report(['regime'], 'unknown_regime', `no regime "${pack.regime}"`);
    return;
  }
  if (!regime.countries.includes(pack.country)) {
    report(['country'], 'country_outside_regime', `${regime.id} is for ${regime.countries.join(', ')}`);
  }
  const known = (right: Right): boolean => regime.rights.includes(clockedAs(right));
  for (const right of Object.keys(pack.identify) as Right[]) {
    if (!known(right)) report(['identify', right], 'right_outside_regime', `${regime.id} has no right "${right}"`);
  }
  if ((pack.identify.consent_withdrawal ?? 'none') !== 'none') {
    // GDPR Art. 7(3): withdrawing is as easy as giving consent was.
    report(
      ['identify', 'consent_withdrawal'],
      'proof_for_withdrawal',
      'withdrawing consent needs no proof of identity: none',
    );
  }
  if (Object.keys(pack.identify).length === 0) report(['identify'], 'no_rights', 'no right is offered');
  pack.promises.forEach(({ rights }, index) => {
    rights?.forEach((right, at) => {
      if (!known(right))
        report(['promises', index, 'rights', at], 'right_outside_regime', `${regime.id} has no right "${right}"`);
    });
  });
  if (pack.clockSwitches.roll === true && !regime.roll) {
    report(['clockSwitches', 'roll'], 'regime_does_not_roll', `${regime.id} does not roll a due day`);
  }
}

/** Regions that a worker can be of (`HABEAS_REGION`). */
const REGIONS: readonly string[] = ['EEA', 'UK', 'CH', 'US', 'CA', 'BR', 'KR', 'JP', 'SG', 'IN', 'AU'];

function lintRegion(pack: Pack, report: Report): void {
  if (pack.region !== null && !REGIONS.includes(pack.region))
    report(['region'], 'unknown_region', `no region "${pack.region}"; there are: ${REGIONS.join(', ')}`);
}

function lintIds(pack: Pack, report: Report): void {
  const ids = (list: readonly { readonly id: string }[], section: string) =>
    list.map(({ id }, index) => ({ value: id, path: [section, index, 'id'] }));
  // Backups answer beside systems in plans and steps, so that they share one set of names.
  reportDuplicates([...ids(pack.systems, 'systems'), ...ids(pack.backups, 'backups')], 'system', report);
  reportDuplicates(ids(pack.approvals, 'approvals'), 'approval', report);
  reportDuplicates(ids(pack.guards, 'guards'), 'guard', report);
  pack.systems.forEach((system, index) => {
    const datasets = system.datasets.map(({ id }, at) => ({
      value: id,
      path: ['systems', index, 'datasets', at, 'id'],
    }));
    reportDuplicates(datasets, `dataset of ${system.id}`, report);
  });
  reportDuplicates(
    pack.recipients.map(({ name }, index) => ({ value: name, path: ['recipients', index, 'name'] })),
    'recipient',
    report,
  );
}

function lintApprovals(pack: Pack, report: Report): void {
  const systems = new Set(pack.systems.map(({ id }) => id));
  const datasets = new Set(pack.systems.flatMap((system) => system.datasets.map(({ id }) => id)));
  pack.approvals.forEach((rule, index) => {
    rule.when.systems?.forEach((id, at) => {
      if (!systems.has(id)) report(['approvals', index, 'when', 'systems', at], 'unknown_system', `no system "${id}"`);
    });
    rule.when.datasets?.forEach((id, at) => {
      if (!datasets.has(id))
        report(['approvals', index, 'when', 'datasets', at], 'unknown_dataset', `no dataset "${id}"`);
    });
    rule.deputies.forEach((name, at) => {
      if (rule.deputies.indexOf(name) !== at)
        report(['approvals', index, 'deputies', at], 'duplicate', `deputy "${name}" is given twice`);
    });
    if (rule.by === 'organisation' && rule.deputies.length > 0) {
      report(
        ['approvals', index, 'deputies'],
        'deputy_of_organisation',
        'who may speak for an organisation stands in its own entry of the directory, not in the pack',
      );
    }
    rule.remindAfter.forEach((after, at) => {
      const before = rule.remindAfter[at - 1];
      if (before !== undefined && (durationMs(after) ?? 0) <= (durationMs(before) ?? 0)) {
        report(
          ['approvals', index, 'remindAfter', at],
          'reminders_out_of_order',
          `a reminder after ${after} does not follow ${before}`,
        );
      }
    });
  });
  // GDPR Art. 28(3)(a): a processor acts on instruction only. A dataset without a gate would be erased on our own word.
  pack.systems.forEach((system, index) => {
    system.datasets.forEach((dataset, at) => {
      if (dataset.role !== 'processor') return;
      const gated = pack.approvals.some(
        ({ by, when }) =>
          by === 'organisation' &&
          when.role !== 'controller' &&
          when.rights === undefined &&
          (when.systems?.includes(system.id) ?? true) &&
          (when.datasets?.includes(dataset.id) ?? true),
      );
      if (!gated) {
        report(
          ['systems', index, 'datasets', at, 'role'],
          'processor_without_gate',
          `${system.id}/${dataset.id} belongs to organisations, but no approval asks them for every right`,
        );
      }
    });
  });
}

/** Rights that no guard may stop: GDPR Art. 21(3) and 7(3). */
const UNSTOPPABLE: readonly Right[] = ['objection', 'consent_withdrawal'];

/** What the operator's own application reports about an account (`account.…` of docs/events.md). */
const UNBLOCKING: readonly string[] = ['ownership_transferred', 'account_cancelled'];

function lintGuards(pack: Pack, report: Report): void {
  const types = new Set(
    pack.systems.flatMap((system) => system.datasets.flatMap(({ identifiers }) => Object.keys(identifiers))),
  );
  pack.guards.forEach((guard, index) => {
    const at = (...rest: readonly (string | number)[]) => ['guards', index, ...rest];
    guard.rights.forEach((right, position) => {
      if (UNSTOPPABLE.includes(right))
        report(at('rights', position), 'guard_on_unstoppable_right', `no guard may stop ${right}`);
    });
    const system = pack.systems.find(({ id }) => id === guard.system);
    if (system === undefined) report(at('system'), 'unknown_system', `no system "${guard.system}"`);
    else if (system.connector !== 'mongodb') {
      report(
        at('system'),
        'guard_without_query',
        `a guard is a query to a mongodb system, "${guard.system}" is ${system.connector}`,
      );
    }
    guard.datasets.forEach((id, position) => {
      // A guard may protect what another system holds: the vendor's customer of an account that still pays.
      const dataset = pack.systems.flatMap(({ datasets }) => datasets).find((candidate) => candidate.id === id);
      if (dataset === undefined) {
        report(at('datasets', position), 'unknown_dataset', `no dataset "${id}"`);
        return;
      }
      const free = Object.entries(dataset.fields).find(
        ([, { basis, purpose, category }]) =>
          basis === 'consent' || /marketing|newsletter/i.test(`${purpose} ${category}`),
      );
      if (free !== undefined) {
        report(
          at('datasets', position),
          'guard_on_consent',
          `"${id}" holds marketing or consent-based data (${free[0]}), which no guard may hold back`,
        );
      }
    });
    guard.unblock.forEach((event, position) => {
      if (!UNBLOCKING.includes(event)) {
        report(
          at('unblock', position),
          'unknown_event',
          `nothing reports "${event}"; there are: ${UNBLOCKING.join(', ')}`,
        );
      }
    });
    if (Object.keys(guard.query).length === 0)
      report(at('query'), 'guard_without_query', 'an empty query would block everybody');
    for (const [name, value] of Object.entries(guard.query)) {
      if (typeof value === 'string' && value.startsWith('$') && !types.has(value.slice(1))) {
        report(at('query', name), 'unknown_identifier', `no dataset has identifiers of type "${value.slice(1)}"`);
      }
    }
  });
}

const DAY_MS = 86_400_000;

function lintKeep(pack: Pack, report: Report): void {
  // A request that was withdrawn or not identified can be reopened for 14 days.
  if ((durationMs(pack.keep.request) ?? 0) < 14 * DAY_MS) {
    report(['keep', 'request'], 'kept_too_short', 'a request is kept for at least P14D after it is closed');
  }
}

function lintBackups(pack: Pack, report: Report): void {
  const systems = new Set(pack.systems.map(({ id }) => id));
  pack.backups.forEach((backup, index) => {
    backup.covers.forEach((id, at) => {
      if (!systems.has(id)) report(['backups', index, 'covers', at], 'unknown_system', `no system "${id}"`);
    });
  });
}
