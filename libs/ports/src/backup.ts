/** What a copy came to. */
export interface CopySummary {
  /** Of all its files. */
  readonly bytes: number;
}

export interface CopyOptions {
  /** Gives the copy up: the promise rejects with the signal's reason as soon as that is possible. */
  readonly signal?: AbortSignal;
  /** Told again and again while the copy grows. */
  readonly onProgress?: (copiedBytes: number) => void;
}

/** There is nothing that could be copied: what is kept is kept in memory only, or elsewhere. */
export class BackupRefusedError extends Error {
  override readonly name = 'BackupRefusedError';
}

/** What can be copied while it is in use. */
export interface Copyable<S extends CopySummary = CopySummary> {
  /**
   * Copies everything as it stood on disk at one moment between the call and its end, so that the adapter opens the copy
   * as it would open the original. Calls that write go on meanwhile and do not wait for it; one copy at a time.
   * The copy is on disk when the promise resolves. One that failed or was given up is left for the caller to remove.
   * @param path as the adapter's `path`; nothing may be there yet, but its folder
   * @throws BackupRefusedError; the file system's error; the signal's reason
   */
  backup(path: string, options?: CopyOptions): Promise<S>;
}

/** A backup of a whole hub, as those see it who asked for it. Times are epoch ms. */
export interface BackupView {
  readonly name: string;
  /** `running`: being made. `failed`: nothing is left of it but this, or what is there can no longer be read. */
  readonly state: 'running' | 'complete' | 'failed';
  /** Where it is, or will be. */
  readonly directory: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** What is done now: `copying` or `verifying`; null once it is complete or has failed. */
  readonly step: 'copying' | 'verifying' | null;
  /** Of the work, 0 to 1. */
  readonly progress: number;
  readonly bytes: number;
  /** Readings and series of the copy, counted in it; null until then. */
  readonly readings: number | null;
  readonly series: number | null;
  /** A sentence; null unless it failed. */
  readonly failure: string | null;
}

/** A backup can't begin now: one is running, the name is taken or is none, the disk has too little room, or the store is elsewhere. */
export class BackupNotStartedError extends Error {
  override readonly name = 'BackupNotStartedError';
  readonly because: 'running' | 'name' | 'taken' | 'room' | 'store';

  constructor(message: string, because: BackupNotStartedError['because']) {
    super(message);
    this.because = because;
  }
}

/** Backups of a running hub. */
export interface Backups {
  /**
   * Begins one; resolves when it runs. @param name made from the time unless given
   * @throws BackupNotStartedError
   */
  start(name?: string): Promise<BackupView>;
  /** Those that are complete, the one that runs, and the last that failed; newest first. */
  list(): Promise<readonly BackupView[]>;
}
