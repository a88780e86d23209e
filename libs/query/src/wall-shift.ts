import type { Duration } from '@seawall/calendar';

const DAY_MS = 86_400_000;

/** A stretch `[from, to)` of wall time that is moved by so much. Wall time is epoch ms as if the zone were UTC. */
export interface ShiftPiece {
  readonly from: number;
  readonly to: number;
  readonly shiftMs: number;
}

/** Wall time moved by a calendar duration: days and weeks all alike, months and years month by month. */
export class WallShift {
  readonly #unit: Duration['unit'];
  readonly #amount: number;

  constructor({ count, unit }: Duration, sign: 1 | -1) {
    this.#unit = unit === 'y' ? 'M' : unit;
    this.#amount = sign * count * (unit === 'y' ? 12 : 1);
  }

  /** Whether dates keep their day of the month, so that some have no counterpart. */
  get byMonths(): boolean {
    return this.#unit === 'M';
  }

  /** What lies between, in order; days that the other month does not have lie in no piece. */
  pieces(from: number, to: number): ShiftPiece[] {
    if (!this.byMonths) return [{ from, to, shiftMs: this.#amount * (this.#unit === 'w' ? 7 : 1) * DAY_MS }];
    const pieces: ShiftPiece[] = [];
    const first = new Date(from);
    for (let month = first.getUTCFullYear() * 12 + first.getUTCMonth(); monthStart(month) < to; month++) {
      const [start, other] = [monthStart(month), monthStart(month + this.#amount)];
      const lengthMs = Math.min(monthStart(month + 1) - start, monthStart(month + this.#amount + 1) - other);
      const piece = { from: Math.max(from, start), to: Math.min(to, start + lengthMs), shiftMs: other - start };
      if (piece.from < piece.to) pieces.push(piece);
    }
    return pieces;
  }

  /** A time moved; on a day that the other month does not have, the end of that month. */
  moved(wall: number): number {
    if (!this.byMonths) return wall + this.pieces(wall, wall + 1)[0]!.shiftMs;
    const date = new Date(wall);
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    const other = monthStart(month + this.#amount);
    return Math.min(other + (wall - monthStart(month)), monthStart(month + this.#amount + 1));
  }
}

/** @param month counted from January of the year 0 */
function monthStart(month: number): number {
  return Date.UTC(Math.floor(month / 12), ((month % 12) + 12) % 12);
}
