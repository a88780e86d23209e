import { laterOfTwice } from '@seawall/calendar';

/** What a row's local time means. */
export interface RowTime {
  /** Epoch ms. */
  readonly ts: number;
  /** Why it may mean the later of two: it is that of the row before once more, or goes back though rows are not in order. */
  readonly doubt?: 'again' | 'back';
}

interface Order {
  last: number;
  /** Whether that was the later of two. */
  inSecond: boolean;
  /** Rows that went on in time less those that went back. */
  rises: number;
}

/** Tells apart what a local time means that comes twice: rows come in the order of time, so one that goes far back is the later. */
export class RowClock {
  readonly #timeZone: string;
  readonly #orders = new Map<string, Order>();

  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  /** @param key of the rows that are in order with this one @param earlier epoch ms, the earlier of two */
  read(key: string, earlier: number): RowTime {
    const order = this.#orders.get(key);
    if (order === undefined) {
      this.#orders.set(key, { last: earlier, inSecond: false, rises: 0 });
      return { ts: earlier };
    }
    const read = earlier > order.last ? { ts: earlier } : this.#goneBack(order, earlier);
    order.rises += Math.sign(read.ts - order.last);
    order.last = read.ts;
    order.inSecond = read.ts !== earlier;
    return read;
  }

  #goneBack({ last, inSecond, rises }: Order, earlier: number): RowTime {
    const later = laterOfTwice(earlier, this.#timeZone);
    if (later === undefined) return { ts: earlier };
    if (earlier === last) return { ts: earlier, doubt: 'again' };
    // A small step back within the first of the two is a row out of order, and no change of the hour.
    const isSecond = inSecond || 2 * (last - earlier) >= later - earlier;
    return isSecond && later >= last && rises >= 0 ? { ts: later } : { ts: earlier, doubt: 'back' };
  }
}
