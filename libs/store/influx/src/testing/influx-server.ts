import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { diskBytes } from './disk-bytes.ts';
import { freePort } from './free-port.ts';

const INFLUXD = '/usr/bin/influxd';

/** Debian's InfluxDB 1.6, in a folder and on a port of its own. */
export interface InfluxServer {
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  /** Of its data and write-ahead log. */
  bytes(): number;
  /** Resolves once it has compacted what it holds: it works no more, and its files change no more. */
  settled(): Promise<void>;
  /** SIGSTOP: it takes connections, and says nothing. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL, at whatever it is. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
}

export interface InfluxServerOptions {
  /** As it was before it was stopped or killed; a free one unless given. */
  readonly port?: number;
  /** More of its configuration, by section: `{ data: 'max-values-per-tag = 10' }`. */
  readonly sections?: Readonly<Partial<Record<'data' | 'http' | 'coordinator', string>>>;
}

/** @returns why there can be none here, or undefined */
export function noInfluxBecause(): string | undefined {
  return existsSync(INFLUXD) ? undefined : `${INFLUXD} is not there; Debian's package influxdb brings it`;
}

/** Starts it in a folder, which may hold what another has left there. Resolves once it answers. */
export async function startInflux(dir: string, options: InfluxServerOptions = {}): Promise<InfluxServer> {
  await mkdir(dir, { recursive: true });
  const [http, rpc] = [options.port ?? (await freePort()), await freePort()];
  const config = join(dir, 'influxdb.conf');
  await writeFile(config, configuration(dir, http, rpc, options.sections ?? {}));
  const child = spawn(INFLUXD, ['run', '-config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
  const url = `http://127.0.0.1:${http}`;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
    process.off('exit', kill);
  };
  return {
    url,
    version: await answering(url, child, () => said),
    pid: child.pid!,
    bytes: () => diskBytes(join(dir, 'data')) + diskBytes(join(dir, 'wal')),
    settled: () => settled(dir, child.pid!),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** Its defaults, but for addresses, its own monitoring and logs, and that it compacts soon what nobody writes to. */
function configuration(
  dir: string,
  http: number,
  rpc: number,
  sections: NonNullable<InfluxServerOptions['sections']>,
): string {
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
  ${sections.data ?? ''}
[monitor]
  store-enabled = false
[coordinator]
  ${sections.coordinator ?? ''}
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
  ${sections.http ?? ''}
`;
}

const START_MS = 120_000;
const BETWEEN_LOOKS_MS = 50;

/** @returns its version */
async function answering(url: string, child: ChildProcess, said: () => string): Promise<string> {
  for (const end = performance.now() + START_MS; performance.now() < end; await delay(BETWEEN_LOOKS_MS)) {
    if (child.exitCode !== null) throw new Error(`influxd ended with code ${child.exitCode}.\n${said()}`);
    const response = await fetch(`${url}/ping`).catch(() => undefined);
    const version = response?.headers.get('x-influxdb-version');
    if (version) return version;
  }
  throw new Error(`influxd does not answer.\n${said()}`);
}

const QUIET_LOOKS = 8;

const SETTLE_MS = 1_800_000;

async function settled(dir: string, pid: number): Promise<void> {
  let quiet = 0;
  let before = { bytes: -1, ticks: 0 };
  for (const end = performance.now() + SETTLE_MS; performance.now() < end; await delay(2_000)) {
    const now = { bytes: diskBytes(join(dir, 'data')) + diskBytes(join(dir, 'wal')), ticks: processorTicks(pid) };
    // A tenth of a core is what it does for itself.
    quiet = now.bytes === before.bytes && now.ticks - before.ticks < 20 ? quiet + 1 : 0;
    before = now;
    if (quiet >= QUIET_LOOKS) return;
  }
  throw new Error('influxd goes on compacting.');
}

/** Hundredths of a second, of all its threads. */
function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
