/** The product's API as one process. */
import { composeApi } from '../../api/compose.js';
import { createApi } from '../../api/create-api.js';
import { openPlatform } from '../../infra/platform.js';
import { createLog } from '../../infra/telemetry/index.js';
import { connectTemporal, SEARCH } from '../../infra/temporal/index.js';
import { benchPolicies } from '../packs.js';
import { measured, settings, tell } from './channel.js';

export interface ApiChild {
  readonly mongodbUrl: string;
  readonly temporal: string;
  readonly keys: string;
}

const given = settings<ApiChild>();
const log = createLog({ level: 'warn' });
let stop = (): Promise<void> => Promise.resolve();
const onCommand = measured(() => stop());
const platform = await openPlatform({
  mongodbUrl: given.mongodbUrl,
  keys: given.keys,
  namespace: 'default',
  log,
  appName: 'habeas-api',
  onCommand,
});
const temporal = connectTemporal({ address: given.temporal, keys: platform.keys });
const { packs } = await benchPolicies();
const MANY = 1_000_000;
const api = createApi(
  await composeApi({
    platform,
    packs,
    temporal,
    mailer: { send: async () => ({ accepted: true }) },
    // The rate limit is for strangers and mistakes; the bench is neither.
    limits: { perPrincipal: MANY, perStranger: MANY, perAddress: MANY },
    startOptions: (input) => ({
      typedSearchAttributes: [
        { key: SEARCH.operator, value: input.operator },
        { key: SEARCH.right, value: input.right },
        { key: SEARCH.state, value: 'received' },
        { key: SEARCH.due, value: new Date(input.clock.at.due) },
      ],
    }),
  }),
);
const port = await api.start(0);
stop = async () => {
  await api.stop();
  await temporal.close();
  await platform.close();
};
tell({ say: 'ready', port });
