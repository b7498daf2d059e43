import type { CollectInput } from '../../domain/ports/connector.js';
import { addressesOf, kindById, type SendgridContext } from './context.js';

/**
 * Streams contacts (all their fields) and the entries of every suppression list. Mail records cannot be read here; the
 * caveat `mail_activity_not_collected` says so.
 *
 * @returns records given to the sink, by part key
 * @throws ConnectorError
 */
export async function collect(
  context: SendgridContext,
  input: CollectInput,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { part, refs } of input.targets) {
    let count = 0;
    const give = async (data: Record<string, unknown>) => {
      await input.sink.record({
        system: part.system,
        dataset: part.dataset,
        organisation: part.organisation,
        data,
        others: [],
      });
      count++;
    };
    const kind = kindById(context, part.dataset);
    if (kind === 'contacts')
      for (const ref of refs) {
        input.heartbeat();
        const contact = await context.api.contact(ref.id);
        if (contact !== null) await give({ ...contact });
      }
    if (kind === 'suppressions')
      for (const account of context.api.accounts)
        for (const address of addressesOf(refs)) {
          input.heartbeat();
          for (const { list, entry } of await context.api.suppressions(account, address))
            await give({ list, ...entry });
        }
    counts[part.key] = count;
  }
  return counts;
}
