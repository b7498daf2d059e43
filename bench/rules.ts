/**
 * The pure rules, without servers: cases per second of `habeas clock` as a process (its start-up taken off by runs with
 * one case, pair by pair), and a what-if over 10,000 open requests. Seeded: every run measures the same input.
 */
import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootFolder } from '../dev/setup/paths.mjs';
import { simulate, type OpenRequest, type SimulatedRules, type Simulation } from '../domain/simulate/index.js';
import { processFigures } from './machine.js';
import { percentile, round } from './stats.js';

export interface RulesFigures {
  readonly clock: {
    readonly cases: number;
    readonly rounds: number;
    /** Cases per second, start-up taken off. */
    readonly perSecond: { readonly median: number; readonly worst: number; readonly best: number };
    readonly startupMs: number;
    /** Cases per second of CPU time, start-up taken off: what a machine of one's own comes to. null without /proc. */
    readonly perCpuSecond: number | null;
  };
  readonly simulation: {
    readonly requests: number;
    readonly rounds: number;
    readonly medianMs: number;
    readonly worstMs: number;
    /** Late under the change, so that somebody sees that work was done. */
    readonly late: number;
  };
}

const DAY = 86_400_000;
const PLACES = [
  { country: 'NO', timeZone: 'Europe/Oslo', regime: 'gdpr-eu' },
  { country: 'SE', timeZone: 'Europe/Stockholm', regime: 'gdpr-eu' },
  { country: 'DK', timeZone: 'Europe/Copenhagen', regime: 'gdpr-eu' },
  { country: 'GB-ENG', timeZone: 'Europe/London', regime: 'uk-gdpr' },
] as const;
const RIGHTS = ['access', 'rectification', 'erasure', 'portability', 'restriction', 'objection'] as const;

/** A generator of numbers in [0, 1) that always begins the same. */
function seeded(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** Cases over twenty years of receipt: two in five with a question, three in ten with a promise. */
function cases(count: number): string {
  const random = seeded();
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const lines: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const received = Date.UTC(2024, 0, 1) + Math.floor(random() * 20 * 365 * DAY);
    const asked = random() < 0.4 ? received + Math.floor(random() * 20) * DAY : null;
    const answered = asked !== null && random() < 0.7 ? asked + Math.floor(random() * 20) * DAY : null;
    lines.push(
      JSON.stringify({
        id: `case-${n}`,
        ...pick(PLACES),
        receivedAt: instant(received),
        right: pick(RIGHTS),
        now: instant((answered ?? asked ?? received) + Math.floor(random() * 60) * DAY),
        pauses:
          asked === null
            ? []
            : [
                {
                  kind: pick(['identity', 'clarification']),
                  askedAt: instant(asked),
                  answeredAt: answered === null ? null : instant(answered),
                },
              ],
        promises: random() < 0.3 ? [{ within: 'P30D' }] : [],
      }),
    );
  }
  return `${lines.join('\n')}\n`;
}

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number | null;
}

/** `habeas clock` over a file; the output is read and thrown away. CPU time is looked at every 10 ms until the end. */
function runClock(file: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, [join(rootFolder(), 'bin', 'habeas.mjs'), 'clock'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createReadStream(file).pipe(child.stdin);
    child.stdout.resume();
    let cpuMs: number | null = null;
    const looking = setInterval(() => {
      const seen = child.pid === undefined ? null : processFigures(child.pid);
      if (seen !== null && seen.cpuMs > 0) cpuMs = seen.cpuMs;
    }, 10);
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(looking);
      if (code === 0) resolve({ wallMs: performance.now() - began, cpuMs });
      else reject(new Error(`habeas clock ended with ${code}`));
    });
  });
}

function backlog(count: number): Simulation {
  const random = seeded();
  const rules: SimulatedRules = {
    operator: 'bench',
    version: '1',
    hash: 'sha256:bench',
    ...PLACES[0],
    promises: [],
    switches: {},
    decisions: [{ by: 'organisation', rights: null }],
    release: 'auto',
  };
  const asOf = Date.UTC(2026, 8, 14, 10);
  const requests = Array.from({ length: count }, (_, n): OpenRequest => {
    const received = asOf - Math.floor(random() * 28 * DAY);
    const asked = received + Math.floor(random() * (asOf - received));
    const paused = random() < 0.2;
    const state = (['identifying', 'discovering', 'awaiting_approval', 'executing'] as const)[Math.floor(random() * 4)];
    return {
      id: `req_${String(n).padStart(6, '0')}`,
      operator: 'bench',
      right: RIGHTS[Math.floor(random() * RIGHTS.length)] ?? 'access',
      state: paused ? 'waiting_for_subject' : (state ?? 'executing'),
      owner: null,
      policyHash: rules.hash,
      receivedAt: instant(received),
      pauses: paused ? [{ kind: 'identity', askedAt: instant(asked), answeredAt: null }] : [],
      extendedAt: random() < 0.05 ? instant(asked) : null,
      waiting:
        state === 'awaiting_approval' && !paused
          ? [{ kind: 'organisation', organisation: `o${n % 50}`, requestedAt: instant(asked) }]
          : [],
      byHand: random() < 0.1 ? 1 : 0,
    };
  });
  return {
    asOf: instant(asOf),
    requests,
    rules: new Map([[rules.hash, rules]]),
    changed: { ...rules, version: '2', hash: 'sha256:changed', promises: [{ within: 'P14D' }] },
    away: [{ role: 'privacy_officer', who: null, from: '2026-09-14', to: '2026-09-27' }],
    perDay: { privacy_officer: 400 },
  };
}

export async function rulesBench(options: {
  readonly cases: number;
  readonly requests: number;
  readonly rounds: number;
}): Promise<RulesFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'habeas-bench-rules-'));
  try {
    const many = join(folder, 'many.ndjson');
    const one = join(folder, 'one.ndjson');
    const text = cases(options.cases);
    writeFileSync(many, text);
    writeFileSync(one, text.slice(0, text.indexOf('\n') + 1));
    await runClock(many);
    const startups: number[] = [];
    const rates: number[] = [];
    const cpuRates: number[] = [];
    for (let n = 0; n < options.rounds; n += 1) {
      const startup = await runClock(one);
      const whole = await runClock(many);
      startups.push(startup.wallMs);
      rates.push(options.cases / ((whole.wallMs - startup.wallMs) / 1000));
      if (whole.cpuMs !== null) cpuRates.push(options.cases / ((whole.cpuMs - (startup.cpuMs ?? 0)) / 1000));
    }
    const simulation = backlog(options.requests);
    let late = simulate(simulation).totals.late.changed;
    const times = Array.from({ length: options.rounds }, () => {
      const began = performance.now();
      late = simulate(simulation).totals.late.changed;
      return performance.now() - began;
    });
    return {
      clock: {
        cases: options.cases,
        rounds: options.rounds,
        perSecond: {
          median: Math.round(percentile(rates, 50)),
          worst: Math.round(Math.min(...rates)),
          best: Math.round(Math.max(...rates)),
        },
        startupMs: Math.round(percentile(startups, 50)),
        perCpuSecond: cpuRates.length === 0 ? null : Math.round(percentile(cpuRates, 50)),
      },
      simulation: {
        requests: options.requests,
        rounds: options.rounds,
        medianMs: round(percentile(times, 50), 0),
        worstMs: round(Math.max(...times), 0),
        late,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
