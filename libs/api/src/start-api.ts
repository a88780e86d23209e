import 'reflect-metadata';
import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api-module.ts';
import type { ApiContext } from './context.ts';
import { createContext } from './context.ts';
import { createAdapter } from './fastify-adapter.ts';
import { createDoor } from './http/door.ts';
import { Problem, retryLater } from './http/problem.ts';
import { Scrape } from './metrics/scrape.ts';
import { nestLogger } from './nest-logger.ts';
import { serveOpenApi } from './open-api/serve-open-api.ts';
import type { ApiOptions } from './options.ts';

export interface ApiHandle {
  readonly port: number;
  /** As a client on this machine reaches it: "http://127.0.0.1:8080". */
  readonly url: string;
  /** Takes no more requests, ends streams and queries, lets other answers finish for `limits.closeMs`, then cuts them off. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP server; resolves when it listens. It opens nothing but its port: the ports stay the caller's to close.
 * @throws the system's error for an address that can't be bound, with its `code` (EADDRINUSE, EACCES, EADDRNOTAVAIL)
 */
export async function startApi(options: ApiOptions): Promise<ApiHandle> {
  const closing = new AbortController();
  // Every answer under way listens; how many there can be is bounded elsewhere.
  setMaxListeners(0, closing.signal);
  const api = createContext(options, closing.signal);
  const app = await createApp(api);
  try {
    await app.listen(options.port, options.bind);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    port,
    url: `http://${urlHost(options.bind)}:${port}`,
    close: () => (closed ??= close(app, api, closing)),
  };
}

async function createApp(api: ApiContext): Promise<NestFastifyApplication> {
  const door = createDoor(api.token, api.bind);
  const scrape = new Scrape(api);
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.of(api, door, scrape),
    createAdapter(api, door, scrape),
    // Without `abortOnError: false` Nest would end the process instead of rejecting.
    { bodyParser: false, abortOnError: false, logger: nestLogger(api.log) },
  );
  serveOpenApi(app, api.version);
  return app;
}

async function close(app: NestFastifyApplication, api: ApiContext, closing: AbortController): Promise<void> {
  closing.abort(new Problem('unavailable', 'The hub is stopping.', { headers: retryLater(5) }));
  const closed = app.close();
  await api.underWay.quiet(api.limits.closeMs);
  // Also those that were opened ahead and never asked anything, which count as busy to Node; and again, since one may
  // have been taken just before the port was let go.
  const sweep = setInterval(() => app.getHttpServer().closeAllConnections(), 10);
  await closed.finally(() => clearInterval(sweep));
}

/** An IPv6 address stands in brackets; "any address" is reached by loopback from here. */
function urlHost(bind: string): string {
  if (bind === '0.0.0.0') return '127.0.0.1';
  if (bind === '::') return '[::1]';
  return bind.includes(':') ? `[${bind}]` : bind;
}
