/** A TCP hop between Habeas and a server, so that a test can do something at one exact moment of a conversation. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Verdict = 'pass' | 'cut';
/** `text` is what just came, byte for byte (latin1): a command's name and an HTTP request line stand in it readably. */
export type Hook = (text: string) => Verdict | Promise<Verdict>;

export class FaultProxy {
  /** Asked before something goes on to the server; `cut` drops it together with the connection. */
  before: Hook = () => 'pass';
  /** Asked with the request (not the answer) when the server has answered and nobody heard it yet. */
  after: Hook = () => 'pass';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param target port on loopback, asked for every connection: the server may move or not yet be there */
  constructor(target: () => number) {
    this.#server = createServer((client) => this.#join(client, connect(target(), '127.0.0.1')));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Lets everything through again. */
  calm(): void {
    this.before = () => 'pass';
    this.after = () => 'pass';
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(client: Socket, upstream: Socket): void {
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    let asking = 0;
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket);
        // A server gives up a silent connection after some seconds; a hook that waits is to be felt as silence, not as a reset.
        if (socket === client || asking === 0) end();
      });
    }
    let request = '';
    // One chain per direction: what waits for a hook must not be overtaken by what comes behind it.
    const pump = (from: Socket, to: Socket, ask: (text: string) => Verdict | Promise<Verdict>): void => {
      let turn: Promise<void> = Promise.resolve();
      from.on('data', (data: Buffer) => {
        asking += 1;
        turn = turn
          .then(() => ask(data.toString('latin1')))
          .then((verdict) => {
            asking -= 1;
            if (verdict === 'cut' || to.destroyed) end();
            else to.write(data);
          })
          .catch(end);
      });
    };
    pump(client, upstream, (text) => {
      request = text;
      return this.before(text);
    });
    pump(upstream, client, () => this.after(request));
  }
}
