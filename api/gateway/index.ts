/** port: what the API asks of running requests · temporal: the same over a Temporal client. */
export { GatewayError, Refusal, type Commands, type Gateway, type LiveView } from './port.js';
export { createTemporalGateway, refusalOf, type TemporalAccess, type TemporalGatewayOptions } from './temporal.js';
export { createBreachGateway, type BreachGateway } from './breaches.js';
