/**
 * Outgoing events. address: where an endpoint may stand · post: one checked POST · sign: Standard Webhooks signatures ·
 * outgoing: from an event to its deliveries, resend and test · attempt: one attempt of one delivery.
 */
export { isLoopbackAddress, isPublicAddress, urlFault, type UrlFault } from './address.js';
export { createAttempts, endpointScope, type AttemptOptions } from './attempt.js';
export { createOutgoing, type Outgoing, type OutgoingOptions } from './outgoing.js';
export { postOnce, PostError, POST_TIMEOUT_MS, type PostOptions } from './post.js';
export { newEndpointSecret, signatures } from './sign.js';
