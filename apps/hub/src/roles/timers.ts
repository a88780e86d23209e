import type { Journal, TrimPolicy } from '@seawall/ports';
import type { Logger } from 'pino';
import type { DiskWatch } from '../disk/disk-watch.ts';

const TICK_MS = 1000;
/** Often, so that a step is small, and a hub whose readers have caught up does not wait long for its room. */
const TRIM_MS = 5_000;
const LOOK_MS = 2_000;

/** Something the hub does again and again; a turn that is still under way is not started twice. */
export interface Timer {
  stop(): Promise<void>;
}

function every(ms: number, work: () => Promise<unknown>, failed: (error: unknown) => void): Timer {
  let turn: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    turn ??= work()
      .catch(failed)
      .finally(() => (turn = undefined));
  }, ms);
  return {
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}

/** A tick a second, also when nothing else happens: the only clock of those who read the log. */
export function ticker(journal: Journal, log: Logger): Timer {
  return every(
    TICK_MS,
    () => journal.append([{ kind: 'tick', origin: 'live', payload: null }]),
    (error) => log.warn({ err: error }, 'the tick could not be journalled'),
  );
}

/** @param beforehand moves on those that hold back trimming, as far as they can be */
export function trimmer(journal: Journal, policy: TrimPolicy, beforehand: () => void, log: Logger): Timer {
  return every(
    TRIM_MS,
    async () => {
      beforehand();
      const removed = await journal.trim(policy);
      if (removed > 0) log.debug({ removed }, 'journal trimmed');
    },
    (error) => log.warn({ err: error }, 'the journal could not be trimmed'),
  );
}

/** Looks again and again at the room on the disk. */
export function diskLooker(watch: Pick<DiskWatch, 'look'>, log: Logger): Timer {
  return every(
    LOOK_MS,
    () => watch.look(),
    (error) => log.warn({ err: error }, 'the room on the disk could not be asked for'),
  );
}

/** @param beat sends one heartbeat; it is called at once and then every 30 s */
export function heartbeat(beat: () => Promise<void>, log: Logger): Timer {
  const failed = (error: unknown) => log.warn({ err: error }, 'the heartbeat could not be published');
  void beat().catch(failed);
  return every(30_000, beat, failed);
}
