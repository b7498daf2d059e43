/**
 * The HTTP edge: routes out of contracts/endpoints.ts over the ports of deps.ts.
 * create-api: app and process · auth, access: who may, whose is it · http/: problems, validation, preconditions,
 * idempotency, router · handlers/: one file per group of rows · events/: signed inbound events · package/: codes and
 * downloads · gateway/: running requests over Temporal · start-request: after the commit, and reconciliation ·
 * openapi: the document · main: composition from the environment.
 */
export { createApi, type Api } from './create-api.js';
export { createTokenVerifier, principalOfToken } from './auth.js';
export type { ApiDeps, ApiLimits, ApiLog, DevPort, LedgerReader, Policies, TokenVerifier } from './deps.js';
export {
  createTemporalGateway,
  GatewayError,
  Refusal,
  type Gateway,
  type LiveView,
  type TemporalAccess,
} from './gateway/index.js';
export { openApiDocument } from './openapi.js';
export { reconcile, startRequest } from './start-request.js';
