import { homeFolder } from './paths.mjs';

/**
 * A `mongod` of mongodb-memory-server-core: from its caches, or downloaded into .habeas/mongodb when that is allowed.
 * Never throws: null when there is none, also before the npm packages are there.
 * @param {{ download: boolean }} options
 * @returns {Promise<string | null>}
 */
export async function memoryServerMongod({ download }) {
  const before = process.env['MONGOMS_RUNTIME_DOWNLOAD'];
  process.env['MONGOMS_RUNTIME_DOWNLOAD'] = String(download);
  process.env['MONGOMS_DOWNLOAD_DIR'] ??= homeFolder('mongodb');
  try {
    const { MongoBinary } = await import('mongodb-memory-server-core');
    return await MongoBinary.getPath({});
  } catch {
    return null;
  } finally {
    if (before === undefined) delete process.env['MONGOMS_RUNTIME_DOWNLOAD'];
    else process.env['MONGOMS_RUNTIME_DOWNLOAD'] = before;
  }
}
