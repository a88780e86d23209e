import type { Journal, TrimPolicy } from '@seawall/ports';
import type { Logger } from 'pino';
import type { ClockWatch } from '../clock/clock-watch.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';

export const TICK_MS = 1000;
/** Often, so that a step is small, and a hub whose readers have caught up does not wait long for its room. */
const TRIM_MS = 5_000;
const LOOK_MS = 2_000;
const BEAT_MS = 30_000;

/** Something the hub does again and again; a turn that is still under way is not started twice. */
export interface Timer {
  stop(): Promise<void>;
}

/** @param failed what is said when a turn fails; of several in a row once */
function every(ms: number, work: () => Promise<unknown>, failed: string, log: Logger): Timer {
  let turn: Promise<unknown> | undefined;
  let failing = false;
  const take = async () => {
    try {
      await work();
      failing = false;
    } catch (error) {
      log[failing ? 'debug' : 'warn']({ err: error }, failed);
      failing = true;
    }
  };
  const timer = setInterval(() => {
    turn ??= take().finally(() => (turn = undefined));
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
  const tick = () => journal.append([{ kind: 'tick', origin: 'live', payload: null }]);
  return every(TICK_MS, tick, 'the tick could not be journalled', log);
}

/** @param beforehand moves on those that hold back trimming, as far as they can be */
export function trimmer(journal: Journal, policy: TrimPolicy, beforehand: () => void, log: Logger): Timer {
  const trim = async () => {
    beforehand();
    const removed = await journal.trim(policy);
    if (removed > 0) log.debug({ removed }, 'journal trimmed');
  };
  return every(TRIM_MS, trim, 'the journal could not be trimmed', log);
}

/** Looks again and again at the room on the disk. */
export function diskLooker(watch: Pick<DiskWatch, 'look'>, log: Logger): Timer {
  return every(LOOK_MS, () => watch.look(), 'the room on the disk could not be asked for', log);
}

/** Looks again and again at the clocks, also for those who ask in between. */
export function clockLooker(watch: Pick<ClockWatch, 'look'>, log: Logger): Timer {
  return every(LOOK_MS, () => watch.look(), 'the time could not be kept for the next start', log);
}

/** @param beat sends one heartbeat; it is called at once and then every 30 s */
export function heartbeat(beat: () => Promise<void>, log: Logger): Timer {
  const failed = 'the heartbeat could not be published';
  void beat().catch((error: unknown) => log.warn({ err: error }, failed));
  return every(BEAT_MS, beat, failed, log);
}
