import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from './context.ts';
import type { Door } from './http/door.ts';
import { Problem, retryLater } from './http/problem.ts';
import { refuseIllEscaped } from './http/ill-escaped.ts';
import { sendProblem } from './http/problem-filter.ts';
import type { Scrape } from './metrics/scrape.ts';

/** For every answer: nothing is sniffed, framed or kept by a cache on the way. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** Fastify with the bounds of the server, its door in front of every path, and bodies left to the routes. */
export function createAdapter(api: ApiContext, door: Door, scrape: Scrape): FastifyAdapter {
  const { limits } = api;
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    // Of loading a part: a disk that is busy, as after a crash, makes a start slow, and Fastify would end it after ten seconds.
    pluginTimeout: 0,
    bodyLimit: limits.telemetryBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    http: { headersTimeout: Math.min(limits.headersMs, limits.requestMs) },
    // Names are 128 characters, of which each may be percent-encoded in up to 12.
    routerOptions: { maxParamLength: 2048 },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(api, error, request, reply),
  });
  const instance = adapter.getInstance();
  instance.server.maxConnections = limits.connections;
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, _payload, done) => done(null));
  instance.addHook('onRequest', (request, reply, done) => {
    api.underWay.add(reply.raw);
    void reply.headers(HEADERS);
    done(refusal(api, door, request));
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (!route.includes('/stream/')) scrape.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  return adapter;
}

function refusal(api: ApiContext, door: Door, request: FastifyRequest): Problem | undefined {
  if (api.closing.aborted) {
    const headers = { ...retryLater(5), connection: 'close' };
    return new Problem('unavailable', 'The hub is stopping.', { headers });
  }
  try {
    door.admit(request);
    refuseIllEscaped(request.url);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** What could not be read as HTTP has no request to answer, so the answer is written by hand. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text, detail] = unreadable(error.code);
  const body = JSON.stringify({ type: 'about:blank', title: text, status, detail });
  const head = `HTTP/1.1 ${status} ${text}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}

function unreadable(code: string | undefined): [number, string, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return [431, 'Request Header Fields Too Large', 'The headers are longer than 16 kB.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', 'The request took too long to arrive.'];
  return [400, 'Bad Request', 'This is not HTTP/1.1.'];
}
