import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BackupNotStartedError, settledWithin, type Backups, type BackupView } from '@seawall/ports';
import type { Logger } from 'pino';
import { dataFiles } from '../data-directory.ts';
import { hubId, knownHubId } from '../hub-id.ts';
import { makeFolders } from '../make-folders.ts';
import type { Engines } from '../open-engines.ts';
import { faultOfName, HALF, halfName, halfOf, nameAt } from './backup-name.ts';
import { MANIFEST_FILE, readManifest, type BackupManifest } from './manifest.ts';
import { bytesToCopy, checkRoom } from './room-for-backup.ts';
import { BACKUP_CONSUMER, takeBackup, type BackupProgress } from './take-backup.ts';

export interface HubBackupsOptions {
  readonly engines: Pick<Engines, 'journal' | 'registry' | 'store' | 'sessions' | 'levels'>;
  readonly dataDir: string;
  /** Where backups are put, and nowhere else. */
  readonly directory: string;
  /** Why this hub can't be backed up so, and what to do instead; undefined where it can. */
  readonly refusal?: string | undefined;
  readonly log: Logger;
  /** Epoch ms; the system's clock unless given. */
  readonly now?: () => number;
}

/** LMDB copies in one call. What remains of the half is cleared away at the next start. */
const GIVE_UP_MS = 1_000;

/** What is known of the one that runs, before there are words for it. */
interface Running {
  readonly name: string;
  readonly startedAt: number;
  readonly bytes: number;
  readonly readings: number;
  progress: BackupProgress;
}

/** The backups of one hub, in one folder; one is made at a time. */
export class HubBackups implements Backups {
  readonly #options: HubBackupsOptions;
  readonly #directory: string;
  readonly #now: () => number;
  readonly #stopping = new AbortController();
  #running: Running | undefined;
  #finished: Promise<void> = Promise.resolve();
  #failed: BackupView | undefined;

  /** Clears away what a backup left that a crash interrupted. */
  static async open(options: HubBackupsOptions): Promise<HubBackups> {
    const backups = new HubBackups(options);
    const { journal } = options.engines;
    if (journal.position(BACKUP_CONSUMER) !== undefined) await journal.dropConsumer(BACKUP_CONSUMER);
    await backups.#clear();
    return backups;
  }

  private constructor(options: HubBackupsOptions) {
    this.#options = options;
    this.#directory = resolve(options.directory);
    this.#now = options.now ?? Date.now;
  }

  async start(given?: string): Promise<BackupView> {
    const startedAt = this.#now();
    const name = given ?? nameAt(startedAt);
    this.#refuse(name);
    const running: Running = { name, startedAt, bytes: 0, readings: 0, progress: { step: 'copying', done: 0 } };
    this.#running = running;
    const prepared = this.#prepare(running);
    this.#finished = prepared.then((ready) => this.#run(ready)).catch(() => undefined); // Its caller is told, here or by list().
    return viewOfRunning(await prepared, this.#directory);
  }

  async #prepare(running: Running): Promise<Running> {
    const { engines, dataDir } = this.#options;
    try {
      await this.#clear();
      makeFolders(this.#directory);
      const bytes = bytesToCopy(dataDir);
      await checkRoom(bytes, { directory: this.#directory, dataDir, lowBytes: engines.levels.lowBytes });
      const { readings } = await engines.store.status();
      return (this.#running = { ...running, bytes, readings });
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  #refuse(name: string): void {
    if (this.#options.refusal !== undefined) throw new BackupNotStartedError(this.#options.refusal, 'store');
    const fault = faultOfName(name);
    if (fault !== undefined) throw new BackupNotStartedError(fault, 'name');
    if (this.#stopping.signal.aborted) throw new BackupNotStartedError('The hub is stopping.', 'running');
    if (this.#running !== undefined) {
      throw new BackupNotStartedError(
        `The backup ${this.#running.name} is being made; wait until it is done.`,
        'running',
      );
    }
    if (existsSync(join(this.#directory, name)))
      throw new BackupNotStartedError(`There is a backup ${name} already; give another name, or none.`, 'taken');
  }

  async #run(running: Running): Promise<void> {
    const { engines, dataDir, log } = this.#options;
    const { name } = running;
    try {
      const manifest = await takeBackup(engines, {
        dataDir,
        directory: this.#directory,
        name,
        half: join(this.#directory, halfName(name, await hubId(dataFiles(dataDir).hubId))),
        now: this.#now,
        signal: this.#stopping.signal,
        onProgress: (progress) => (running.progress = progress),
      });
      const { readings, series, bytes } = manifest;
      log.info({ name, readings, series, bytes, tookMs: this.#now() - running.startedAt }, 'backup complete');
    } catch (error) {
      log.error({ err: error, name }, 'the backup failed; nothing is left of it');
      this.#failed = { ...viewOfRunning(running, this.#directory), ...this.#failure(error) };
    } finally {
      this.#running = undefined;
    }
  }

  #failure(error: unknown): Pick<BackupView, 'state' | 'step' | 'finishedAt' | 'failure'> {
    return { state: 'failed', step: null, finishedAt: this.#now(), failure: sentenceOf(error) };
  }

  async list(): Promise<readonly BackupView[]> {
    const complete = await Promise.all((await this.#complete()).map((name) => this.#view(name)));
    const other = this.#running === undefined ? this.#failed : viewOfRunning(this.#running, this.#directory);
    const retried = complete.some(({ name }) => name === other?.name);
    return [...(other === undefined || retried ? [] : [other]), ...complete].sort((a, b) => b.startedAt - a.startedAt);
  }

  async #view(name: string): Promise<BackupView> {
    const directory = join(this.#directory, name);
    try {
      return viewOfComplete(await readManifest(directory), directory);
    } catch (error) {
      const { mtimeMs } = await stat(join(directory, MANIFEST_FILE));
      return viewOfUnreadable(name, directory, { at: mtimeMs, failure: sentenceOf(error) });
    }
  }

  async #complete(): Promise<string[]> {
    const names = await this.#names();
    return names.filter((name) => !name.endsWith(HALF) && existsSync(join(this.#directory, name, MANIFEST_FILE)));
  }

  async #names(): Promise<string[]> {
    return existsSync(this.#directory) ? readdir(this.#directory) : [];
  }

  async #clear(): Promise<void> {
    const id = knownHubId(dataFiles(this.#options.dataDir).hubId);
    if (id === undefined) return;
    for (const name of (await this.#names()).filter((each) => each.endsWith(halfOf(id)))) {
      this.#options.log.warn({ name }, 'a half backup is removed');
      await rm(join(this.#directory, name), { recursive: true, force: true });
    }
  }

  /** Gives up the one that is being made. A copy that can't be given up is left to the end of the process. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The hub was stopped before the backup was complete.'));
    await settledWithin(this.#finished, GIVE_UP_MS);
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function viewOfRunning({ name, startedAt, bytes, readings, progress }: Running, directory: string): BackupView {
  const { step, done } = progress;
  const part = Math.min(1, done / Math.max(1, step === 'copying' ? bytes : readings));
  return {
    name,
    state: 'running',
    directory: join(directory, name),
    startedAt,
    finishedAt: null,
    step,
    progress: step === 'copying' ? part / 2 : 0.5 + part / 2,
    bytes,
    readings: null,
    series: null,
    failure: null,
  };
}

function viewOfComplete(
  { name, startedAt, finishedAt, bytes, readings, series }: BackupManifest,
  directory: string,
): BackupView {
  return {
    name,
    state: 'complete',
    directory,
    startedAt,
    finishedAt,
    step: null,
    progress: 1,
    bytes,
    readings,
    series,
    failure: null,
  };
}

/** One whose manifest says nothing any more must not hide the others. */
function viewOfUnreadable(
  name: string,
  directory: string,
  { at, failure }: { readonly at: number; readonly failure: string },
): BackupView {
  return {
    name,
    state: 'failed',
    directory,
    startedAt: at,
    finishedAt: at,
    step: null,
    progress: 0,
    bytes: 0,
    readings: null,
    series: null,
    failure,
  };
}
