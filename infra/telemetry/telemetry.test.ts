import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactingLogger } from '../temporal/index.js';
import { createLog, createMetrics, fault, safe, type Log, type LogFields } from './index.js';

function captured(level: 'debug' | 'info' = 'debug'): {
  log: Log;
  lines: () => Record<string, unknown>[];
  text: () => string;
} {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log: createLog({ level, destination }), lines, text: () => text };
}

describe('log', () => {
  it('writes a code and checked fields', () => {
    const { log, lines } = captured();
    log
      .with({ operator: safe('infentre') })
      .info('request.received', { requestId: safe('req_01J'), right: 'erasure', status: 202, ok: true });
    expect(lines()).toMatchObject([
      {
        level: 'info',
        event: 'request.received',
        operator: 'infentre',
        requestId: 'req_01J',
        right: 'erasure',
        status: 202,
        ok: true,
      },
    ]);
  });

  it('withholds what a cast smuggled in, and drops fields it does not know', () => {
    const { log, text, lines } = captured();
    const smuggled = {
      requestId: 'kari@example.no',
      name: 'Kari',
      code: 'Kari Nordmann',
      count: 4799912345123456,
      state: { email: 'kari' },
      part: '12345678901',
    };
    log.info('kari@example.no', smuggled as unknown as LogFields);
    expect(text()).not.toMatch(/kari|nordmann|47999|123456/i);
    expect(lines()[0]).toMatchObject({
      event: 'bad_log_code',
      requestId: 'withheld',
      count: 'withheld',
      state: 'withheld',
      part: 'withheld',
    });
  });

  it('never lets an address through `safe`', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(safe(address)).toBe('withheld');
      }),
    );
    expect(safe('Kari Nordmann')).toBe('withheld');
    expect(safe('12345678901')).toBe('withheld');
    for (const number of ['+4799912345', '99-91-23-45', '010190.12345', '19900101-1234'])
      expect(safe(number)).toBe('withheld');
    expect([safe('2026-11-24'), safe('1.24.0'), safe('7.0.3')]).toEqual(['2026-11-24', '1.24.0', '7.0.3']);
    expect(safe('app/users/-')).toBe('app/users/-');
    expect(safe('req_01JABC')).toBe('req_01JABC');
  });

  it('reduces an error to class and code', () => {
    expect(fault(Object.assign(new TypeError('kari'), { code: 'unavailable', retryable: true }))).toEqual({
      error: 'TypeError',
      code: 'unavailable',
      retryable: true,
    });
    expect(fault('kari')).toEqual({ error: 'string' });
  });
});

describe('the logger of Temporal', () => {
  it('keeps place and code, and drops every text that is not its own', () => {
    const { log, lines, text } = captured();
    const logger = redactingLogger(log, 'DEBUG');
    const error = Object.assign(new Error('kari@example.no'), { type: 'plan_stale' });
    logger.warn('Activity failed', {
      error,
      workflowId: 'req_1',
      activityType: 'apply',
      attempt: 2,
      task: 'kari',
      workflowType: 'kari nordmann',
    });
    logger.error(`Error while processing ActivityTask.start: kari`, { taskEncoded: 'kari' });
    logger.info('kari@example.no');
    logger.log('WARN', 'kari', { sdkComponent: 'core', failure: { message: 'kari' } });
    expect(text()).not.toContain('kari');
    expect(lines()).toMatchObject([
      {
        level: 'warn',
        event: 'temporal.activity_failed',
        workflowId: 'req_1',
        activity: 'apply',
        attempt: 2,
        error: 'Error',
        code: 'plan_stale',
        workflow: 'withheld',
      },
      { level: 'error', event: 'temporal.activity_task_failed' },
      { level: 'info', event: 'temporal.line' },
      { level: 'warn', event: 'temporal.line', component: 'core' },
    ]);
  });

  it('passes on from its own level up', () => {
    const { log, lines } = captured();
    const logger = redactingLogger(log);
    logger.info('Worker state changed');
    logger.warn('Activity failed');
    expect(lines()).toHaveLength(1);
  });
});

describe('metrics', () => {
  it('count by closed labels, and withhold anything else', async () => {
    const metrics = createMetrics();
    metrics.requestState({ operator: 'infentre', right: 'erasure', state: 'received' });
    metrics.activity({ activity: 'apply', connector: 'stripe', code: 'rate_limited' }, 0.2);
    metrics.http({ method: 'GET', route: '/v1/requests/{id}', status: 200 }, 0.01);
    metrics.http({ method: 'GET', route: '/v1/requests/kari@example.no', status: 404 }, 0.01);
    metrics.storeCommand('insert', 'vault', 'habeas');
    metrics.storeCommand('commitTransaction', null, 'admin');
    metrics.sealerLag('infentre', 2);
    metrics.mail('kari@example.no');
    const text = await metrics.text();
    expect(text).toContain('habeas_request_states_total{operator="infentre",right="erasure",state="received"} 1');
    expect(text).toContain('habeas_store_commands_total{command="insert",collection="vault"} 1');
    expect(text).toContain('habeas_http_seconds_count{method="GET",route="/v1/requests/{id}",status="200"} 1');
    expect(text).toContain('habeas_sealer_lag_seconds{operator="infentre"} 2');
    expect(text).not.toContain('kari');
  });
});
