import { MAX_SUBSCRIPTIONS_PER_CLIENT, type SessionStore } from '@seawall/ports';
import { open } from 'lmdb';
import { LmdbSessionStore, type SessionLimits } from './lmdb-session-store.ts';

const FORMAT = 1;
const FORMAT_KEY = Buffer.from('format');
const MIB = 1024 * 1024;

/** `docs/mqtt.md` tells them. */
export const DEFAULT_LIMITS: SessionLimits = {
  packetsPerClient: 10_000,
  bytesPerClient: 16 * MIB,
  bytes: 512 * MIB,
  retained: 100_000,
  retainedForHub: 10_000,
  subscriptionsPerClient: MAX_SUBSCRIPTIONS_PER_CLIENT,
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
  /** Topics with a retained message; 100,000 unless given. A new topic beyond is forwarded but not retained. */
  readonly maxRetained?: number;
  /** Topics beyond these for what no client has published, but the hub itself; 10,000 unless given. */
  readonly maxRetainedForHub?: number;
  /** 1,000 unless given; a client that asks for more is refused. */
  readonly maxSubscriptionsPerClient?: number;
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
    await checkFormat(root, options.path);
    return new LmdbSessionStore(root, options.path, options.hasRoom ?? (() => true), {
      packetsPerClient: options.maxQueuedPerClient ?? DEFAULT_LIMITS.packetsPerClient,
      bytesPerClient: options.maxQueuedBytesPerClient ?? DEFAULT_LIMITS.bytesPerClient,
      bytes: options.maxQueuedBytes ?? DEFAULT_LIMITS.bytes,
      retained: options.maxRetained ?? DEFAULT_LIMITS.retained,
      retainedForHub: options.maxRetainedForHub ?? DEFAULT_LIMITS.retainedForHub,
      subscriptionsPerClient: options.maxSubscriptionsPerClient ?? DEFAULT_LIMITS.subscriptionsPerClient,
    });
  } catch (error) {
    await root.close();
    throw error;
  }
}

async function checkFormat(root: ReturnType<typeof open<Buffer, Buffer>>, path: string): Promise<void> {
  const stored = root.get(FORMAT_KEY);
  if (stored === undefined) {
    await root.put(FORMAT_KEY, Buffer.from([FORMAT]));
  } else if (stored[0] !== FORMAT) {
    throw new Error(
      `The MQTT sessions in ${path} have format ${stored[0]}, and this Seawall knows format ${FORMAT}. ` +
        'Start the newer Seawall that wrote them, or move the folder away to begin without sessions.',
    );
  }
}
