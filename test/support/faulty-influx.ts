import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of writes on their way: `none` passes them on. `busy`, `unavailable` and `full` answer as InfluxDB does when
 * it wants to be left alone, can't serve, or has no disk left. `lost` passes them on, but their answers never come.
 */
export type InfluxFault = 'none' | 'busy' | 'unavailable' | 'full' | 'lost';

const ANSWERS: Readonly<Record<Exclude<InfluxFault, 'none' | 'lost'>, { status: number; error: string }>> = {
  busy: { status: 429, error: 'too many writes' },
  unavailable: { status: 503, error: 'hinted handoff queue not empty' },
  full: { status: 500, error: 'write /data/_00001.wal: no space left on device' },
};

/** Stands before an InfluxDB, which may be down or not be there yet. */
export class FaultyInflux {
  /** Requests that were answered with a fault since it was last set. */
  faults = 0;
  #fault: InfluxFault = 'none';
  readonly #server = createServer((incoming, answer) => void this.#serve(incoming, answer));
  readonly #upstream: URL;

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
  }

  static async start(upstream: string): Promise<FaultyInflux> {
    const proxy = new FaultyInflux(upstream);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set fault(fault: InfluxFault) {
    this.#fault = fault;
    this.faults = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(incoming: IncomingMessage, answer: ServerResponse): void {
    const fault = incoming.url?.startsWith('/write') ? this.#fault : 'none';
    if (fault !== 'none') this.faults++;
    if (fault === 'none' || fault === 'lost') this.#pass(incoming, answer, fault === 'lost');
    else {
      const { status, error } = ANSWERS[fault];
      const patience = fault === 'busy' ? { 'retry-after': '1' } : {};
      incoming.resume().once('end', () => {
        answer.writeHead(status, { 'content-type': 'application/json', ...patience }).end(JSON.stringify({ error }));
      });
    }
  }

  /** Who can't be reached is not there for the other side either. */
  #pass(incoming: IncomingMessage, answer: ServerResponse, isLost: boolean): void {
    const { method, headers, url } = incoming;
    const cut = () => answer.destroy();
    const outgoing = request({ host: this.#upstream.hostname, port: this.#upstream.port, path: url, method, headers });
    outgoing.once('error', cut);
    outgoing.once('response', (response) => {
      response.once('error', cut);
      if (isLost) return void response.resume().once('end', cut);
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    answer.once('close', () => outgoing.destroy());
    incoming.once('error', () => outgoing.destroy()).pipe(outgoing);
  }
}
