import { expect, test } from 'vitest';
import { readSettings, SettingsError } from './settings.js';

const faults = (env: Record<string, string>): string[] => {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map((f) => f.name);
  }
};

test('the environment wins over the file, the file over defaults; each row says its source', () => {
  const settings = readSettings({ HABEAS_PORT: '9000', OTHER: 'x' }, { HABEAS_PORT: '1', HABEAS_LOG_LEVEL: 'warn' });
  expect(settings.get('HABEAS_PORT')).toBe(9000);
  expect(settings.get('HABEAS_LOG_LEVEL')).toBe('warn');
  expect(settings.get('HABEAS_TEMPORAL_NAMESPACE')).toBe('default');
  const source = (name: string): string | undefined => settings.table.find((row) => row.name === name)?.source;
  expect([source('HABEAS_PORT'), source('HABEAS_LOG_LEVEL'), source('HABEAS_HOST'), source('HABEAS_KEYS')]).toEqual([
    'environment',
    'file',
    'default',
    'unset',
  ]);
});

test('a name that is not a setting is an error, tests’ own names are not', () => {
  expect(faults({ HABEAS_PROT: '1' })).toEqual(['HABEAS_PROT']);
  expect(faults({ HABEAS_TEST_MONGODB_URL: 'x' })).toEqual([]);
});

test('values of the wrong form are named all at once, without the value', () => {
  const env = {
    HABEAS_PORT: 'canary',
    HABEAS_MONGODB_URL: 'http://canary',
    HABEAS_SMTP_URL: 'canary',
    HABEAS_TEMPORAL_ADDRESS: 'canary',
  };
  expect(faults(env).sort()).toEqual(Object.keys(env).sort());
  expect(() => readSettings(env)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('canary') }));
});

test('secrets and credentials are never shown', () => {
  const settings = readSettings({
    HABEAS_MONGODB_URL: 'mongodb://habeas:canary@db.example.com/habeas',
    HABEAS_TEMPORAL_API_KEY: 'canary',
    HABEAS_SMTP_URL: 'smtps://u:canary@mail.example.com',
  });
  expect(JSON.stringify(settings.table)).not.toContain('canary');
  expect(settings.get('HABEAS_MONGODB_URL')).toContain('canary');
});

test('what is needed and not set is an error that names it', () => {
  expect(() => readSettings({}).need('HABEAS_KEYS')).toThrow('HABEAS_KEYS');
});
