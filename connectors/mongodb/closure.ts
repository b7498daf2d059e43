/** One page of the records of a customer account, and how many are left: what closing an account erases. */
import type { Document } from 'mongodb';
import type { AccountInput, AccountPage } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { failure } from './errors.js';
import { refOf } from './expired.js';
import { variantsOf } from './ids.js';
import { holdOf } from './records.js';
import type { Dataset } from './schema.js';

/**
 * By the account predicate, never by people, so that a record which names nobody goes as well. Records that stay (held, or
 * masked) are skipped by their number: what is erased leaves the selection by itself, and ids of mixed types have no order
 * that a range could resume in. A record that slips through is found by {@link countAccount}.
 * ConnectorError `config` where the dataset names no account field.
 */
export async function accountPage(context: Context, input: AccountInput): Promise<AccountPage> {
  const dataset = context.schema.dataset(input.dataset.id);
  const collection = await context.store.collection(dataset.policy);
  const cursor = collection
    .find(filterOf(dataset, input.account), { projection: dataset.projection })
    .sort({ _id: 1 })
    .skip(input.skip)
    .limit(input.limit);
  const refs = [];
  let held = 0;
  let read = 0;
  for await (const document of cursor) {
    read += 1;
    const hold = holdOf(dataset, document, context.tools.holdUntil);
    if (hold === null) refs.push(refOf(dataset, document));
    else held += 1;
    input.heartbeat({ account: dataset.id, read });
  }
  return { refs, held, read };
}

/** Records of the account that are there now, over the connection that only reads. */
export async function countAccount(context: Context, input: Omit<AccountInput, 'skip' | 'limit'>): Promise<number> {
  const dataset = context.schema.dataset(input.dataset.id);
  const collection = await context.readback.collection(dataset.policy);
  return collection.countDocuments(filterOf(dataset, input.account));
}

function filterOf(dataset: Dataset, account: string): Document {
  const { account: field } = dataset.policy;
  if (field === null) throw failure('config', `no account field in dataset ${dataset.id}`);
  // An empty reference would select records that belong to nobody.
  if (account === '') throw failure('validation', 'account reference');
  return { [field]: { $in: variantsOf(account) } };
}
