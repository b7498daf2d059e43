/** Issuing certificates; their format and check are in domain/certificate. */
export { createCertifier, type CertifierParts } from './certifier.js';
