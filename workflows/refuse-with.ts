import { ApplicationFailure } from '@temporalio/workflow';
import { CommandError } from '../domain/lifecycle/errors.js';

/** Turns a refused command into the failure that the API maps: `type` is a problem code, details carry facts only. */
export function refuseWith(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: true,
      details: [error.facts],
    });
  }
}
