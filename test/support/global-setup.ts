/** Starts the servers that tests share, unless their addresses are given. */
export async function setup(): Promise<void> {
  if (process.env['HABEAS_TEST_MONGODB_URL'] === undefined) throw new Error('no MongoDB server: set HABEAS_TEST_MONGODB_URL');
}
