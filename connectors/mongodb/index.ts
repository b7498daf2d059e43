/**
 * MongoDB systems. One file per operation: discover (search, graph, people, matching, spelling), collect, apply
 * (apply-delete, apply-fields, changes), verify, affected, guard, mark, healthcheck, describe; schema compiles the pack's
 * datasets, store holds the connections, errors turns the driver's errors into codes. docs/connectors/mongodb.md.
 */
import type { ConnectorFactory } from '../../domain/ports/connector.js';
import { affected } from './affected.js';
import { apply } from './apply.js';
import { collect } from './collect.js';
import { onDay, type Context } from './context.js';
import { describe } from './describe.js';
import { discover } from './discover.js';
import { mapped } from './errors.js';
import { accountPage, countAccount } from './closure.js';
import { expired, forbidden } from './expired.js';
import { guard } from './guard.js';
import { healthcheck } from './healthcheck.js';
import { mark } from './mark.js';
import { compile } from './schema.js';
import { readSettings } from './settings.js';
import { mongoStore } from './store.js';
import { verify } from './verify.js';

/**
 * A connector for one MongoDB system of a pack. Connects on first use; `verify` reads over connections of its own.
 * ConnectorError `config` when settings or datasets cannot be served.
 */
export const mongoConnector: ConnectorFactory = (system, tools) => {
  const settings = readSettings(tools.settings);
  const context: Context = {
    schema: compile(system),
    settings,
    tools,
    store: mongoStore(settings, 'habeas'),
    readback: mongoStore(settings, 'habeas-verify'),
  };
  return {
    describe: () => describe(context.schema),
    healthcheck: () => mapped(() => healthcheck(context)),
    discover: (input) => mapped(() => discover(onDay(context, input.asOf), input)),
    collect: (input) => mapped(() => collect(context, input)),
    apply: (input) => mapped(() => apply(onDay(context, input.asOf), input)),
    verify: (input) => mapped(() => verify(onDay(context, input.asOf), input)),
    expired: (input) => mapped(() => expired(context, input)),
    accountPage: (input) => mapped(() => accountPage(onDay(context, input.asOf), input)),
    countAccount: (input) => mapped(() => countAccount(context, input)),
    forbidden: (dataset) => mapped(() => forbidden(context, dataset)),
    affected: (input) => mapped(() => affected(context, input)),
    guard: (input) => mapped(() => guard(context, input)),
    mark: (input) => mapped(() => mark(context, input)),
    async close() {
      await Promise.all([context.store.close(), context.readback.close()]);
    },
  };
};
