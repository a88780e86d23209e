import type { RootDatabase } from 'lmdb';
import { convertFormat1 } from './convert-format-1.ts';
import { forgetContents } from './forget-contents.ts';
import type { SessionTables } from './lmdb-session-store.ts';
import { splitMessages } from './split-messages.ts';

const FORMAT = 3;
const FORMAT_KEY = Buffer.from('format');
const DONE = Buffer.from([FORMAT]);
/** The format, and what is taken over. */
const COPIED_AT = 2;

export interface FormatOptions {
  readonly root: RootDatabase<Buffer, Buffer>;
  readonly tables: SessionTables;
  readonly path: string;
  readonly hasRoom: () => boolean;
  /** Bytes that the conversion of an older format may take of the disk. */
  readonly freeBytes: () => number;
}

/**
 * Brings what is there to the format of now, so that an older Seawall refuses it from the first change on that it would
 * misread; what QoS 2 packets said nobody reads. The format's
 * number is a byte; while a store of format 1 is taken over, that number and the last copy taken over (uint48) follow.
 * @throws Error with a sentence: it is of a format that this Seawall does not know, or there is no room to convert it
 */
export function bringToFormat(options: FormatOptions): void {
  const { root, tables, path, hasRoom } = options;
  const stored = root.get(FORMAT_KEY);
  const [format] = stored ?? [];
  if (format !== undefined && (format < 1 || format > FORMAT)) throw new Error(unknownFormat(path, format));
  if (stored?.equals(DONE)) return;
  // Without room they stay until their PUBREL.
  if (stored !== undefined && hasRoom()) forgetContents(root, tables.incoming);
  if (stored === undefined) root.putSync(FORMAT_KEY, DONE);
  else if (format === 2) {
    // First, since an older Seawall would not find the packets.
    root.putSync(FORMAT_KEY, DONE);
    splitMessages(root, tables, hasRoom);
  } else convertFormat1({ ...conversionOf(options), after: copiedOf(stored) });
}

function conversionOf({ root, tables, path, hasRoom, freeBytes }: FormatOptions) {
  return {
    root,
    tables,
    demand: (bytes: number) => {
      const free = freeBytes();
      if (free < bytes) throw new Error(tooLittleRoom(path, bytes, free));
    },
    goOn: () => {
      if (!hasRoom()) throw new Error(noRoom(path));
    },
    note: (last: number | 'all') => root.putSync(FORMAT_KEY, last === 'all' ? DONE : copiedUpTo(last)),
  };
}

/** Of format 1, or of a conversion that was interrupted. */
function copiedOf(stored: Buffer): number {
  return stored.length > COPIED_AT ? stored.readUIntBE(COPIED_AT, 6) : 0;
}

function copiedUpTo(last: number): Buffer {
  const stored = Buffer.alloc(COPIED_AT + 6);
  stored.set([FORMAT, 1]);
  stored.writeUIntBE(last, COPIED_AT, 6);
  return stored;
}

function unknownFormat(path: string, format: number): string {
  return (
    `The MQTT sessions in ${path} have format ${format}, and this Seawall knows format ${FORMAT}. ` +
    'Start the newer Seawall that wrote them, or move the folder away to begin without sessions.'
  );
}

function tooLittleRoom(path: string, needed: number, free: number): string {
  return (
    `The MQTT sessions in ${path} are of an older format, and taking them over needs up to ${megabytes(needed)}, of which the disk ` +
    `has ${megabytes(Math.max(0, free))} to give. Make room and start again.`
  );
}

function noRoom(path: string): string {
  return `The MQTT sessions in ${path} are of an older format, and the disk has too little room to take them over. Make room and start again.`;
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))} MB`;
}
