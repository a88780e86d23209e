import { open, type Database, type RootDatabase } from 'lmdb';

/** How the tables below are laid out; another layout gets another number. */
const LAYOUT = 1;

/** The one LMDB environment of a journal. Numbers as keys sort as numbers, buffers by their bytes. */
export interface Tables {
  readonly root: RootDatabase<Buffer, string>;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** seq → encoded entry */
  readonly entries: Database<Buffer, number>;
  /** seq → `PlaceRow`, so that trimming and starting need not read entries */
  readonly places: Database<Buffer, number>;
  /** `nameKey` of an idempotency key → `KeyRow` */
  readonly keys: Database<Buffer, Buffer>;
  /** seq → `nameKey`, so that keys are forgotten in the order of their age */
  readonly keyAges: Database<Buffer, number>;
  /** seq → the log's age when it ended with that entry (a double), see `AgeMarks` */
  readonly ages: Database<Buffer, number>;
  /** `producerKey` → place; of trimmed entries only each producer's last */
  readonly producers: Database<Buffer, Buffer>;
  /** consumer → cursor */
  readonly cursors: Database<Buffer, string>;
  /** consumer → its state, then one byte: LMDB has no empty values */
  readonly states: Database<Buffer, string>;
}

/**
 * Opens or creates the files in a directory. `overlappingSync` is off: with it readers see what is not yet on disk, and
 * a failed flush rejects nothing. The map grows by itself.
 * @throws Error if the files can't be opened or are of another layout
 */
export function openTables(path: string): Tables {
  const root = open<Buffer, string>({ path, noSubdir: false, overlappingSync: false, encoding: 'binary', maxDbs: 12 });
  try {
    const byNumber = (name: string) => root.openDB<Buffer, number>({ name, encoding: 'binary' });
    const byBytes = (name: string) => root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
    const byText = (name: string) => root.openDB<Buffer, string>({ name, encoding: 'binary' });
    refuseOtherLayout(byText('meta'));
    return {
      root,
      pageSize: (root.getStats() as { pageSize: number }).pageSize,
      entries: byNumber('entries'),
      places: byNumber('places'),
      keys: byBytes('keys'),
      keyAges: byNumber('keyAges'),
      ages: byNumber('ages'),
      producers: byBytes('producers'),
      cursors: byText('cursors'),
      states: byText('states'),
    };
  } catch (error) {
    void root.close();
    throw error;
  }
}

export function entryCount(table: Database<Buffer, number>): number {
  return (table.getStats() as { entryCount: number }).entryCount;
}

export function firstKey(table: Database<Buffer, number>): number | undefined {
  return [...table.getKeys({ limit: 1 })][0];
}

export function lastKey(table: Database<Buffer, number>): number | undefined {
  return [...table.getKeys({ limit: 1, reverse: true })][0];
}

function refuseOtherLayout(meta: Database<Buffer, string>): void {
  const layout = meta.get('layout')?.toString();
  if (layout === undefined) meta.putSync('layout', Buffer.from(String(LAYOUT)));
  else if (layout !== String(LAYOUT)) {
    throw new Error(
      `its tables are of layout ${layout}, and this Seawall reads layout ${LAYOUT} only. Start the release that wrote them`,
    );
  }
}
