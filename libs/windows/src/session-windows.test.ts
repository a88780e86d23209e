import { describe, expect, it } from '@jest/globals';
import { MINUTE, readings, shown, tick, windowsOf, type Row } from './testing.ts';
import type { SessionWindows, WindowTiming } from './window-types.ts';

const at = (minute: number, value: number, device = 'd', scope = 's'): Row => [scope, device, minute * MINUTE, value];

function sessions(options: Partial<SessionWindows & WindowTiming> = {}) {
  const windows = windowsOf({ aggregate: 'sum', session: '5m', ...options });
  const push = (...rows: Row[]) => windows.push(readings(windows, rows)).map(shown);
  return { windows, push };
}

describe('session windows', () => {
  it('hold readings less than the gap apart, and end a gap after the last', () => {
    const { push } = sessions();
    expect(push(at(0, 1), at(4.9, 2))).toEqual([]);
    expect(push(at(9.8, 4))).toEqual([]);
    // Just the gap apart is a session of its own.
    expect(push(at(14.8, 8))).toEqual(['s 0-14.8: 7 (3)']);
    expect(push(at(30, 0))).toEqual(['s 14.8-19.8: 8 (1)']);
  });

  it('are of all series of a scope together', () => {
    const { push } = sessions({ delayMs: MINUTE });
    push(at(0, 1, 'a'), at(8, 2, 'a'), at(4, 4, 'b'));
    push(at(20, 0, 'a'));
    expect(push(at(20, 0, 'b'))).toEqual(['s 0-13: 7 (3)']);
  });

  it('go on for longer than readings are held', () => {
    const { windows, push } = sessions();
    for (let minute = 0; minute < 600; minute++) expect(push(at(minute, 1))).toEqual([]);
    expect(windows.heldReadings()).toBe(1);
    expect(push(at(700, 0))).toEqual(['s 0-604: 600 (600)']);
  });

  it('end by ticks when everybody is silent', () => {
    const { windows, push } = sessions({ idleAfterMs: MINUTE });
    push(at(0, 1));
    const minutes = Array.from({ length: 10 }, (_, minute) => windows.push(tick(minute * MINUTE)));
    expect(minutes.map((results) => results.map(shown).join())).toEqual([
      '',
      '',
      '',
      '',
      '',
      '',
      's 0-5: 1 (1)',
      '',
      '',
      '',
    ]);
    expect(windows.isDrained('s', 0)).toBe(true);
  });

  describe('with late readings', () => {
    const late = () => sessions({ allowedLatenessMs: 60 * MINUTE });

    it('are given out again when one makes them longer', () => {
      const { windows, push } = late();
      expect(push(at(0, 1), at(30, 2))).toEqual(['s 0-5: 1 (1)']);
      expect(push(at(3, 4))).toEqual(['s 0-8: 5 (2) again 2']);
      expect(push(at(3, 4))).toEqual([]);
      expect(push(at(3, 6))).toEqual(['s 0-8: 7 (2) again 3']);
      expect(windows.revisedWindows).toBe(2);
    });

    it('begin anew when one comes before their first', () => {
      const { push } = late();
      push(at(10, 1), at(30, 2));
      expect(push(at(7, 4))).toEqual(['s 7-15: 5 (2) for 10']);
    });

    it('are given out for the first time when there was none', () => {
      const { push } = late();
      push(at(0, 1), at(30, 2));
      expect(push(at(12, 4))).toEqual(['s 12-17: 4 (1)']);
    });

    it('become one when it closes the gap between them', () => {
      const { push } = late();
      push(at(0, 1), at(8, 2), at(30, 0));
      expect(push(at(4, 4))).toEqual(['s 0-13: 7 (3) again 2 for 8']);
    });

    it('wait for their end when it joins one to a session in progress', () => {
      const { windows, push } = late();
      expect(push(at(0, 1), at(8, 2))).toEqual(['s 0-5: 1 (1)']);
      expect(push(at(4, 4))).toEqual([]);
      expect(windows.isDrained('s', 0)).toBe(false);
      expect(push(at(30, 0))).toEqual(['s 0-13: 7 (3) again 2']);
    });

    it('wait for their end when it makes them end after the watermark', () => {
      const { windows, push } = late();
      expect(push(at(0, 1), at(7, 2))).toEqual(['s 0-5: 1 (1)']);
      expect(push(at(2.5, 4))).toEqual([]);
      expect(windows.isDrained('s', 0)).toBe(false);
      expect(push(at(30, 0))).toEqual(['s 0-12: 7 (3) again 2']);
    });
  });

  it('are looked at early', () => {
    const { push } = sessions({ early: true });
    expect(push(at(0, 1))).toEqual(['s 0-5: 1 (1) early']);
    expect(push(at(3, 2))).toEqual(['s 0-8: 3 (2) early']);
    expect(push(at(20, 4))).toEqual(['s 0-8: 3 (2)', 's 20-25: 4 (1) early']);
  });

  it('count as much of a second as there is for rates', () => {
    const { push } = sessions({ aggregate: 'rate' });
    push(at(0, 100), at(3, 580));
    // 480 in eight minutes.
    expect(push(at(20, 0))).toEqual(['s 0-8: 1 (2)']);
  });
});
