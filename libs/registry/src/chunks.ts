/** Rows of one statement: a few milliseconds of work, and far below SQLite's 32,766 parameters. */
const ROWS_PER_STATEMENT = 100;

/** The items in runs that fit into one statement; nothing for no items. */
export function* chunks<T>(items: readonly T[]): Iterable<T[]> {
  for (let i = 0; i < items.length; i += ROWS_PER_STATEMENT) yield items.slice(i, i + ROWS_PER_STATEMENT);
}
