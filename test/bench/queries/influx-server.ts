import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { waitUntil } from '../../support/wait-until.ts';
import { diskBytes } from './disk-bytes.ts';

const INFLUXD = '/usr/bin/influxd';

/** Debian's InfluxDB 1.6, in a folder and on a port of its own. */
export interface InfluxServer {
  readonly url: string;
  readonly version: string;
  /** Of its data and write-ahead log. */
  bytes(): number;
  /** Resolves once it has compacted what it holds: it works no more, and its files change no more. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** @returns why there can be none here, or undefined */
export function noInfluxBecause(): string | undefined {
  return existsSync(INFLUXD) ? undefined : `${INFLUXD} is not there; Debian's package influxdb brings it`;
}

export async function startInflux(dir: string): Promise<InfluxServer> {
  await mkdir(dir, { recursive: true });
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(dir, 'influxdb.conf');
  await writeFile(config, configuration(dir, http, rpc));
  const child = spawn(INFLUXD, ['run', '-config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
  const url = `http://127.0.0.1:${http}`;
  const version = await waitUntil('influxd answers', () => pinged(url, child, () => said), 120_000, 100);
  return {
    url,
    version,
    bytes: () => diskBytes(join(dir, 'data')) + diskBytes(join(dir, 'wal')),
    settled: () => settled(dir, child.pid!),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      process.off('exit', kill);
    },
  };
}

/** Its defaults, but for addresses, its own monitoring and logs, and that it compacts soon what nobody writes to. */
function configuration(dir: string, http: number, rpc: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${join(dir, 'meta')}"
[data]
  dir = "${join(dir, 'data')}"
  wal-dir = "${join(dir, 'wal')}"
  query-log-enabled = false
  cache-snapshot-write-cold-duration = "5s"
  compact-full-write-cold-duration = "5s"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
`;
}

async function pinged(url: string, child: ChildProcess, said: () => string): Promise<string | undefined> {
  if (child.exitCode !== null) throw new Error(`influxd ended with code ${child.exitCode}.\n${said()}`);
  const response = await fetch(`${url}/ping`);
  return response.headers.get('x-influxdb-version') ?? undefined;
}

const QUIET_LOOKS = 8;

async function settled(dir: string, pid: number): Promise<void> {
  let quiet = 0;
  let before = { bytes: -1, ticks: 0 };
  const look = () => {
    const now = { bytes: diskBytes(join(dir, 'data')) + diskBytes(join(dir, 'wal')), ticks: processorTicks(pid) };
    // A tenth of a core is what it does for itself.
    quiet = now.bytes === before.bytes && now.ticks - before.ticks < 20 ? quiet + 1 : 0;
    before = now;
    return quiet >= QUIET_LOOKS;
  };
  await waitUntil('influxd has compacted its files', look, 1_800_000, 2_000);
}

/** Hundredths of a second, of all its threads. */
function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
