import { setImmediate } from 'node:timers/promises';

/** Rows of one statement: a few milliseconds of the calling thread, and far below SQLite's 32,766 parameters. */
const ROWS_PER_STATEMENT = 100;

/** The items in runs of one statement each, between which others have their turn; nothing for no items. */
export async function* chunks<T>(items: readonly T[]): AsyncGenerator<T[], void, undefined> {
  for (let i = 0; i < items.length; i += ROWS_PER_STATEMENT) {
    if (i > 0) await setImmediate();
    yield items.slice(i, i + ROWS_PER_STATEMENT);
  }
}
