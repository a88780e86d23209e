import { STAMPS_SPEED, TIERS, type Retention } from '@seawall/ports';
import type { Logger } from 'pino';
import { spanText } from '../amounts.ts';
import { isHeldBack, type Clocks, type Trust, type TrustedNow } from './trusted-now.ts';

export interface ClockWatchOptions {
  readonly clocks: () => Clocks;
  /** The journal's, epoch ms. */
  readonly lastStamp: () => number;
  readonly trusted: TrustedNow;
  /** Where nothing ever expires, nobody need know that expiry waits. */
  readonly retention: Retention;
  /** Keeps the trusted time for the next start. */
  readonly keep: (time: number) => Promise<void>;
  readonly log: Logger;
}

/** A crash loses so much of it, which expiry then is late. */
const KEEP_EVERY_MS = 5 * 60_000;
/** What a time service sets back at a time is not worth a word. */
const AHEAD_TOLD_MS = 10_000;

/**
 * Looks at the clocks, and says once when the wall clock has leapt ahead so that expiry waits, or is behind the journal's
 * stamps; and when it no longer is so.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #expires: boolean;
  #keptAt = -Infinity;
  #saidOfExpiry = false;
  #saidOfStamps = false;

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

  /** How far the journal's last stamp is ahead of the wall clock, ms; 0 where it is not. */
  stampsAheadMs(): number {
    const { clocks, lastStamp } = this.#options;
    return Math.max(0, lastStamp() - clocks().wall);
  }

  /** For the operator: what it means that the clock is behind the journal's stamps; undefined where it is not. */
  stampsSentence(): string | undefined {
    const aheadMs = this.stampsAheadMs();
    return aheadMs > AHEAD_TOLD_MS ? stampsText(aheadMs) : undefined;
  }

  /** For the operator: why what has expired stays; undefined while it goes. */
  expirySentence(): string | undefined {
    const trust = this.#trust();
    return this.#expires && isHeldBack(trust) ? expiryText(trust) : undefined;
  }

  #trust(): Trust {
    return this.#options.trusted.look(this.#options.clocks());
  }

  #tell(): void {
    const { log } = this.#options;
    const ofExpiry = this.expirySentence();
    if (ofExpiry !== undefined && !this.#saidOfExpiry) log.warn(ofExpiry);
    if (ofExpiry === undefined && this.#saidOfExpiry) log.info('expiry goes by the clock again');
    this.#saidOfExpiry = ofExpiry !== undefined;
    const ofStamps = this.stampsSentence();
    if (ofStamps !== undefined && !this.#saidOfStamps) log.warn(ofStamps);
    if (ofStamps === undefined && this.#saidOfStamps) log.info("the clock has caught up with the journal's stamps");
    this.#saidOfStamps = ofStamps !== undefined;
  }
}

function expiryText({ behindMs, waitsMs }: Trust): string {
  return (
    `expiry waits: the clock has jumped ahead by ${spanText(behindMs)}, or the machine was off for so long; ` +
    `what has expired since goes once the clock has gone evenly for ${spanText(waitsMs)} more`
  );
}

function stampsText(aheadMs: number): string {
  return (
    `the clock is ${spanText(aheadMs)} behind the journal's last entry: it was ahead before, or has been set back. ` +
    `It has caught up in about ${spanText(aheadMs / (1 - STAMPS_SPEED))}; until then the times of alerts are ahead by what is left, ` +
    'and silence and idleness are found out a ninth later'
  );
}
