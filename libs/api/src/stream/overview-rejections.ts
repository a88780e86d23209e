import { rejectionCount, type RejectionReason } from '@seawall/model';
import type { EntryOf, KeptRejection } from '@seawall/ports';
import { rejectionView } from '../http/views.ts';
import { RATE_SECONDS, RecentCount } from './recent-count.ts';

const MINUTE = 60;
const KEPT = 20;
const MAX_DOMAINS = 100;

/** As in the list of rejections. */
type RejectionTold = Omit<KeptRejection, 'receivedAt'> & { readonly receivedAt: string };

/** Rejections lately: how many, why, and the newest of them. */
export class OverviewRejections {
  readonly #startedAt: number;
  readonly #all: RecentCount;
  readonly #byDomain = new Map<string, RecentCount>();
  /** The reasons are a fixed list, so this is bounded. */
  readonly #byReason = new Map<RejectionReason, RecentCount>();
  #latest: { version: number; readonly view: RejectionTold }[] = [];

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#all = new RecentCount(RATE_SECONDS, startedAt);
  }

  apply({ payload, seq, stamp }: EntryOf<'rejections'>): void {
    this.#all.add(stamp, rejectionCount(payload));
    for (const [place, rejection] of payload.entries()) {
      const { domain, reason, count = 1 } = rejection;
      if (domain !== undefined) this.#counter(this.#byDomain, domain, RATE_SECONDS)?.add(stamp, count);
      this.#counter(this.#byReason, reason, MINUTE)?.add(stamp, count);
      if (place < payload.length - KEPT) continue;
      this.#latest.push({ version: Infinity, view: rejectionView({ id: `${seq}-${place}`, ...rejection }) });
    }
    this.#latest = this.#latest.slice(-KEPT);
  }

  settle(version: number): void {
    for (const kept of this.#latest) kept.version = Math.min(kept.version, version);
  }

  perSecond(domain: string, stamp: number): number {
    return this.#byDomain.get(domain)?.perSecond(stamp) ?? 0;
  }

  since(version: number, stamp: number) {
    const counted = [...this.#byReason].map(([reason, count]) => [reason, count.sum(stamp)] as const);
    return {
      perSecond: this.#all.perSecond(stamp),
      lastMinute: Object.fromEntries(counted.filter(([, count]) => count > 0)) as Partial<
        Record<RejectionReason, number>
      >,
      /** Those after the version, oldest first. */
      latest: this.#latest.filter((kept) => kept.version > version).map((kept) => kept.view),
    };
  }

  #counter<K>(counts: Map<K, RecentCount>, key: K, seconds: number): RecentCount | undefined {
    const known = counts.get(key);
    if (known !== undefined || counts.size >= MAX_DOMAINS) return known;
    const count = new RecentCount(seconds, this.#startedAt);
    counts.set(key, count);
    return count;
  }
}
