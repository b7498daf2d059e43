/** Rules over the recipients of a pack: transfers that rest on something, and a way to tell each of them. */
import type { Report } from './fault.js';
import { recipientParty } from './recipients.js';
import type { Pack } from './types.js';

/** Tools that no longer make any transfer lawful, with the judgment that ended each. */
const DEAD_TOOLS: readonly { readonly name: RegExp; readonly why: string }[] = [
  {
    name: /privacy[\s_-]*shield/i,
    why: 'the Privacy Shield was invalidated on 16 July 2020 (CJEU C-311/18, Schrems II)',
  },
  { name: /safe[\s_-]*harbou?r/i, why: 'Safe Harbour was invalidated on 6 October 2015 (CJEU C-362/14, Schrems I)' },
];
const REFERENCE = /^\$\{[A-Z][A-Z0-9_]*\}$/;
const MAILBOX = /^[^\s<>,;:"()[\]\\]+@[^\s<>,;:"()[\]\\@]+$/;

/**
 * A recipient whose transfer rests on a dead tool is refused (GDPR Art. 44: such a transfer has no basis), and so is one
 * that could not be told what its notice says it is told (Art. 19).
 */
export function lintRecipients(pack: Pack, report: Report): void {
  const systems = new Set(pack.systems.map(({ id }) => id));
  const datasets = new Set(pack.systems.flatMap((system) => system.datasets.map(({ id }) => id)));
  const parties = new Map<string, string>();
  pack.recipients.forEach((recipient, index) => {
    const at = (...rest: readonly (string | number)[]) => ['recipients', index, ...rest];
    const { name, system, transfer, notify } = recipient;
    if (system !== null && !systems.has(system)) report(at('system'), 'unknown_system', `no system "${system}"`);
    const dead = DEAD_TOOLS.find((tool) => tool.name.test(transfer));
    if (dead !== undefined) {
      report(
        at('transfer'),
        'dead_transfer_tool',
        `${dead.why}: name a tool that holds (adequacy, scc, bcr, dpf with the certification checked), or stop the transfer`,
      );
    }
    const other = parties.get(recipientParty(name));
    if (other !== undefined && other !== name)
      report(at('name'), 'recipient_ambiguous', `cannot be told apart from "${other}" in ids: ${recipientParty(name)}`);
    parties.set(recipientParty(name), name);
    if (notify === null) return;
    if (system !== null)
      report(at('notify'), 'notice_to_own_system', `is told by erasing in the system ${system}: leave notify out`);
    if (notify.by === 'mail' && notify.to === null)
      report(at('notify'), 'notice_without_address', 'a mail needs an address: to');
    if (notify.by === 'mail' && notify.to !== null && !REFERENCE.test(notify.to) && !MAILBOX.test(notify.to))
      report(at('notify', 'to'), 'notice_without_address', 'must be a mail address, or a reference such as ${NAME}');
    if (notify.by === 'webhook' && notify.to !== null && !REFERENCE.test(notify.to) && !/^https:\/\//.test(notify.to))
      report(at('notify', 'to'), 'notice_without_address', 'must be an https address, or a reference such as ${NAME}');
    notify.datasets.forEach((id, position) => {
      if (!datasets.has(id)) report(at('notify', 'datasets', position), 'unknown_dataset', `no dataset "${id}"`);
    });
  });
}
