import { TIERS, type Retention } from '@seawall/ports';
import type { Logger } from 'pino';
import { spanText } from '../amounts.ts';
import { isHeldBack, type Clocks, type Trust, type TrustedNow } from './trusted-now.ts';

export interface ClockWatchOptions {
  readonly clocks: () => Clocks;
  readonly trusted: TrustedNow;
  /** Where nothing ever expires, nobody need know that expiry waits. */
  readonly retention: Retention;
  /** Keeps the trusted time for the next start. */
  readonly keep: (time: number) => Promise<void>;
  readonly log: Logger;
}

/** A crash loses so much of it, which expiry then is late. */
const KEEP_EVERY_MS = 5 * 60_000;

/** Looks at the clocks, and says once when the wall clock has leapt ahead so that expiry waits, and when it no longer does. */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #expires: boolean;
  #keptAt = -Infinity;
  #isSaid = false;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    this.#expires = TIERS.some((tier) => Object.values(options.retention[tier]).some(Number.isFinite));
  }

  /** @throws the file system's error if the time can't be kept */
  async look(): Promise<void> {
    const { clocks, keep } = this.#options;
    this.#tell();
    const { elapsed } = clocks();
    if (elapsed - this.#keptAt < KEEP_EVERY_MS) return;
    this.#keptAt = elapsed;
    await keep(this.now());
  }

  /** The time by which readings are old, epoch ms. */
  now(): number {
    return this.#trust().now;
  }

  /** How far that is behind the wall clock, ms. */
  behindMs(): number {
    return this.#trust().behindMs;
  }

  /** For the operator: why what has expired stays; undefined while it goes. */
  sentence(): string | undefined {
    const trust = this.#trust();
    return this.#expires && isHeldBack(trust) ? sentenceOf(trust) : undefined;
  }

  #trust(): Trust {
    return this.#options.trusted.look(this.#options.clocks());
  }

  #tell(): void {
    const { log } = this.#options;
    const sentence = this.sentence();
    if (sentence !== undefined && !this.#isSaid) log.warn(sentence);
    if (sentence === undefined && this.#isSaid) log.info('expiry goes by the clock again');
    this.#isSaid = sentence !== undefined;
  }
}

function sentenceOf({ behindMs, waitsMs }: Trust): string {
  return (
    `expiry waits: the clock has jumped ahead by ${spanText(behindMs)}, or the machine was off for so long; ` +
    `what has expired since goes once the clock has gone evenly for ${spanText(waitsMs)} more`
  );
}
