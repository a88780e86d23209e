import type { PlainQuestion } from './plain-answer.ts';
import { dateOf, firstInstant, instantsOf, isSecond, midnight, wallOf } from './plain-zone.ts';

const DAY = 86_400_000;
const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000 };

type Asked = Pick<PlainQuestion, 'from' | 'to' | 'timeZone' | 'offset' | 'step'>;

/** What is stored for a bucket. */
export interface PlainPlace {
  holds(time: number): boolean;
  readonly seconds: number;
}

/** Where a stored time is shown; undefined where the other side has no such local time, or had it already. */
export function shownAt({ timeZone, offset }: Asked, time: number): number | undefined {
  if (offset === undefined) return time;
  const ms = UNIT_MS[offset.at(-1)!];
  if (ms !== undefined) return time - parseInt(offset) * ms;
  if (isSecond(timeZone, time)) return undefined;
  const wall = movedWall(wallOf(timeZone, time), parseInt(offset) * -1, offset.at(-1)!);
  return wall === undefined ? undefined : instantsOf(timeZone, wall)[0];
}

export function placeOf(of: Asked, { start, end }: { start: number; end: number }): PlainPlace {
  const { from, to, step, offset } = of;
  const seconds = (Math.min(to, end) - Math.max(from, start)) / 1000;
  const byDate =
    offset !== undefined && UNIT_MS[offset.at(-1)!] === undefined && (step === undefined || /([dwMy]|24h)$/.test(step));
  if (!byDate) {
    const holds = (time: number) => {
      const shown = shownAt(of, time);
      return shown !== undefined && shown >= Math.max(from, start) && shown < Math.min(to, end);
    };
    return { holds, seconds };
  }
  const [begin, stop] = step === undefined ? [movedTime(of, from), movedTime(of, to)] : movedDays(of, start, end);
  const [least, bound] = [Math.max(begin, movedTime(of, from)), Math.min(stop, movedTime(of, to))];
  return { holds: (time) => time >= least && time < bound, seconds: (bound - least) / 1000 };
}

/** Whole days are compared with whole days, whatever their clocks did. */
function movedDays({ timeZone, offset, step }: Asked, start: number, end: number): [number, number] {
  const [count, unit] = [parseInt(offset!), offset!.at(-1)!];
  const [first, next] = [dateOf(timeZone, start), dateOf(timeZone, end)];
  const moved = movedWall(first, count, unit);
  if (moved === undefined) return [0, 0];
  if (step === '1d' || step === '24h') return [midnight(timeZone, moved), midnight(timeZone, moved + DAY)];
  return [midnight(timeZone, moved), midnight(timeZone, movedWall(next, count, unit)!)];
}

function movedTime({ timeZone, offset }: Asked, time: number): number {
  const [count, unit] = [parseInt(offset!), offset!.at(-1)!];
  const wall = wallOf(timeZone, time);
  const moved = movedWall(wall, count, unit);
  if (moved !== undefined) return firstInstant(timeZone, moved);
  const date = new Date(wall);
  return midnight(timeZone, Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count * (unit === 'y' ? 12 : 1) + 1));
}

/** A local time so many units further; undefined where the month has no such day. */
function movedWall(wall: number, count: number, unit: string): number | undefined {
  if (unit === 'd' || unit === 'w') return wall + count * (unit === 'w' ? 7 : 1) * DAY;
  const date = new Date(wall);
  const months = date.getUTCMonth() + count * (unit === 'y' ? 12 : 1);
  const moved = Date.UTC(date.getUTCFullYear(), months, date.getUTCDate());
  return new Date(moved).getUTCDate() === date.getUTCDate() ? moved + (wall - Math.floor(wall / DAY) * DAY) : undefined;
}
