import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BSON, type Document } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  MANIFEST,
  checkDump,
  createBackupInventory,
  documentsOf,
  fileNameOf,
  namespacesOf,
} from '../../connectors/backups/index.js';
import { removeExpired, rotate, takeDump } from '../../dev/backups.js';
import { backupQuestion } from '../../domain/plan/backup-question.js';
import { onPath } from '../../dev/setup/process.mjs';
import { testDatabase, type TestDatabase } from '../support/mongo.js';

const NOW = new Date('2026-11-24T03:00:00.000Z');
const retention = 'P90D';
const LONG_NAME = `${'å'.repeat(40)}.long`;

let mongo: TestDatabase;
let location = '';
beforeAll(async () => {
  mongo = await testDatabase('backups');
  const people = Array.from({ length: 2_500 }, (_, i) => ({
    _id: `u${i}` as never,
    email: `person${i}@example.no`,
    age: new BSON.Double(i),
    visits: BSON.Long.fromNumber(i),
    at: new Date(i * 1000),
  }));
  await mongo.db.collection('users').insertMany(people);
  await mongo.db.collection('users').createIndex({ email: 1 }, { unique: true });
  await mongo.db
    .collection('orders/2026 %')
    .insertMany([{ _id: 1 as never, contacts: [{ email: 'person1@example.no' }] }]);
  await mongo.db.collection(LONG_NAME).insertOne({ _id: 1 as never });
  await mongo.db.createCollection('nothing');
});
afterAll(() => mongo.drop());
beforeEach(() => {
  location = mkdtempSync(join(tmpdir(), 'habeas-backups-'));
  return () => rmSync(location, { recursive: true, force: true });
});

const inventory = (now = new Date('2026-11-25T00:00:00.000Z')) =>
  createBackupInventory({ id: 'nightly', retention }, { location, worldNow: () => now });
const dump = (now = NOW, gzip = false) => takeDump({ url: mongo.url, database: mongo.name, location, now, gzip });

// B1, B2
describe.each([false, true])('a dump (gzip %s)', (gzip) => {
  it('holds every namespace with the same bytes as the server', async () => {
    const { folder } = await dump(NOW, gzip);
    const found = await namespacesOf(folder);
    expect(found.map((entry) => [entry.database, entry.collection]).sort()).toEqual(
      ['users', 'orders/2026 %', LONG_NAME, 'nothing'].map((name) => [mongo.name, name]).sort(),
    );
    const users = found.find((entry) => entry.collection === 'users');
    const fromDump: string[] = [];
    for await (const document of documentsOf(users?.file ?? '')) fromDump.push(document.toString('base64'));
    const fromServer = (await mongo.db.collection('users').find({}, { raw: true }).toArray()).map((raw) =>
      Buffer.from(raw as unknown as Buffer).toString('base64'),
    );
    expect(new Set(fromDump)).toEqual(new Set(fromServer));
    expect(fromDump).toHaveLength(2_500);
    expect(users?.metadata).toMatchObject({ collectionName: 'users', type: 'collection' });
    expect((users?.metadata?.['indexes'] as Document[]).map((index) => index['name']).sort()).toEqual([
      '_id_',
      'email_1',
    ]);
    const checked = await checkDump(folder);
    expect(checked.namespaces.find((entry) => entry.collection === 'nothing')).toMatchObject({
      documents: 0,
      bytes: 0,
    });
  });

  it('is refused when a data file lost its tail, and reading it changes nothing', async () => {
    const { folder } = await dump(NOW, gzip);
    const users = (await namespacesOf(folder)).find((entry) => entry.collection === 'users')?.file ?? '';
    truncateSync(users, readFileSync(users).length - 3);
    const before = readFileSync(users);
    await expect(checkDump(folder)).rejects.toMatchObject({ code: gzip ? 'corrupt_gzip' : 'truncated' });
    expect(readFileSync(users)).toEqual(before);
  });
});

describe('names of files', () => {
  it('are percent-encoded, and cut with a hash when too long', () => {
    expect(fileNameOf('orders/2026 %+$å')).toBe('orders%2F2026%20%25%2B%24%C3%A5');
    const cut = fileNameOf('å'.repeat(60));
    expect(cut).toMatch(/^(%C3%A5)+.*%24[A-Za-z0-9_-]{27}$/);
    expect(cut).toHaveLength(238);
  });

  it('that were cut are refused without metadata, because they do not tell the collection', async () => {
    const { folder } = await dump();
    rmSync(join(folder, mongo.name, `${fileNameOf(LONG_NAME)}.metadata.json`));
    await expect(namespacesOf(folder)).rejects.toMatchObject({ code: 'missing_metadata' });
  });
});

describe('the inventory', () => {
  it('lists what is there, with the time of the manifest and never of the files', async () => {
    const { backupId, folder } = await dump();
    utimesSync(folder, new Date(0), new Date(0));
    expect(await inventory().list()).toEqual([
      { backupId, takenAt: '2026-11-24T03:00:00.000Z', expiresAt: '2027-02-22T03:00:00.000Z' },
    ]);
    expect(await inventory().healthcheck()).toMatchObject({ ok: true });
    rmSync(folder, { recursive: true });
    expect(await inventory().list()).toEqual([]);
  });

  // B14
  it('treats a dump without manifest as holding the person', async () => {
    const { folder } = await dump();
    rmSync(join(folder, MANIFEST));
    const copies = await inventory().list();
    expect(copies).toMatchObject([{ takenAt: null, expiresAt: null }]);
    expect(
      backupQuestion(copies, { effectiveAt: '2020-01-01T00:00:00.000Z', retention, now: '2020-01-02T00:00:00.000Z' }),
    ).toMatchObject({ state: 'waiting', copies: 1 });
    expect((await inventory().healthcheck()).checks).toContainEqual(
      expect.objectContaining({ name: 'age', ok: false }),
    );
  });

  it.each([
    ['not JSON', '{"takenAt": '],
    ['no time', '{"namespaces": []}'],
    [
      'a time in the future, which would make it look clean',
      '{"takenAt": "2026-11-26T00:00:00.000Z", "namespaces": []}',
    ],
  ])('does not believe a manifest with %s', async (_what, text) => {
    const { folder } = await dump();
    writeFileSync(join(folder, MANIFEST), text);
    expect(await inventory().listWithFaults()).toMatchObject([{ takenAt: null, fault: 'corrupt_manifest' }]);
  });

  it('lists half-written dumps and foreign archives too: they hold people as well', async () => {
    const { folder } = await dump();
    cpSync(folder, join(location, 'half.partial'), { recursive: true });
    writeFileSync(join(location, 'old.archive'), 'x');
    writeFileSync(join(location, 'README'), 'x');
    mkdirSync(join(location, 'empty'));
    const copies = await inventory().listWithFaults();
    expect(
      copies.map((copy) => [copy.backupId.startsWith('t_') ? 'whole' : copy.backupId, copy.takenAt === null]).sort(),
    ).toEqual([
      ['empty', true],
      ['half.partial', true],
      ['old.archive', true],
      ['whole', false],
    ]);
  });

  it('never takes a folder that is not there for one without backups', async () => {
    rmSync(location, { recursive: true });
    await expect(inventory().list()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(await inventory().healthcheck()).toMatchObject({ ok: false });
  });

  // B10
  it('follows a copy to its end: waiting to the day, gone once the listing shows it, late only after 72 h', async () => {
    await dump();
    const effectiveAt = '2026-11-24T12:00:00.000Z';
    const ask = async (now: string) => backupQuestion(await inventory().list(), { effectiveAt, retention, now });
    expect(await ask('2027-02-22T02:59:00.000Z')).toMatchObject({
      state: 'waiting',
      copies: 1,
      lastExpiresAt: '2027-02-22T03:00:00.000Z',
    });
    expect(await ask('2027-02-23T03:00:00.000Z')).toMatchObject({ state: 'waiting' });
    expect(await ask('2027-02-25T03:00:01.000Z')).toMatchObject({ state: 'overdue' });
    await removeExpired({ location, retention, before: new Date('2027-02-22T03:00:01.000Z') });
    expect(await ask('2027-02-22T03:00:01.000Z')).toMatchObject({ state: 'gone', copies: 0 });
  });
});

describe('the rotation', () => {
  it('takes one dump a day, and never keeps one beyond its retention', async () => {
    const turn = (now: string) =>
      rotate({ url: mongo.url, database: mongo.name, location, retention: 'P2D', now: new Date(now) });
    const first = await turn('2026-11-20T03:00:00.000Z');
    expect(first.taken).not.toBe(null);
    expect(await turn('2026-11-21T02:59:00.000Z')).toEqual({ taken: null, removed: [] });
    expect((await turn('2026-11-21T03:00:00.000Z')).taken).not.toBe(null);
    expect(await turn('2026-11-22T03:00:01.000Z')).toMatchObject({ removed: [first.taken] });
    expect(readdirSync(location)).toHaveLength(2);
  });

  it('removes what is past its expiry, and nothing else', async () => {
    const old = await dump(new Date('2026-08-01T03:00:00.000Z'));
    const young = await dump(new Date('2026-11-01T03:00:00.000Z'));
    mkdirSync(join(location, 'of-unknown-age'));
    expect(await removeExpired({ location, retention, before: new Date('2026-10-30T03:00:00.000Z') })).toEqual([]);
    expect(await removeExpired({ location, retention, before: new Date('2026-10-30T03:00:00.001Z') })).toEqual([
      old.backupId,
    ]);
    expect(readdirSync(location).sort()).toEqual(['of-unknown-age', young.backupId].sort());
  });

  it('clears what a crash in the middle of a dump left', async () => {
    mkdirSync(join(location, 'crashed.partial'));
    const { backupId } = await dump();
    expect(readdirSync(location)).toEqual([backupId]);
  });
});

const mongodump = onPath('mongodump');
describe(
  mongodump === null
    ? 'the vendor’s own dump (skipped: mongodump is not on PATH; install the MongoDB database tools)'
    : 'the vendor’s own dump',
  () => {
    it.skipIf(mongodump === null).each([[], ['--gzip']])('is read as it is %s', async (...flags: string[]) => {
      await promisify(execFile)(mongodump ?? '', [
        '--uri',
        mongo.url,
        '--db',
        mongo.name,
        '--out',
        join(location, 'theirs'),
        ...flags,
      ]);
      const users = (await namespacesOf(join(location, 'theirs'))).find((entry) => entry.collection === 'users');
      let count = 0;
      for await (const _ of documentsOf(users?.file ?? '')) count += 1;
      expect(count).toBe(2_500);
      expect(await inventory().listWithFaults()).toMatchObject([{ takenAt: null, fault: 'missing_manifest' }]);
    });
  },
);
