/** Can the connector do its work here? Asks for each right it needs, on the declared collections, without changing anything. */
import { ObjectId, type Document } from 'mongodb';
import { ConnectorError, type Health } from '../../domain/ports/connector.js';
import type { Context } from './context.js';
import { mapped } from './errors.js';
import { indexKeys } from './store.js';
import { isContact } from './spelling.js';

type Check = Health['checks'][number];

/** `ok` is false when something needed is missing; what only makes a search slow is a check with `warning:` in `detail`. */
export async function healthcheck(context: Context): Promise<Health> {
  const checks: Check[] = [];
  const attempt = async (name: string, run: () => Promise<string>): Promise<boolean> => {
    try {
      checks.push({ name, ok: true, detail: await mapped(run) });
      return true;
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      checks.push({ name, ok: false, detail: error.code });
      return false;
    }
  };
  const reachable = await attempt('ping', async () => {
    await (await context.store.database()).command({ ping: 1 });
    return 'answers';
  });
  if (!reachable) return { ok: false, checks };
  await attempt('server', () => serverKind(context));
  await attempt('readback', async () => {
    await (await context.readback.database()).command({ ping: 1 });
    return 'second connection answers';
  });
  for (const dataset of context.schema.datasets) {
    await attempt(`access:${dataset.id}`, () => access(context, dataset.policy));
    checks.push(...(await indexWarnings(context, dataset.id)));
  }
  return { ok: checks.every((c) => c.ok), checks };
}

async function serverKind(context: Context): Promise<string> {
  const admin = (await context.store.client()).db('admin');
  const build = await admin.command({ buildInfo: 1 });
  const hello = await admin.command({ hello: 1 });
  const secantus: unknown = build['secantusVersion'];
  const kind = typeof secantus === 'string' ? `SecantusDB ${secantus}` : `MongoDB ${String(build['version'])}`;
  const set = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';
  return set ? kind : `${kind}, warning: stand-alone server without transactions`;
}

/** Reads one record, then updates and deletes by an id that was made just now and therefore matches nothing. */
async function access(context: Context, dataset: Parameters<Context['store']['collection']>[0]): Promise<string> {
  const info = (await context.store.kinds(dataset.database)).get(dataset.collection);
  if (info === undefined) return 'warning: collection does not exist';
  const collection = await context.store.collection(dataset);
  await collection.findOne({}, { projection: { _id: 1 } });
  if (info.manual !== null) return `warning: ${info.manual}, by hand`;
  const nothing = { _id: new ObjectId() } as Document;
  await collection.updateOne(nothing, { $unset: { erasing: '' } });
  await collection.deleteOne(nothing);
  return 'reads and writes';
}

async function indexWarnings(context: Context, id: string): Promise<Check[]> {
  const dataset = context.schema.dataset(id);
  try {
    const keys = new Set(await mapped(async () => indexKeys(await context.store.collection(dataset.policy))));
    if (keys.size === 0) return [];
    const contactPaths = new Set(dataset.searches.filter((s) => isContact(s.type)).map((s) => s.path));
    const all = new Set([...dataset.searches.map((s) => s.path), ...dataset.matchPaths]);
    return [...all].flatMap((path): Check[] => {
      if (contactPaths.has(path)) {
        return keys.has(`${path}Norm`)
          ? []
          : [
              {
                name: `index:${id}.${path}`,
                ok: true,
                detail: `warning: no normalised copy ${path}Norm with an index, every search reads the whole collection`,
              },
            ];
      }
      return keys.has(path)
        ? []
        : [
            {
              name: `index:${id}.${path}`,
              ok: true,
              detail: 'warning: no index, every search reads the whole collection',
            },
          ];
    });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return [{ name: `index:${id}`, ok: true, detail: `warning: indexes not readable (${error.code})` }];
  }
}
