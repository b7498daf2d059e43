/**
 * Which lifecycle a request began with. A running request keeps the one of its start input, so that histories recorded by
 * an earlier version replay: whatever gives an erasure or access request a further activity or timer asks here first.
 * 1: erasure and access. 2: all rights, receipt letters, outgoing events, notices to recipients, dated rows.
 */
import type { Run } from './run.js';

/** Version that new requests begin with. */
export const LIFECYCLE = 2;

/** True when the request began with version `version` or a later one. */
export function since(run: Run, version: number): boolean {
  return (run.input.lifecycle ?? 1) >= version;
}
