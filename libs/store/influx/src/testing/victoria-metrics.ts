import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const VICTORIA = '/usr/bin/victoria-metrics';
const START_MS = 60_000;

/** A series as it exports it. */
export interface ExportedSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Epoch ms. */
  readonly timestamps: readonly number[];
}

/** A real server of another make that takes what is written to InfluxDB 2. */
export interface VictoriaMetrics {
  /** Of a door before it, at which InfluxQL, which it does not speak, finds an empty store. */
  readonly url: string;
  /** Everything that it holds. */
  everything(): Promise<readonly ExportedSeries[]>;
  stop(): Promise<void>;
}

/** @returns why there can be none here, or undefined */
export function noVictoriaBecause(): string | undefined {
  return existsSync(VICTORIA) ? undefined : `${VICTORIA} is not there; Debian's package victoria-metrics brings it`;
}

/** Starts it in an empty folder. */
export async function startVictoriaMetrics(dir: string): Promise<VictoriaMetrics> {
  const port = await freePort();
  const args = [`-storageDataPath=${dir}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y'];
  const child = spawn(VICTORIA, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const own = `http://127.0.0.1:${port}`;
  await answering(own, () => child.exitCode);
  const door = createServer((incoming, answer) => (isQuery(incoming) ? nothing(answer) : pass(incoming, answer, port)));
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  return {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    everything: () => everything(own),
    async stop() {
      door.closeAllConnections();
      door.close();
      kill();
      await exited;
      process.off('exit', kill);
    },
  };
}

async function answering(url: string, exitCode: () => number | null): Promise<void> {
  for (const end = performance.now() + START_MS; performance.now() < end; await delay(50)) {
    if (exitCode() !== null) throw new Error(`${VICTORIA} ended with code ${exitCode()}.`);
    if ((await fetch(`${url}/health`).catch(() => undefined))?.ok) return;
  }
  throw new Error(`${VICTORIA} does not answer.`);
}

async function everything(url: string): Promise<readonly ExportedSeries[]> {
  // What came in a moment ago is not searched yet.
  await fetch(`${url}/internal/force_flush`);
  const response = await fetch(`${url}/api/v1/export`, {
    method: 'POST',
    body: new URLSearchParams({ 'match[]': '{__name__!=""}', start: '1970-01-01T00:00:00Z' }),
  });
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ExportedSeries);
}

function isQuery({ url }: IncomingMessage): boolean {
  return url?.startsWith('/query') === true;
}

function nothing(answer: ServerResponse): void {
  answer.writeHead(200, { 'content-type': 'application/json' }).end('{"results":[{"statement_id":0}]}\n');
}

function pass(incoming: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method, headers, url } = incoming;
  const outgoing = request({ host: '127.0.0.1', port, path: url, method, headers }, (response) => {
    answer.writeHead(response.statusCode!, response.headers);
    response.pipe(answer);
  });
  outgoing.once('error', () => answer.destroy());
  incoming.pipe(outgoing);
}
