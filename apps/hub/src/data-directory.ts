import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SettingError } from './config/setting-error.ts';

/** Where each embedded engine keeps its files. */
export interface DataDirectory {
  readonly root: string;
  readonly journal: string;
  readonly sessions: string;
  readonly registry: string;
  readonly store: string;
}

/** Makes the folder, for this user only. @throws SettingError if it can't be made */
export function dataDirectory(root: string): DataDirectory {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SettingError(`--data-dir ${root} can't be made: ${(error as Error).message}`, { cause: error });
  }
  return {
    root,
    journal: join(root, 'journal'),
    sessions: join(root, 'sessions'),
    registry: join(root, 'registry.db'),
    store: join(root, 'series.duckdb'),
  };
}
