/** Sleeps, or wakes early when aborted. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

const LONGEST_SLEEP_MS = 60_000;

/** When an event time falls due on the wall clock. All times are epoch ms. */
export interface Pace {
  readonly wallStart: number;
  readonly eventStart: number;
  /** Event milliseconds per wall millisecond; Infinity for at once. */
  readonly speed: number;
  /** Wait for the wall clock to reach the event time too, as those must who may not publish the future. */
  readonly notAhead: boolean;
}

/**
 * Fast while behind the clock, then in real time by itself: an event time is due when the speed says so, but never
 * before it has come.
 */
export function dueAt(pace: Pace, eventTime: number): number {
  const paced = pace.wallStart + (eventTime - pace.eventStart) / pace.speed;
  return pace.notAhead ? Math.max(paced, eventTime) : paced;
}

/** Resolves when the event time is due by `now`, or when aborted. */
export async function waitUntilDue(
  pace: Pace,
  eventTime: number,
  now: () => number,
  signal?: AbortSignal,
  sleep: Sleep = sleepFor,
): Promise<void> {
  const due = dueAt(pace, eventTime);
  for (let wait = due - now(); wait > 0 && !signal?.aborted; wait = due - now()) {
    await sleep(Math.min(Math.ceil(wait), LONGEST_SLEEP_MS), signal);
  }
}

export function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
