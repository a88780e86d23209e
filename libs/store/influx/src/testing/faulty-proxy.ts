import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request on its way to the server. */
export interface Passing {
  /** "/write", "/query", … */
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly body: string;
  readonly response: ServerResponse;
  /** Sends it on. @returns the server's answer, which nobody has been told of yet */
  readonly forward: () => Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What becomes of a request; undefined: it passes. */
export type Fault = (passing: Passing) => Promise<void> | void;

/** Stands between a store and its server, and does what networks and servers do on a bad day. */
export interface FaultyProxy {
  readonly url: string;
  /** Everything that has come, faulty or not. */
  readonly seen: readonly Pick<Passing, 'path' | 'parameters' | 'body'>[];
  /** @param fault for the requests from now on; undefined: none */
  setFault(fault: Fault | undefined): void;
  close(): Promise<void>;
}

/** @param target address of the server; it need not be there */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const seen: Pick<Passing, 'path' | 'parameters' | 'body'>[] = [];
  const sockets = new Set<Socket>();
  let fault: Fault | undefined;
  const server = createServer((incoming, response) => {
    const pass = async () => {
      const passing = await passingOf(target, incoming, response);
      seen.push(passing);
      if (fault === undefined) answer(response, await passing.forward());
      else await fault(passing);
    };
    // What becomes of the server becomes of its answer.
    pass().catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    setFault: (next) => (fault = next),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Whether it brings readings: "raw" is the policy they lie in. */
export function isWrite({ path, parameters }: Pick<Passing, 'path' | 'parameters'>): boolean {
  return path === '/write' && parameters.get('rp') === 'raw';
}

/** Of writes alone. */
export function ofWrites(fault: Fault): Fault {
  return async (passing) => (isWrite(passing) ? fault(passing) : answer(passing.response, await passing.forward()));
}

/** An answer that is not the server's, who is told of nothing. */
export function answers(status: number, body: object, headers: Record<string, string> = {}): Fault {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** The server does what is asked, and nobody hears of it. */
export const lost: Fault = async ({ forward, response }) => {
  await forward();
  response.destroy();
};

/** Passes the server's answer on. */
export function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, ...others } = headers;
  response.writeHead(status, { ...others, 'content-length': body.length });
  response.end(body);
}

async function passingOf(target: string, incoming: IncomingMessage, response: ServerResponse): Promise<Passing> {
  const body = await bytesOf(incoming);
  const url = new URL(incoming.url!, target);
  return {
    path: url.pathname,
    parameters: url.searchParams,
    body: body.toString(),
    response,
    async forward() {
      const outgoing = request(url, {
        method: incoming.method,
        headers: { ...incoming.headers, host: url.host },
        agent: false,
      });
      // Who does not wait any more is gone for the server too.
      response.once('close', () => outgoing.destroy());
      outgoing.end(body);
      const [answered] = (await once(outgoing, 'response')) as [IncomingMessage];
      return { status: answered.statusCode!, headers: answered.headers, body: await bytesOf(answered) };
    },
  };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
