/**
 * Two upserts of one new `_id` at the same moment: the server lets one win and gives the other E11000. Our upserts are
 * idempotent by that id, so the loser simply runs again and finds the row.
 */
export async function retryOnceOnDuplicate<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 11000)) throw error;
    return write();
  }
}
