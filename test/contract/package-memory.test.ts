/** A package is streamed: eight times the data does not take eight times the memory. 1 GiB: bench/package-memory.ts. */
import { expect, it } from 'vitest';
import { packageMemory } from '../../bench/package-memory.js';

it('a package of 64 MiB is collected, built and read with the memory of a small one', {
  timeout: 240_000,
}, async () => {
  const url = process.env['HABEAS_TEST_MONGODB_URL'] ?? '';
  await packageMemory(url, 4);
  const big = await packageMemory(url, 64);
  expect(big.packageBytes).toBeGreaterThan(48 * 1024 * 1024);
  // Buffers that the collector has not taken back yet are in it; the whole package alone would be more.
  expect(big.growthMib).toBeLessThan(48);
});
