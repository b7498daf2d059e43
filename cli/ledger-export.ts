/** `habeas ledger export` against the configured store. */
import { LedgerReader } from '../infra/ledger/index.js';
import { loadSettings } from '../infra/settings.js';
import { connectStore } from '../infra/store/connect.js';
import { exportLedger, type ExportOptions } from './ledger.js';

export async function openLedger(
  address: { readonly mongodbUrl: string; readonly ledgerUrl?: string | undefined },
  options: ExportOptions,
  write: (text: string) => unknown,
): Promise<number> {
  const store = await connectStore({
    url: address.mongodbUrl,
    ...(address.ledgerUrl === undefined ? {} : { ledgerUrl: address.ledgerUrl }),
    appName: 'habeas-export',
  });
  try {
    return await exportLedger(new LedgerReader(store.ledgerDb), options, write);
  } finally {
    await store.close();
  }
}

export async function ledgerExport(options: ExportOptions, write: (text: string) => unknown): Promise<number> {
  const settings = loadSettings();
  return openLedger(
    { mongodbUrl: settings.need('HABEAS_MONGODB_URL'), ledgerUrl: settings.get('HABEAS_LEDGER_MONGODB_URL') },
    options,
    write,
  );
}
