/**
 * The certificate of a request: its commitments (data map, subject), its making and its offline check. Pure.
 * Format: docs/certificate.md.
 */
export {
  CertificateError,
  buildCertificate,
  signCertificate,
  type CertificateInput,
  type CertificateStep,
} from './build.js';
export { checkCertificate } from './check.js';
export { dataMap, dataMapRoot, subjectCommitment, type DataMap, type DataMapRow } from './data-map.js';
export type {
  Certificate,
  CertificateApproval,
  CertificateBackup,
  CertificateBody,
  CertificateClock,
  CertificateLedger,
  CertificateSystem,
} from './types.js';
