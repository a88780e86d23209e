import { describe, expect, it } from '@jest/globals';
import { AgeMarks, type AgeMark } from './age-marks.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A log to which an entry comes each minute that it is open. */
class Log {
  elapsed = 7 * HOUR;
  lastSeq = 0;
  marks: AgeMarks;

  constructor(marks: readonly AgeMark[] = []) {
    this.marks = new AgeMarks(marks, () => this.elapsed);
  }

  runs(minutes: number): this {
    for (let i = 0; i < minutes; i++) {
      this.elapsed += MINUTE;
      this.appends();
    }
    return this;
  }

  appends(): void {
    this.lastSeq++;
    const mark = this.marks.due(this.lastSeq);
    if (mark) this.marks.add(mark);
  }

  restarts(): this {
    this.marks = new AgeMarks(this.marks.all, () => this.elapsed);
    return this;
  }
}

describe('the age of entries', () => {
  it('is the time for which the log was open since', () => {
    const log = new Log().runs(180);
    expect(log.marks.lastOlderThan(HOUR)).toBe(119);
    expect(log.marks.lastOlderThan(2 * HOUR)).toBe(59);
    expect(log.marks.lastOlderThan(3 * HOUR)).toBe(0);
    expect(log.marks.lastOlderThan(Infinity)).toBe(0);
    expect(log.marks.lastOlderThan(-1)).toBe(Infinity);
  });

  it('goes on where it was after a restart, without the time in between', () => {
    const log = new Log().runs(60).restarts();
    log.elapsed += 1000 * HOUR;
    log.restarts().runs(60);
    expect(log.marks.lastOlderThan(90 * MINUTE)).toBe(29);
  });

  it('is never more than it is, though the marks are a minute apart', () => {
    const log = new Log();
    for (let i = 0; i < 100; i++) {
      log.elapsed += 13_000;
      log.appends();
    }
    // Entry n came at n times 13 seconds, the last at 1,300.
    for (const ms of [0, 5_000, 60_000, 333_000, 1_200_000]) {
      const exact = Math.ceil((1_300_000 - ms) / 13_000) - 1;
      expect(log.marks.lastOlderThan(ms)).toBeLessThanOrEqual(exact);
      expect(log.marks.lastOlderThan(ms)).toBeGreaterThan(exact - 6);
    }
    expect(log.marks.all.length).toBe(20);
  });

  it('needs no marks before the first entry that anybody asks about, but for the last of them', () => {
    const log = new Log().runs(100);
    const gone = log.marks.before(40);
    expect(gone.map(({ seq }) => seq)).toEqual(Array.from({ length: 39 }, (_, i) => i + 1));
    const asked = [10, 30, 50, 59.5].map((minutes) => log.marks.lastOlderThan(minutes * MINUTE));
    log.marks.drop(gone);
    expect([10, 30, 50, 59.5].map((minutes) => log.marks.lastOlderThan(minutes * MINUTE))).toEqual(asked);
    expect(log.marks.lastOlderThan(80 * MINUTE)).toBe(0);
    log.marks.drop(log.marks.before(Infinity));
    expect(log.marks.all).toEqual([{ seq: 100, age: 100 * MINUTE }]);
  });

  it('has no mark where no entry has come since the last one', () => {
    const log = new Log().runs(2);
    log.elapsed += HOUR;
    expect(log.marks.due(2)).toBeUndefined();
    expect(log.marks.due(3)).toEqual({ seq: 3, age: HOUR + 2 * MINUTE });
  });
});
