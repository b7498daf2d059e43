import { randomBytes } from 'node:crypto';
import { MongoClient, type Db } from 'mongodb';

/** A database of its own on the shared server, dropped by `drop()`. Not a mock: the server is real. */
export interface TestDatabase {
  readonly client: MongoClient;
  readonly db: Db;
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

export async function testDatabase(label: string): Promise<TestDatabase> {
  const url = process.env['HABEAS_TEST_MONGODB_URL'];
  if (url === undefined)
    throw new Error('HABEAS_TEST_MONGODB_URL is not set: run through vitest, whose global set-up starts the server');
  const client = await MongoClient.connect(url, {
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority' },
  });
  const name = `t_${label}_${randomBytes(5).toString('hex')}`;
  const db = client.db(name);
  return {
    client,
    db,
    url,
    name,
    async drop() {
      await db.dropDatabase();
      await client.close();
    },
  };
}
