import { expect, it } from 'vitest';
import { regionFinding } from './doctor.js';

it('says when packages of a pack cannot be built here', () => {
  expect(regionFinding({ operator: 'infentre', region: null }, undefined)).toBe(null);
  expect(regionFinding({ operator: 'infentre', region: 'EEA' }, 'EEA')?.ok).toBe(true);
  for (const here of [undefined, 'UK', 'eea']) {
    const found = regionFinding({ operator: 'infentre', region: 'EEA' }, here);
    expect(found).toMatchObject({ ok: false, name: 'region of infentre' });
    expect(found?.detail).toContain('HABEAS_REGION');
  }
});
