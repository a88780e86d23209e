import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** For tests: what `append-loop.mjs` said, and a way to wait for more of it. */
export class AppendProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  #check: (() => void) | undefined;
  /** Name → seq, of everything that was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  readonly refusals: string[] = [];
  stderr = '';

  constructor(path: string, run: string, env: NodeJS.ProcessEnv = {}) {
    if (!existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)))) {
      throw new Error('The journal is not built; run "npm run build" first.');
    }
    const script = fileURLToPath(new URL('../test-fixtures/append-loop.mjs', import.meta.url));
    this.#child = spawn(process.execPath, [script, path, run], { env: { ...process.env, ...env } });
    this.#child.stderr!.on('data', (data: Buffer) => (this.stderr += data.toString()));
    const lines = createInterface({ input: this.#child.stdout! });
    lines.on('line', (line) => this.#take(line));
    this.#ended = Promise.all([once(this.#child, 'close'), once(lines, 'close')]);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves once the condition holds. @throws Error with what the process said, if it ends before */
  async until(condition: () => boolean): Promise<void> {
    const held = new Promise<true>((resolve) => {
      this.#check = () => condition() && resolve(true);
      this.#check();
    });
    if ((await Promise.race([held, this.#ended])) !== true)
      throw new Error(`The process ended too early:\n${this.stderr}`);
  }

  /** @returns the exit code, null for a signal, once everything it said has been read */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill(signal);
    await this.#ended;
    return this.#child.exitCode;
  }

  #take(line: string): void {
    this.#lines.push(line);
    const [word, name, rest] = line.split(' ');
    if (word === 'ack') this.acknowledged.set(name!, Number(rest));
    if (word === 'rej') this.refusals.push(line);
    this.#check?.();
  }
}
