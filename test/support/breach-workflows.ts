/** The bundle of a worker that serves breaches only. */
export { breach } from '../../workflows/breach.js';
