import { describe, expect, it } from '@jest/globals';
import { MINUTE, readings, shown, tick, TIMING, type Row } from './testing.ts';
import { WindowSet } from './window-set.ts';
import type { WindowSetState1 } from './window-types.ts';

const VIEW = { aggregate: 'sum', window: '10m' } as const;
const at = (minute: number, value: number): Row => ['s', 'd', minute * MINUTE, value];

/** One scope with a closed part of its slice, and an open segment of two readings. */
function saved(watermark: number, idleSince: number, idleFrom: number): WindowSetState1 {
  const member = [watermark, 7 * MINUTE, Number.isNaN(idleSince) ? 0 : 1];
  const slice = [0, 10 * MINUTE, 3, 4 * MINUTE, 2, 6, 0];
  const segment = [5 * MINUTE, 10 * MINUTE, 2, 5 * MINUTE, 6 * MINUTE, 2, 1, 2, 0];
  const numbers = [1, watermark, idleSince, idleFrom, 0, 1, ...member, 1, ...slice, 1, ...segment];
  return { scopes: { numbers: Float64Array.from(numbers), texts: ['s', 'd'] }, late: 4, pushedOn: 0 };
}

describe('the state of version 0.1', () => {
  it('goes on with its readings, and with what is closed as closed', () => {
    const windows = WindowSet.from1({ ...TIMING, allowedLatenessMs: 60 * MINUTE }, VIEW, saved(6 * MINUTE, NaN, 0));
    // The other's minute is closed: nothing before the watermark can be revised.
    expect(windows.heldReadings()).toBe(1);
    windows.push(readings(windows, [at(5.5, 100), at(7, 1)]));
    expect(windows.lateReadings).toBe(5);
    const [result, ...others] = windows.push(readings(windows, [at(20, 0)]));
    expect(shown(result!)).toBe('s 0-10: 10 (6)');
    expect(result!.mark).toBe(2);
    expect(others).toEqual([]);
  });

  it('goes on with the clock where all were idle', () => {
    // Idle since minute 12 of the clock, with the watermark at 4; now it is minute 14.
    const windows = WindowSet.from1(TIMING, VIEW, saved(6 * MINUTE, 12 * MINUTE, 4 * MINUTE));
    expect(windows.watermarkOf('s')).toBe(6 * MINUTE);
    expect(windows.push(tick(17.9 * MINUTE))).toEqual([]);
    expect(windows.push(tick(18 * MINUTE)).map(shown)).toEqual(['s 0-10: 9 (5)']);
  });

  it('is refused where it ends too early', () => {
    const { scopes, ...counts } = saved(6 * MINUTE, NaN, 0);
    const cut = { ...counts, scopes: { ...scopes!, numbers: scopes!.numbers.subarray(0, 12) } };
    expect(() => WindowSet.from1(TIMING, VIEW, cut)).toThrow('ends too early');
  });
});
