/**
 * The SendGrid connector: marketing contacts, suppression lists (kept), and the vendor's erase job for mail records.
 * settings.ts reads the settings, http.ts makes a call, endpoints.ts knows the paths, and each operation has a file.
 */
import type { ConnectorFactory } from '../../domain/ports/connector.js';
import { apply } from './apply.js';
import { collect } from './collect.js';
import type { SendgridContext } from './context.js';
import { discover } from './discover.js';
import { SendgridApi } from './endpoints.js';
import { healthcheck } from './health.js';
import { readSettings } from './settings.js';
import { verify } from './verify.js';

/** @throws ConnectorError `config`, see `readSettings` */
export const sendgridConnector: ConnectorFactory = (system, tools) => {
  const api = new SendgridApi(readSettings(tools.settings), tools.worldNow);
  const context: SendgridContext = { system, api, tools };
  return {
    describe: () => ({
      connector: 'sendgrid',
      version: '1',
      vendorApiVersion: 'v3',
      takes: ['email'],
      yields: [],
      completeness: 'best_effort',
      caveats: ['mail_activity_not_collected', 'erase_job_has_no_status', 'subuser_contacts_need_own_key'],
      irreversible: true,
      asynchronous: true,
    }),
    healthcheck: () => healthcheck(context),
    discover: (input) => discover(context, input),
    collect: (input) => collect(context, input),
    apply: (input) => apply(context, input),
    verify: (input) => verify(context, input),
    close: () => Promise.resolve(),
  };
};
