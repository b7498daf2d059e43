/** Rules over connector settings: what a connector needs, and that no secret stands in a pack. */
import type { Report } from './fault.js';
import type { Pack, SystemPolicy } from './types.js';

const NEEDED: Readonly<Record<SystemPolicy['connector'], readonly string[]>> = {
  mongodb: ['url'],
  stripe: ['url', 'key'],
  sendgrid: ['key'],
  http: ['url'],
  manual: [],
};
const REFERENCE = /^\$\{[A-Z][A-Z0-9_]*\}$/;
const SECRET = /key|secret|token|password|credential/i;

/** Names of the environment that a pack's systems and backups need, sorted. */
export function environmentOf(pack: Pack): readonly string[] {
  const names = new Set<string>();
  const values = [
    ...pack.systems.flatMap(({ settings }) => Object.values(settings).flat()),
    ...pack.backups.map(({ location }) => location),
  ];
  for (const value of values) {
    if (typeof value === 'string')
      for (const match of value.matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g)) names.add(match[1] ?? '');
  }
  return [...names].sort();
}

/** Packs are stored, hashed and shown: secrets and addresses with passwords come from the environment only. */
export function lintSettings(pack: Pack, report: Report): void {
  pack.systems.forEach((system, index) => {
    for (const name of NEEDED[system.connector]) {
      if (system.settings[name] === undefined) {
        report(
          ['systems', index, 'settings', name],
          'missing_setting',
          `a ${system.connector} system needs the setting "${name}"`,
        );
      }
    }
    for (const [name, value] of Object.entries(system.settings)) {
      const path = ['systems', index, 'settings', name];
      const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
      for (const text of texts) {
        if (SECRET.test(name) && !REFERENCE.test(text))
          report(path, 'literal_secret', 'a secret must be a reference such as ${NAME}');
        else if (/\/\/[^/@\s]*:[^/@\s]*@/.test(text))
          report(path, 'literal_secret', 'an address with a password must be a reference such as ${NAME}');
        else if (text.includes('${') && text.replace(/\$\{[A-Z][A-Z0-9_]*\}/g, '').includes('${')) {
          report(path, 'bad_reference', 'a reference is ${NAME} with capital letters, digits and _');
        }
      }
    }
  });
}
