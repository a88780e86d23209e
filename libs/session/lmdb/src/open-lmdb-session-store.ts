import { MAX_SUBSCRIPTIONS_PER_CLIENT, type SessionStore } from '@seawall/ports';
import { open, type RootDatabase } from 'lmdb';
import { convertFormat1 } from './convert-format-1.ts';
import { LmdbSessionStore, type SessionLimits, type SessionTables } from './lmdb-session-store.ts';
import { refuseWithoutRoom } from './refuse-without-room.ts';

const FORMAT = 3;
const FORMAT_KEY = Buffer.from('format');
const KIB = 1024;
const MIB = 1024 * KIB;
const DAY_MS = 86_400_000;

/** `docs/mqtt.md` tells them. */
export const DEFAULT_LIMITS: SessionLimits = {
  packetsPerClient: 10_000,
  bytesPerClient: 16 * MIB,
  bytes: 512 * MIB,
  incomingBytesPerClient: 512 * KIB,
  incomingBytes: 128 * MIB,
  retained: 100_000,
  retainedForHub: 10_000,
  subscriptionsPerClient: MAX_SUBSCRIPTIONS_PER_CLIENT,
  goneSessions: 10_000,
  sessionExpiryMs: 7 * DAY_MS,
};

export interface LmdbSessionStoreOptions {
  /** A folder of its own; made if it is missing. */
  readonly path: string;
  /** Packets that wait for one client; 10,000 unless given. A full queue drops its oldest packet that was never sent. */
  readonly maxQueuedPerClient?: number;
  /** 16 MiB unless given. */
  readonly maxQueuedBytesPerClient?: number;
  /** Over all clients; 512 MiB unless given. */
  readonly maxQueuedBytes?: number;
  /** QoS 2 packets of one client that wait for their PUBREL; 512 KiB unless given. One more is refused. */
  readonly maxIncomingBytesPerClient?: number;
  /** Over all clients; 128 MiB unless given. The session of one that is gone and owes PUBRELs ends for one more. */
  readonly maxIncomingBytes?: number;
  /** Topics with a retained message; 100,000 unless given. A new topic beyond is forwarded but not retained. */
  readonly maxRetained?: number;
  /** Topics beyond these for what no client has published, but the hub itself; 10,000 unless given. */
  readonly maxRetainedForHub?: number;
  /** 1,000 unless given; a client that asks for more is refused. */
  readonly maxSubscriptionsPerClient?: number;
  /** 10,000 unless given; the one whose client has been gone for the longest ends for one more. */
  readonly maxGoneSessions?: number;
  /** How long a client may be gone until its session expires; seven days unless given. */
  readonly sessionExpiryMs?: number;
  /** Milliseconds of a clock that does not go back; the process' own unless given. */
  readonly now?: () => number;
  /** Asked before every write, which is refused without; there is always room unless given. */
  readonly hasRoom?: () => boolean;
}

/**
 * Opens the broker's sessions on LMDB, reading their index into memory.
 * @throws if another Seawall's format is found there, or the folder can't be written
 */
export async function openLmdbSessionStore(options: LmdbSessionStoreOptions): Promise<SessionStore> {
  const root = open<Buffer, Buffer>({
    path: options.path,
    noSubdir: false,
    // In the default mode a put resolves before it is on disk, and a flush that failed rejects nothing.
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  try {
    const { path, hasRoom = () => true, now = () => performance.now() } = options;
    const tables = openTables(root, hasRoom);
    await checkFormat(root, tables, path);
    const limits: SessionLimits = {
      packetsPerClient: options.maxQueuedPerClient ?? DEFAULT_LIMITS.packetsPerClient,
      bytesPerClient: options.maxQueuedBytesPerClient ?? DEFAULT_LIMITS.bytesPerClient,
      bytes: options.maxQueuedBytes ?? DEFAULT_LIMITS.bytes,
      incomingBytesPerClient: options.maxIncomingBytesPerClient ?? DEFAULT_LIMITS.incomingBytesPerClient,
      incomingBytes: options.maxIncomingBytes ?? DEFAULT_LIMITS.incomingBytes,
      retained: options.maxRetained ?? DEFAULT_LIMITS.retained,
      retainedForHub: options.maxRetainedForHub ?? DEFAULT_LIMITS.retainedForHub,
      subscriptionsPerClient: options.maxSubscriptionsPerClient ?? DEFAULT_LIMITS.subscriptionsPerClient,
      goneSessions: options.maxGoneSessions ?? DEFAULT_LIMITS.goneSessions,
      sessionExpiryMs: options.sessionExpiryMs ?? DEFAULT_LIMITS.sessionExpiryMs,
    };
    const store = new LmdbSessionStore({ root, tables, path, now, limits });
    // Where there is no room for it, the next start will do.
    if (hasRoom()) await store.tidy();
    return store;
  } catch (error) {
    await root.close();
    throw error;
  }
}

function openTables(root: RootDatabase<Buffer, Buffer>, hasRoom: () => boolean): SessionTables {
  const table = (name: string) =>
    refuseWithoutRoom(root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }), hasRoom);
  return {
    retained: table('retained'),
    subscriptions: table('subscriptions'),
    messages: table('messages'),
    packets: table('packets'),
    deliveries: table('deliveries'),
    incoming: table('incoming'),
    wills: table('wills'),
    sessions: table('sessions'),
  };
}

async function checkFormat(root: RootDatabase<Buffer, Buffer>, tables: SessionTables, path: string): Promise<void> {
  const stored = root.get(FORMAT_KEY);
  if (stored === undefined) {
    await root.put(FORMAT_KEY, Buffer.from([FORMAT]));
  } else if (stored[0] === 1) {
    convertFormat1(root, tables, () => root.putSync(FORMAT_KEY, Buffer.from([FORMAT])));
  } else if (stored[0] === 2) {
    // Its messages are read as they are; what comes is written anew, which an older Seawall must not take for whole.
    await root.put(FORMAT_KEY, Buffer.from([FORMAT]));
  } else if (stored[0] !== FORMAT) {
    throw new Error(
      `The MQTT sessions in ${path} have format ${stored[0]}, and this Seawall knows format ${FORMAT}. ` +
        'Start the newer Seawall that wrote them, or move the folder away to begin without sessions.',
    );
  }
}
