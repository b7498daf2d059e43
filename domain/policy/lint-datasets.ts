/** Rules over the datasets of a pack: who controls a record, how it is found, what is done to it and what holds it. */
import { RETENTION_LAWS } from '../holds/laws.js';
import type { Report } from './fault.js';
import type { DatasetPolicy, HoldRule, Pack, SystemPolicy } from './types.js';

type Place = (...rest: readonly (string | number)[]) => readonly (string | number)[];

/** Reports every fault of every dataset. */
export function lintDatasets(pack: Pack, report: Report): void {
  const types = new Set(
    pack.systems.flatMap(({ datasets }) => datasets.flatMap(({ identifiers }) => Object.keys(identifiers))),
  );
  pack.systems.forEach((system, index) => {
    system.datasets.forEach((dataset, position) => {
      const at: Place = (...rest) => ['systems', index, 'datasets', position, ...rest];
      lintOrganisation(pack, system, dataset, at, report);
      lintIdentifiers(dataset, at, report);
      lintLinks(system, dataset, types, at, report);
      lintErase(dataset, at, report);
      if (dataset.hold !== null) lintHold(dataset, dataset.hold, at, report);
      if (dataset.derived && dataset.signIn) {
        report(at('derived'), 'derived_sign_in', 'a record that lets somebody sign in can be created by a sign-up');
      }
      if (Object.keys(dataset.fields).length === 0) {
        // GDPR Art. 15(1)(a): an answer says what is stored and what for.
        report(at('fields'), 'no_fields', 'no field is described, so that no answer could say what is stored and why');
      }
    });
  });
}

function lintOrganisation(pack: Pack, system: SystemPolicy, dataset: DatasetPolicy, at: Place, report: Report): void {
  const { organisation, role } = dataset;
  if (organisation === null) {
    if (role === 'processor') {
      report(
        at('role'),
        'processor_without_organisation',
        'a processor dataset must name the organisation of each record',
      );
    }
    return;
  }
  if (typeof organisation === 'string') return;
  const own = system.datasets.filter(({ id }) => id === organisation.from);
  const all = pack.systems.flatMap(({ datasets }) => datasets).filter(({ id }) => id === organisation.from);
  const sources = own.length > 0 ? own : all;
  if (sources.length === 0) report(at('organisation', 'from'), 'unknown_dataset', `no dataset "${organisation.from}"`);
  else if (sources.length > 1) {
    report(at('organisation', 'from'), 'ambiguous_dataset', `several systems have a dataset "${organisation.from}"`);
  } else if (typeof sources[0]?.organisation !== 'string') {
    report(
      at('organisation', 'from'),
      'organisation_not_named',
      `"${organisation.from}" has no field that names an organisation`,
    );
  }
}

function lintIdentifiers(dataset: DatasetPolicy, at: Place, report: Report): void {
  if (Object.keys(dataset.identifiers).length === 0) {
    report(at('identifiers'), 'no_identifiers', 'without an identifier nobody can be found here');
  }
  dataset.declared.forEach((type, index) => {
    if (dataset.identifiers[type] === undefined) {
      report(at('declared', index), 'unknown_identifier', `"${type}" is not among the identifiers of this dataset`);
    }
  });
}

function lintLinks(
  system: SystemPolicy,
  dataset: DatasetPolicy,
  types: ReadonlySet<string>,
  at: Place,
  report: Report,
): void {
  dataset.links.forEach((link, index) => {
    if (!knows(dataset, link.from)) {
      report(
        at('links', index, 'from'),
        'unknown_field',
        `"${link.from}" is neither a field nor an identifier of this dataset`,
      );
    }
    if (link.to.startsWith('identifier:')) {
      const type = link.to.slice('identifier:'.length);
      if (!types.has(type)) report(at('links', index, 'to'), 'unknown_identifier', `no dataset is found by "${type}"`);
      return;
    }
    const dot = link.to.indexOf('.');
    const [id, field] = [link.to.slice(0, dot), link.to.slice(dot + 1)];
    const target = system.datasets.find((candidate) => candidate.id === id);
    if (target === undefined) report(at('links', index, 'to'), 'unknown_dataset', `no dataset "${id}" in ${system.id}`);
    else if (!knows(target, field))
      report(at('links', index, 'to'), 'unknown_field', `"${field}" is neither a field nor an identifier of "${id}"`);
  });
}

function lintErase(dataset: DatasetPolicy, at: Place, report: Report): void {
  const { erase } = dataset;
  if (erase.kind === 'mask' || erase.kind === 'unset') {
    erase.paths.forEach((path, index) => {
      if (dataset.fields[path] === undefined)
        report(at('erase', erase.kind, index), 'unknown_field', `"${path}" is not a described field`);
    });
    // What still finds the person afterwards has not forgotten her: GDPR Art. 4(5).
    for (const [type, paths] of Object.entries(dataset.identifiers)) {
      for (const path of paths) {
        if (path !== '_id' && !erase.paths.some((erased) => path === erased || path.startsWith(`${erased}.`))) {
          report(at('erase', erase.kind), 'identifier_left', `the identifier ${type} in "${path}" would stay`);
        }
      }
    }
  }
  if (erase.kind === 'pull') {
    const paths = Object.values(dataset.identifiers).flat();
    if (!paths.some((path) => path.startsWith(`${erase.path}.`))) {
      report(at('erase', 'pull'), 'unknown_field', `no identifier is found inside "${erase.path}"`);
    }
  }
}

function lintHold(dataset: DatasetPolicy, hold: HoldRule, at: Place, report: Report): void {
  if (hold.exemption === null && hold.noGround === null) {
    report(
      at('hold'),
      'hold_without_reason',
      'a hold must say why it withstands a request: exemption (17-3-b, 17-3-e) or noGround',
    );
  }
  if (hold.exemption !== null && hold.noGround !== null) {
    report(
      at('hold', 'noGround'),
      'hold_with_two_reasons',
      'either an exemption applies or the ground is not met, not both',
    );
  }
  if (RETENTION_LAWS.has(hold.law)) {
    if (hold.documentOn === null) {
      report(
        at('hold'),
        'hold_without_date',
        `${hold.law} counts from the document's date: name its field in documentOn`,
      );
    }
  } else if (hold.whileField === null && hold.endsOn === null) {
    report(
      at('hold', 'law'),
      'hold_without_end',
      `"${hold.law}" is no retention law known here, and neither whileField nor endsOn says when it ends`,
    );
  }
  for (const key of ['documentOn', 'whileField'] as const) {
    const path = hold[key];
    if (path !== null && path !== dataset.createdAt && !knows(dataset, path)) {
      report(at('hold', key), 'unknown_field', `"${path}" is not a described field`);
    }
  }
}

/** `_id` and `id` are the record's own names. */
function knows(dataset: DatasetPolicy, path: string): boolean {
  if (path === '_id' || path === 'id') return true;
  return dataset.fields[path] !== undefined || Object.values(dataset.identifiers).some((paths) => paths.includes(path));
}
