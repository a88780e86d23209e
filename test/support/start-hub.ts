import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { residentBytes } from './process-memory.ts';
import { repositoryRoot, seawallBin } from './repository.ts';

const STDERR_KEPT = 256 * 1024;

export interface HubOptions {
  readonly dataDir: string;
  /** File name → YAML; written to the rules folder before the start. */
  readonly rules?: Readonly<Record<string, string>>;
  readonly timeZone?: string;
  /** Asked of every client; without one the hub is started with `--no-auth`. */
  readonly token?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own flags, before the command. */
  readonly nodeArgs?: readonly string[];
  readonly readyTimeoutMs?: number;
  /** A descriptor for its standard error; without one that is read, for `stderr()`. */
  readonly stderr?: number;
}

export interface HubAddresses {
  readonly mqtt: string;
  readonly mqttWs: string;
  readonly http: string;
}

export interface HubExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A real hub process. Its addresses change with every start, its data directory does not. */
export interface RunningHub extends HubAddresses {
  readonly pid: number;
  readonly dataDir: string;
  /** From spawn to the ready line. */
  readonly readyAfterMs: number;
  readonly exited: Promise<HubExit>;
  isRunning(): boolean;
  /** @throws Error with its exit code and what it said last, if it runs no more */
  mustRun(): void;
  /** The newest part of what it wrote to standard error. */
  stderr(): string;
  residentBytes(): number;
  /** SIGTERM, then its exit; SIGKILL and an error if that takes longer. */
  stop(timeoutMs?: number): Promise<HubExit & { readonly tookMs: number }>;
  /** SIGKILL: no time to say goodbye. */
  kill9(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function upArguments(options: HubOptions): string[] {
  const ports = ['--mqtt-port', '0', '--mqtt-ws-port', '0', '--http-port', '0'];
  return [
    ...(options.nodeArgs ?? []),
    seawallBin,
    'up',
    '--data-dir',
    options.dataDir,
    ...ports,
    ...(options.token === undefined ? ['--no-auth'] : []),
    ...(options.timeZone === undefined ? [] : ['--time-zone', options.timeZone]),
    ...(options.args ?? []),
  ];
}

/** The tests' surroundings must not set the hub up: only what a test asks for. */
export function hubEnvironment(options: Pick<HubOptions, 'token' | 'env'>): NodeJS.ProcessEnv {
  const foreign = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SEAWALL_') && name !== 'NODE_OPTIONS',
  );
  const token = options.token === undefined ? {} : { SEAWALL_TOKEN: options.token };
  return { ...Object.fromEntries(foreign), ...token, ...options.env };
}

/** Starts `seawall up` and waits for its ready line. @throws Error with its standard error if it ends before */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  await writeRules(options);
  const began = performance.now();
  const child = spawn(process.execPath, upArguments(options), {
    cwd: repositoryRoot,
    env: hubEnvironment(options),
    stdio: ['ignore', 'pipe', options.stderr ?? 'pipe'],
  });
  running.add(child);
  const stderr = collect(child);
  const exited = new Promise<HubExit>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const addresses = await readyLine(child, exited, stderr, options.readyTimeoutMs ?? 30_000);
  const readyAfterMs = performance.now() - began;
  return { ...addresses, ...handle(child, exited, stderr), dataDir: options.dataDir, readyAfterMs };
}

/** Runs the command to its end: for starts that are to be refused. */
export async function runSeawall(
  args: readonly string[],
  options: Pick<HubOptions, 'token' | 'env'> = {},
  timeoutMs = 30_000,
): Promise<HubExit & { readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [seawallBin, ...args], {
    cwd: repositoryRoot,
    env: hubEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const stderr = collect(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  running.delete(child);
  return { code, signal, stdout, stderr: stderr() };
}

async function writeRules({ dataDir, rules }: HubOptions): Promise<void> {
  if (rules === undefined) return;
  await mkdir(join(dataDir, 'rules'), { recursive: true });
  for (const [name, yaml] of Object.entries(rules)) await writeFile(join(dataDir, 'rules', name), yaml);
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-STDERR_KEPT);
  });
  return () => text;
}

async function readyLine(
  child: ChildProcess,
  exited: Promise<HubExit>,
  stderr: () => string,
  timeoutMs: number,
): Promise<HubAddresses> {
  const lines = createInterface({ input: child.stdout! });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No ready line after ${timeoutMs} ms.\n${stderr()}`)), timeoutMs);
  });
  const ended = exited.then(({ code, signal }) => {
    throw new Error(`The hub ended (code ${code}, signal ${signal}) before it was ready.\n${stderr()}`);
  });
  const first = once(lines, 'line').then(([line]) => line as string);
  try {
    return parseReadyLine(await Promise.race([first, late, ended]));
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined); // lost the race: its exit is told by `exited`
  }
}

function parseReadyLine(line: string): HubAddresses {
  const ready = JSON.parse(line) as Partial<HubAddresses> & { ready?: boolean };
  if (ready.ready !== true || !ready.mqtt || !ready.mqttWs || !ready.http) throw new Error(`Not a ready line: ${line}`);
  return { mqtt: ready.mqtt, mqttWs: ready.mqttWs, http: ready.http };
}

function handle(child: ChildProcess, exited: Promise<HubExit>, stderr: () => string) {
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid!,
    exited,
    isRunning,
    mustRun() {
      const { exitCode, signalCode } = child;
      if (!isRunning())
        throw new Error(`The hub ended (code ${exitCode}, signal ${signalCode}).\n${stderr().slice(-4_000)}`);
    },
    stderr,
    residentBytes: () => residentBytes(child.pid!),
    async stop(timeoutMs = 15_000) {
      const began = performance.now();
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      const exit = await exited;
      clearTimeout(timer);
      return { ...exit, tookMs: performance.now() - began };
    },
    async kill9() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
