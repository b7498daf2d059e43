import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataLayerFindings, type Finding } from './data-layer.js';

const PLACES = ['infra', 'connectors/mongodb', 'api', 'activities', 'worker', 'cli', 'dev/people'];

function sources(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...PLACES], { encoding: 'utf8' });
  return listed
    .split('\n')
    .filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name))
    .filter((name) => {
      try {
        readFileSync(name);
        return true;
      } catch {
        return false; // deleted, not yet committed
      }
    });
}

const rules = (code: string, file = 'infra/planted.ts'): Finding['rule'][] =>
  dataLayerFindings(file, code).map((finding) => finding.rule);

describe('what the store must not be asked', () => {
  it('stands nowhere in the code that ships', () => {
    const files = sources();
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => dataLayerFindings(file, readFileSync(file, 'utf8')))).toEqual([]);
  });

  it.each<[Finding['rule'], string]>([
    ['L1', 'c.find({ email: /kari/i })'],
    ['L1', 'c.updateMany({ $or: [{ email: new RegExp(text) }] }, { $set: { gone: true } })'],
    ['L1', 'c.aggregate([{ $match: { email: /kari/ } }])'],
    ['L1', 'const filter = { email: { $regex: /kari/ } }'],
    ['L2', "c.find({ subjectHashes: { $gte: 'a', $lt: 'b' } })"],
    ['L3', 'c.createIndex({ operator: 1, name: -1 })'],
    ['L3', "c.createIndexes([{ key: { name: -1 }, name: 'by_name' }])"],
    ['L3', 'c.find({}).sort({ name: -1 })'],
    ['L4', 'c.find({ email }, { collation: { strength: 2 } })'],
    ['L6', "const order = { locale: 'nb' }"],
    ['L7', "c.createIndex({ subject: 'hashed' })"],
    ['L7', "c.find({ $text: { $search: 'kari' } })"],
    ['L7', "c.find({ $where: 'this.a > 1' })"],
    ['L7', "db.createCollection('log', { capped: true, size: 1 })"],
    ['L7', "db.createCollection('log', { timeseries: { timeField: 'at' } })"],
    ['L7', 'db.command({ applyOps: [] })'],
    ['L8', 'c.insertOne({ operator })'],
    ['L8', 'c.updateOne({ operator }, { $set: { a: 1 } }, { upsert: true })'],
    ['no-find-and-modify', 'c.findOneAndUpdate({ _id }, { $inc: { n: 1 } })'],
  ])('%s bites: %s', (rule, code) => {
    expect(rules(code)).toContain(rule);
  });

  it('any two-sided range in a connector is one over a field that may be an indexed array', () => {
    expect(rules('const f = { at: { $gte: a, $lt: b } }', 'connectors/mongodb/planted.ts')).toEqual(['L2']);
    expect(rules('const f = { at: { $gte: a, $lt: b } }')).toEqual([]);
    expect(rules('const f = { at: { $elemMatch: { $gte: a, $lt: b } } }', 'connectors/mongodb/planted.ts')).toEqual([]);
  });

  it('lets pass what is right', () => {
    expect(rules("rows.find((row) => /x/.test(row.name)); c.find({ email: { $regex: '^a', $options: 'i' } })")).toEqual(
      [],
    );
    expect(rules('c.insertOne({ _id, operator }); c.insertOne({ ...row }); c.find({}).sort({ seq: -1 })')).toEqual([]);
    expect(rules('// findOneAndUpdate, /regex/ and $where are words here')).toEqual([]);
  });
});
