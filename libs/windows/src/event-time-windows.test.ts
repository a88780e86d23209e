import { describe, expect, it } from '@jest/globals';
import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { eventTimeWindows } from './event-time-windows.ts';
import { MINUTE, readings, shown, tick, windowsOf, type Row, type Windows } from './testing.ts';
import type { WindowInput, WindowTiming } from './window-types.ts';

/** Letters are batches of readings, or a tick; one frame of the marbles is a minute of the running clock. */
function marbles(
  options: Partial<WindowTiming> & { every?: string; session?: string },
  input: string,
  values: Record<string, Row[] | 'tick'>,
  output: string,
  results: Record<string, string[]>,
): void {
  const shape = options.session === undefined ? { window: '2m' } : {};
  const windows = windowsOf({ aggregate: 'mean', delayMs: MINUTE, ...shape, ...options } as Windows);
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const inputOf = (letter: string): WindowInput => {
    const clock = scheduler.now() * MINUTE;
    const rows = values[letter]!;
    return rows === 'tick' ? tick(clock) : readings(windows, rows, clock);
  };
  scheduler.run(({ hot, expectObservable }) => {
    const output$ = hot(input).pipe(
      map(inputOf),
      eventTimeWindows(windows),
      map((made) => made.results.map(shown)),
    );
    expectObservable(output$).toBe(output, results);
  });
}

const at = (minute: number, value: number, device = 'd', scope = 's'): Row => [scope, device, minute * MINUTE, value];

describe('eventTimeWindows', () => {
  it('emits a tumbling window once, when the watermark passes its end', () => {
    marbles({}, '  a-b-c-d-|', { a: [at(0, 10)], b: [at(1, 20)], c: [at(2.5, 90)], d: [at(3, 70)] }, '  ------w-|', {
      w: ['s 0-2: 15 (2)'],
    });
  });

  it('emits all that a batch brings about in one emission', () => {
    marbles({ delayMs: 0 }, '  a-b|', { a: [at(0, 1)], b: [at(9, 5), at(3, 2), at(5, 3)] }, '  --w|', {
      w: ['s 0-2: 1 (1)', 's 2-4: 2 (1)', 's 4-6: 3 (1)'],
    });
  });

  it('emits nothing for windows without readings', () => {
    marbles({ delayMs: 0 }, 'a-b-|', { a: [at(0, 1)], b: [at(100, 5)] }, '--w-|', { w: ['s 0-2: 1 (1)'] });
  });

  it('lets a reading that comes late, but before the watermark, into its window', () => {
    marbles({}, '  a-b-c-|', { a: [at(0, 10)], b: [at(2.5, 50), at(1.5, 30)], c: [at(3, 0)] }, '  ----w-|', {
      w: ['s 0-2: 20 (2)'],
    });
  });

  it('slides: each window that begins every minute holds the readings of its two', () => {
    marbles(
      { every: '1m', delayMs: 0 },
      '  a-b-c-d|',
      { a: [at(0, 10)], b: [at(1, 20)], c: [at(2, 60)], d: [at(9, 0)] },
      '  --x-y-z|',
      { x: ['s -1-1: 10 (1)'], y: ['s 0-2: 15 (2)'], z: ['s 1-3: 40 (2)', 's 2-4: 60 (1)'] },
    );
  });

  it('waits for the slowest member of a scope', () => {
    marbles(
      { delayMs: 0 },
      '  a-b-c-|',
      { a: [at(0, 10, 'slow'), at(1, 20, 'fast')], b: [at(5, 99, 'fast')], c: [at(2, 99, 'slow')] },
      '  ----w-|',
      { w: ['s 0-2: 15 (2)'] },
    );
  });

  it('no longer waits for a member that has been silent for three minutes of ticks', () => {
    marbles(
      { delayMs: 0, idleAfterMs: 3 * MINUTE },
      '  a-btt-|',
      { a: [at(0, 10, 'slow'), at(1, 20, 'fast')], b: [at(5, 99, 'fast')], t: 'tick' },
      '  ---w--|',
      { w: ['s 0-2: 15 (2)'] },
    );
  });

  it('closes the last windows with the clock when everybody is silent', () => {
    marbles(
      { idleAfterMs: 2 * MINUTE },
      // Idle at frame 2 with the watermark a minute back, at minute 0.5; it passes minute 2 at frame 4.
      '  atttttt|',
      { a: [at(1.5, 10)], t: 'tick' },
      '  ----w--|',
      { w: ['s 0-2: 10 (1)'] },
    );
  });
});
