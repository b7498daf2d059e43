/** Organisations and approvals end to end, on an embedded stack whose pack asks for four eyes on profiles. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { useStack } from '../support/e2e-stack.js';
import { fourEyes, organisations } from './cases/organisations.js';

vi.setConfig({ testTimeout: 120_000 });

const RULES = `approvals:
  - id: first_pair
    when: { rights: [erasure], datasets: [profiles] }
    by: privacy_officer
    deputies: [standby]
  - id: second_pair
    when: { rights: [erasure], datasets: [profiles] }
    by: second_person
    deputies: [standby]
`;

const stack = useStack((policies) => {
  const file = join(policies, 'operators', 'infentre.yaml');
  const pack = readFileSync(file, 'utf8');
  if (!pack.includes('\napprovals:\n')) throw new Error('the pack looks different now');
  writeFileSync(file, pack.replace('approvals:\n', RULES));
});
organisations(stack);
fourEyes(stack);
