import { statfsSync } from 'node:fs';
import { MAX_SUBSCRIPTIONS_PER_CLIENT, type SessionStore } from '@seawall/ports';
import { open, type RootDatabase } from 'lmdb';
import { LmdbSessionStore, type SessionLimits, type SessionTables } from './lmdb-session-store.ts';
import { refuseWithoutRoom } from './refuse-without-room.ts';
import { bringToFormat } from './store-format.ts';

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
  /** Bytes that taking over a store of an older format may need of the disk; what is free there unless given. */
  readonly freeBytes?: () => number;
}

/**
 * Opens the broker's sessions on LMDB, reading their index into memory.
 * @throws if a newer Seawall's format is found there, an older one for which there is no room, or the folder can't be written
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
    const { path, hasRoom = () => true, freeBytes = () => freeBytesAt(path), now = () => performance.now() } = options;
    const tables = openTables(root);
    bringToFormat({ root, tables, path, hasRoom, freeBytes });
    // Only now: within a transaction lmdb writes by the same methods, and a refusal there would go unseen.
    for (const table of Object.values(tables) as SessionTables[keyof SessionTables][])
      refuseWithoutRoom(table, hasRoom);
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

function openTables(root: RootDatabase<Buffer, Buffer>): SessionTables {
  const table = (name: string) => root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
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

function freeBytesAt(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
