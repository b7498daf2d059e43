/** Rules over what ends in a dataset without anybody erasing it: its time, a purpose, its account, its use while disputed. */
import { addDuration, parseDuration } from '../clock/duration.js';
import { dayOf } from '../calendar/civil.js';
import type { Report } from './fault.js';
import type { DatasetPolicy, Pack, StopRule, SystemPolicy } from './types.js';

type Place = (...rest: readonly (string | number)[]) => readonly (string | number)[];

/** Reports every fault of retention, stop rules, flags, accounts and forbidden fields. */
export function lintLifetimes(pack: Pack, report: Report): void {
  pack.systems.forEach((system, index) => {
    system.datasets.forEach((dataset, position) => {
      const at: Place = (...rest) => ['systems', index, 'datasets', position, ...rest];
      lintRetention(dataset, at, report);
      dataset.stop.forEach((rule, place) => {
        lintStop(system, dataset, rule, (...rest) => at('stop', place, ...rest), report);
      });
      lintFlags(system, dataset, at, report);
      lintForbidden(system, dataset, at, report);
    });
  });
  lintClosure(pack, report);
  lintData(pack, report);
}

/** GDPR Art. 5(1)(e): every class has an end, and what the end is counted from is a described field. */
function lintRetention(dataset: DatasetPolicy, at: Place, report: Report): void {
  const { retention, hold } = dataset;
  const telemetry = Object.entries(dataset.fields).find(([, { category }]) => /telemetry/i.test(category));
  if (telemetry !== undefined && retention.kind !== 'ttl') {
    report(
      at('retention'),
      'telemetry_without_ttl',
      `"${telemetry[0]}" is saved temporarily (${telemetry[1].category}): say for how long with {ttl: …, after: …}`,
    );
  }
  switch (retention.kind) {
    case 'hold':
      if (hold === null)
        report(
          at('retention'),
          'retention_without_hold',
          '{hold: true} needs a hold, whose end is the end of the record',
        );
      return;
    case 'while':
      return;
    case 'ttl':
      lintDate(dataset, retention.after, at('retention', 'after'), report);
      return;
    case 'max':
      retention.after.forEach((path) => lintDate(dataset, path, at('retention', 'after'), report));
      if (retention.settledOn !== null) lintDate(dataset, retention.settledOn, at('retention', 'settledOn'), report);
      return;
    case 'min':
      retention.after.forEach((path) => lintDate(dataset, path, at('retention', 'after'), report));
      if (isShorter(retention.limit, retention.for)) {
        report(
          at('retention', 'limit'),
          'limit_before_minimum',
          `kept at least ${retention.for}, so that the limit cannot be ${retention.limit}`,
        );
      }
  }
}

function lintDate(dataset: DatasetPolicy, path: string, at: readonly (string | number)[], report: Report): void {
  if (!isDescribed(dataset, path))
    return report(at, 'unknown_field', `"${path}" is not a described field: describe it under fields`);
  const type = dataset.fields[path]?.type;
  if (type !== undefined && type !== 'date')
    report(at, 'not_a_date', `"${path}" is described as ${type}, no period can run from it: name a date`);
}

/** Whether one period ends before another, begun on any day of four years. */
function isShorter(limit: string, minimum: string): boolean {
  const [a, b] = [parseDuration(limit), parseDuration(minimum)];
  if (a === null || b === null) return false;
  const from = dayOf(2025, 1, 1);
  for (let day = from; day < from + 1_461; day += 1) if (addDuration(day, a) < addDuration(day, b)) return true;
  return false;
}

function lintStop(system: SystemPolicy, dataset: DatasetPolicy, rule: StopRule, at: Place, report: Report): void {
  const purposes = new Set(Object.values(dataset.fields).map(({ purpose }) => purpose));
  if (rule.purpose !== 'direct_marketing' && !purposes.has(rule.purpose)) {
    report(
      at('purpose'),
      'unknown_purpose',
      `no field of "${dataset.id}" has the purpose "${rule.purpose}"; there are: ${[...purposes].sort().join(', ')}`,
    );
  }
  rule.unset.forEach((path, index) => {
    if (!isDescribed(dataset, path))
      report(at('unset', index), 'unknown_field', `"${path}" is not a described field: describe it under fields`);
  });
  for (const [path, value] of Object.entries(rule.set)) {
    if (!isDescribed(dataset, path))
      report(at('set', path), 'unknown_field', `"${path}" is not a described field: describe it under fields`);
    const type = dataset.fields[path]?.type;
    const fits =
      type === undefined ||
      (type === 'number' || type === 'boolean' ? typeof value === type : typeof value === 'string');
    if (!fits) report(at('set', path), 'wrong_type', `"${path}" is described as ${type}: set it to one`);
  }
  if (system.connector !== 'sendgrid' && (rule.lists.length > 0 || rule.group !== null)) {
    report(
      rule.lists.length > 0 ? at('lists') : at('group'),
      'stop_without_mail',
      `lists and groups are of a mail vendor, "${system.id}" is ${system.connector}`,
    );
  }
  if (system.connector !== 'mongodb' && (rule.unset.length > 0 || Object.keys(rule.set).length > 0)) {
    report(
      rule.unset.length > 0 ? at('unset') : at('set'),
      'stop_without_fields',
      `fields can be set or removed in a mongodb system, "${system.id}" is ${system.connector}`,
    );
  }
}

function lintFlags(system: SystemPolicy, dataset: DatasetPolicy, at: Place, report: Report): void {
  const { restrict, account } = dataset;
  if (restrict !== null) {
    const type = dataset.fields[restrict.flag]?.type;
    if (system.connector !== 'mongodb') {
      report(
        at('restrict'),
        'restrict_without_flag',
        `a flag can be set in a mongodb system, "${system.id}" is ${system.connector}`,
      );
    } else if (!isDescribed(dataset, restrict.flag))
      report(
        at('restrict', 'flag'),
        'unknown_field',
        `"${restrict.flag}" is not a described field: describe it under fields`,
      );
    else if (type !== undefined && type !== 'boolean')
      report(at('restrict', 'flag'), 'wrong_type', `"${restrict.flag}" is described as ${type}, a flag is boolean`);
  }
  if (account === null) return;
  if (system.connector !== 'mongodb') {
    report(
      at('account'),
      'account_without_query',
      `records of an account are found in a mongodb system, "${system.id}" is ${system.connector}`,
    );
  } else if (!isDescribed(dataset, account) && account !== dataset.organisation)
    report(at('account'), 'unknown_field', `"${account}" is not a described field: describe it under fields`);
}

/** What must not be there cannot be described as being there; and only a store that can be asked can be checked. */
function lintForbidden(system: SystemPolicy, dataset: DatasetPolicy, at: Place, report: Report): void {
  dataset.forbidden.forEach((path, index) => {
    if (dataset.fields[path] !== undefined)
      report(
        at('forbidden', index),
        'forbidden_described',
        `"${path}" is described as a field of this dataset: either it may be there, or not`,
      );
  });
  if (dataset.forbidden.length > 0 && system.connector !== 'mongodb') {
    report(
      at('forbidden'),
      'forbidden_unchecked',
      `fields can be looked for in a mongodb system, "${system.id}" is ${system.connector}`,
    );
  }
}

function lintClosure(pack: Pack, report: Report): void {
  const named = pack.systems.some(({ datasets }) => datasets.some(({ account }) => account !== null));
  if (pack.closure !== null && !named)
    report(['closure'], 'closure_without_account', 'no dataset names its account: nothing would be erased');
}

/** Copies of one datum are corrected together, so that one value must fit them all. */
function lintData(pack: Pack, report: Report): void {
  const types = new Map<string, { readonly type: string; readonly place: string }>();
  pack.systems.forEach((system, index) => {
    system.datasets.forEach((dataset, position) => {
      for (const [path, { datum, type = 'text' }] of Object.entries(dataset.fields)) {
        if (datum === undefined) continue;
        const first = types.get(datum);
        if (first === undefined) types.set(datum, { type, place: `${system.id}/${dataset.id}/${path}` });
        else if (first.type !== type) {
          report(
            ['systems', index, 'datasets', position, 'fields', path, 'datum'],
            'datum_types_differ',
            `is ${type} here and ${first.type} in ${first.place}: one corrected value must fit both`,
          );
        }
      }
    });
  });
}

/** `_id` and the time of creation are the record's own. */
function isDescribed(dataset: DatasetPolicy, path: string): boolean {
  return path === '_id' || path === dataset.createdAt || dataset.fields[path] !== undefined;
}
