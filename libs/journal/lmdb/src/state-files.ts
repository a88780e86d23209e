import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { flushDirectory } from './flush-directory.ts';

/** A consumer's state as its row has it: the last byte says whether the rest is the state, or names the file that is. */
export type StateRow = Uint8Array;

const IN_ROW = 1;
const IN_FILE = 2;
/** Above it a state has a file of its own: within the log's transaction it would hold up every append. */
const LARGEST_IN_ROW = 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** The states too large for rows. A file is written once, flushed before a row names it, and removed when none does. */
export class StateFiles {
  readonly #directory: string;
  /** Rows whose commit failed: until the next group is stored, what is on disk may name their files. */
  #doubtful: StateRow[] = [];
  /** How many want every file to stay, and what is to be removed once none does. */
  #keepers = 0;
  #kept: string[] = [];

  /** @param rows those in force: files that none of them names are what a crash left, and are removed */
  constructor(path: string, rows: Iterable<StateRow>) {
    this.#directory = join(path, 'states');
    mkdirSync(this.#directory, { recursive: true });
    const named = new Set([...rows].map(fileOf));
    for (const name of readdirSync(this.#directory)) {
      if (!named.has(name)) rmSync(join(this.#directory, name), { recursive: true });
    }
  }

  /** Makes the row of a state. Resolves when what it names is on disk. @throws the file system's error, or for a doubt */
  async rowOf(state: Uint8Array): Promise<StateRow> {
    // One file in doubt is enough: a failing disk must not be filled with them.
    if (this.#doubtful.length > 0) throw new Error('the last commit failed');
    if (state.length <= LARGEST_IN_ROW) return row(state, IN_ROW);
    const name = `${randomUUID()}.state`;
    try {
      await this.#write(join(this.#directory, name), state);
      await flushDirectory(this.#directory);
    } catch (error) {
      await rm(join(this.#directory, name), { force: true });
      throw error;
    }
    return row(Buffer.from(name), IN_FILE);
  }

  /** @throws Error if the file is gone */
  read(stateRow: StateRow): Uint8Array {
    const name = fileOf(stateRow);
    if (name === undefined) return stateRow.subarray(0, -1);
    return new Uint8Array(readFileSync(join(this.#directory, name)));
  }

  /** The file of a row that is in force no more; what can't be removed now the next start removes. */
  async remove(stateRow: StateRow): Promise<void> {
    const name = fileOf(stateRow);
    if (name === undefined) return;
    if (this.#keepers > 0) this.#kept.push(name);
    else await this.#removeFile(name);
  }

  /** Until what it returns is called, no file is removed. */
  keepAll(): () => void {
    this.#keepers++;
    return () => {
      this.#keepers--;
      if (this.#keepers === 0) for (const name of this.#kept.splice(0)) void this.#removeFile(name);
    };
  }

  async #removeFile(name: string): Promise<void> {
    await rm(join(this.#directory, name), { force: true }).catch(() => undefined);
  }

  /** The commit of the row failed; whether it is in force will be known when the next group is stored. */
  doubt(stateRow: StateRow): void {
    if (fileOf(stateRow) !== undefined) this.#doubtful.push(stateRow);
  }

  /** What is on disk is known again, and names none of the rows in doubt. */
  settle(): void {
    for (const stateRow of this.#doubtful.splice(0)) void this.remove(stateRow);
  }

  async #write(path: string, state: Uint8Array): Promise<void> {
    const file = await open(path, 'wx');
    try {
      for (let at = 0; at < state.length; at += PIECE_BYTES) await file.writeFile(state.subarray(at, at + PIECE_BYTES));
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

function fileOf(stateRow: StateRow): string | undefined {
  return stateRow.at(-1) === IN_FILE ? Buffer.from(stateRow.subarray(0, -1)).toString() : undefined;
}

function row(content: Uint8Array, place: number): StateRow {
  const bytes = new Uint8Array(content.length + 1);
  bytes.set(content);
  bytes[content.length] = place;
  return bytes;
}
