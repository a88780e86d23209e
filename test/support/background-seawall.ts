import { spawn } from 'node:child_process';
import { residentBytes } from './process-memory.ts';
import { seawallBin, repositoryRoot } from './repository.ts';
import { hubEnvironment, type HubExit, type HubOptions } from './start-hub.ts';

/** A command that runs until it is told to end. */
export interface BackgroundCommand {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<HubExit>;
  /** Ctrl-C, then its exit. */
  interrupt(): Promise<HubExit>;
  /** SIGKILL: no time to say goodbye. */
  kill9(): Promise<HubExit>;
  residentBytes(): number;
}

export function startSeawall(
  args: readonly string[],
  options: Pick<HubOptions, 'token' | 'env'> = {},
): BackgroundCommand {
  const child = spawn(process.execPath, [seawallBin, ...args], {
    cwd: repositoryRoot,
    env: hubEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => child.kill('SIGKILL');
  process.on('exit', stop);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = new Promise<HubExit>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', stop);
      resolve({ code, signal });
    });
  });
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    interrupt: () => {
      child.kill('SIGINT');
      return exited;
    },
    kill9: () => {
      child.kill('SIGKILL');
      return exited;
    },
    residentBytes: () => residentBytes(child.pid!),
  };
}
