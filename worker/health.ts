/** Health of a worker process over HTTP, for whoever watches it: lives, can serve, figures without personal data. */
import { createServer, type Server } from 'node:http';

export interface HealthState {
  ready: boolean;
  readonly metrics?: () => Promise<string>;
}

/** Listens on `host:port`; `/healthz` 200 while the process lives, `/readyz` 200 or 503, `/metrics` when given. */
export async function serveHealth(host: string, port: number, state: HealthState): Promise<Server> {
  const server = createServer((request, response) => {
    const plain = (status: number, text: string): void =>
      void response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
    if (request.url === '/healthz') return plain(200, 'ok\n');
    if (request.url === '/readyz')
      return plain(state.ready ? 200 : 503, state.ready ? 'ready\n' : 'missing: temporal or store\n');
    if (request.url === '/metrics' && state.metrics !== undefined) {
      state.metrics().then(
        (text) => plain(200, text),
        () => plain(500, 'no figures\n'),
      );
      return;
    }
    plain(404, 'not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}
