/** What kind of work a right asks for. Everything that differs between rights asks here, not for their names. */
import type { Right } from './words.js';

/**
 * `read`: collects (access, portability). `erase`: removes. `change`: corrects values. `restrict`: sets a flag that readers
 * honour. `stop`: ends processing for purposes (objection, withdrawn consent, opt-out).
 */
export type RightMode = 'read' | 'erase' | 'change' | 'restrict' | 'stop';

const MODES: Readonly<Record<Right, RightMode>> = {
  access: 'read',
  portability: 'read',
  erasure: 'erase',
  rectification: 'change',
  restriction: 'restrict',
  objection: 'stop',
  consent_withdrawal: 'stop',
  opt_out: 'stop',
};

export function modeOf(right: Right): RightMode {
  return MODES[right];
}

/** Copies in backups matter: what they still hold is not what the live systems say any more. */
export function touchesBackups(right: Right): boolean {
  return modeOf(right) === 'erase' || modeOf(right) === 'change';
}
