import { describe, expect, it } from '@jest/globals';
import { KEEP_FOR_GOOD, type Retention } from '@seawall/ports';
import { pino } from 'pino';
import { ClockWatch } from './clock-watch.ts';
import { TrustedNow } from './trusted-now.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2026, 5, 10);

function fixture(retention: Retention = { ...KEEP_FOR_GOOD, raw: { '*': 7 * DAY } }) {
  const clocks = { wall: START, elapsed: 0 };
  const journal = { lastStamp: 0 };
  const lines: string[] = [];
  const kept: number[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push((JSON.parse(line) as Line).msg) });
  const watch = new ClockWatch({
    clocks: () => ({ ...clocks }),
    lastStamp: () => journal.lastStamp,
    trusted: new TrustedNow({ ...clocks }),
    retention,
    keep: async (time) => void kept.push(time),
    log,
  });
  const runs = async (ms: number) => {
    clocks.wall += ms;
    clocks.elapsed += ms;
    await watch.look();
  };
  return { clocks, journal, lines, kept, watch, runs };
}

describe('ClockWatch', () => {
  it('says once that expiry waits, and that it does no longer', async () => {
    const { clocks, lines, watch, runs } = fixture();
    await runs(MINUTE);
    expect([watch.expirySentence(), watch.now()]).toEqual([undefined, START + MINUTE]);
    clocks.wall += 30 * DAY;
    for (let i = 0; i < 60; i++) await runs(MINUTE);
    expect([watch.now(), watch.behindMs()]).toEqual([START + 61 * MINUTE, 30 * DAY]);
    expect(watch.expirySentence()).toMatch(/^expiry waits: the clock has jumped ahead by 30 days, .* for 5 h more$/);
    clocks.wall -= 30 * DAY;
    for (let i = 0; i < 3; i++) await runs(MINUTE);
    expect(lines).toEqual([expect.stringMatching(/^expiry waits: .* 6 h more$/), 'expiry goes by the clock again']);
  });

  it('says nothing where nothing expires', async () => {
    const { clocks, lines, watch, runs } = fixture(KEEP_FOR_GOOD);
    clocks.wall += 30 * DAY;
    await runs(MINUTE);
    expect([lines, watch.expirySentence()]).toEqual([[], undefined]);
  });

  it('says once that the clock is behind the journal’s stamps, and that it has caught up', async () => {
    const { journal, lines, watch, runs } = fixture();
    journal.lastStamp = START + DAY;
    await runs(0);
    await runs(MINUTE);
    expect(watch.stampsAheadMs()).toBe(DAY - MINUTE);
    expect(watch.stampsSentence()).toMatch(/^the clock is 24 h behind the journal's last entry: .* in about 10 days;/);
    journal.lastStamp = START + MINUTE + 2_000;
    await runs(0);
    expect([watch.stampsAheadMs(), watch.stampsSentence()]).toEqual([2_000, undefined]);
    await runs(MINUTE);
    expect(watch.stampsAheadMs()).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^the clock is 24 h behind/), expect.stringMatching(/caught up/)]);
  });

  it('keeps the trusted time now and then, whatever the wall clock says', async () => {
    const { clocks, kept, runs } = fixture();
    await runs(0);
    clocks.wall += 30 * DAY;
    for (let i = 0; i < 10; i++) await runs(MINUTE);
    expect(kept).toEqual([START, START + 5 * MINUTE, START + 10 * MINUTE]);
  });
});

interface Line {
  readonly msg: string;
}
