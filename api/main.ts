/** `habeas api`: the HTTP process, configured by the environment only. */
import { readFileSync } from 'node:fs';
import { createMailer } from '../infra/mail/index.js';
import { awaitPlatform } from '../infra/platform.js';
import { loadPolicies, policiesFolder } from '../infra/policies/index.js';
import { loadSettings, type Settings } from '../infra/settings.js';
import { createLog, fault, safe } from '../infra/telemetry/index.js';
import { connectTemporal, SEARCH, type TemporalClient } from '../infra/temporal/index.js';
import type { RequestInput } from '../domain/lifecycle/commands.js';
import type { TemporalGatewayOptions } from './gateway/index.js';
import { composeApi } from './compose.js';
import { createApi } from './create-api.js';
import type { FrozenPack } from '../domain/policy/types.js';
import type { ApiLog, DevPort } from './deps.js';

export interface RunningApi {
  readonly port: number;
  stop(): Promise<void>;
}

function temporalOf(settings: Settings, keys: Parameters<typeof connectTemporal>[0]['keys']): TemporalClient {
  const read = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : readFileSync(path));
  const [ca, crt, key] = [
    read(settings.get('HABEAS_TEMPORAL_TLS_CA')),
    read(settings.get('HABEAS_TEMPORAL_TLS_CERT')),
    read(settings.get('HABEAS_TEMPORAL_TLS_KEY')),
  ];
  const pair = crt !== undefined && key !== undefined ? { clientCertPair: { crt, key } } : {};
  const tls =
    settings.get('HABEAS_TEMPORAL_TLS') || ca !== undefined || crt !== undefined
      ? { serverRootCACertificate: ca, ...pair }
      : undefined;
  return connectTemporal({
    address: settings.get('HABEAS_TEMPORAL_ADDRESS'),
    namespace: settings.get('HABEAS_TEMPORAL_NAMESPACE'),
    keys,
    tls,
    apiKey: settings.get('HABEAS_TEMPORAL_API_KEY'),
    identity: 'habeas-api',
  });
}

/** The typed log takes a closed set of fields; what the API notes fits into it. */
function apiLog(log: ReturnType<typeof createLog>): ApiLog {
  return {
    error(code, fields) {
      const { requestId, route, code: problem, error } = fields;
      const word = (value: string | number | undefined) => (value === undefined ? undefined : safe(String(value)));
      log.error(`api.${code}`, {
        requestId: word(requestId),
        route: word(route),
        code: word(problem),
        error: word(error),
      });
    },
  };
}

/** Search attributes of a new request: operator, state, right and due date, never more (they are not encrypted). */
export function searchableStart(input: RequestInput): ReturnType<NonNullable<TemporalGatewayOptions['startOptions']>> {
  return {
    typedSearchAttributes: [
      { key: SEARCH.operator, value: input.operator },
      { key: SEARCH.state, value: 'received' },
      { key: SEARCH.right, value: input.right },
      { key: SEARCH.due, value: new Date(input.clock.at.due) },
    ],
  };
}

export interface ApiExtras {
  /** The embedded stack's way to move a request's time; absent everywhere else. */
  readonly dev?: (client: TemporalClient['client'], packs: ReadonlyMap<string, FrozenPack>) => DevPort;
  /** Raised to give up waiting for the store. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the API; waits while the store is away. Errors: SettingsError, PolicyFaultsError, StoreError, KeyError with
 * their codes.
 */
export async function startApi(settings: Settings = loadSettings(), extras: ApiExtras = {}): Promise<RunningApi> {
  const log = createLog({ level: settings.get('HABEAS_LOG_LEVEL') });
  const { packs, authorities } = await loadPolicies(policiesFolder(settings.get('HABEAS_POLICIES')));
  const platform = await awaitPlatform(
    {
      mongodbUrl: settings.need('HABEAS_MONGODB_URL'),
      ledgerUrl: settings.get('HABEAS_LEDGER_MONGODB_URL'),
      keys: settings.need('HABEAS_KEYS'),
      namespace: settings.get('HABEAS_TEMPORAL_NAMESPACE'),
      log,
      appName: 'habeas-api',
    },
    extras.signal ?? new AbortController().signal,
  );
  const temporal = temporalOf(settings, platform.keys);
  const mailer = createMailer({ url: settings.need('HABEAS_SMTP_URL'), from: settings.get('HABEAS_MAIL_FROM') });
  const close = async (): Promise<void> => {
    mailer.close();
    await temporal.close().catch(() => undefined);
    await platform.close();
  };
  try {
    const api = createApi(
      await composeApi({
        platform,
        packs,
        temporal,
        mailer,
        log: apiLog(log),
        trustProxy: settings.get('HABEAS_TRUST_PROXY'),
        authorities: [...authorities.values()],
        publicUrl: settings.get('HABEAS_PUBLIC_URL'),
        startOptions: searchableStart,
        ...(extras.dev === undefined ? {} : { dev: extras.dev(temporal.client, packs) }),
      }),
    );
    const port = await api.start(settings.get('HABEAS_PORT'), settings.get('HABEAS_HOST'));
    platform.ledger.start([...packs.keys()]);
    log.info('api.started', { port });
    return {
      port,
      async stop() {
        await api.stop();
        await close();
        log.info('api.stopped');
      },
    };
  } catch (error) {
    log.error('api.not_started', fault(error));
    await close();
    throw error;
  }
}
