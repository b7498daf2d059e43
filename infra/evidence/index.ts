/** Evidence of who was asked, when, how, and what came of it. */
export { createEvidence, type Evidence, type EvidenceOptions } from './evidence.js';
