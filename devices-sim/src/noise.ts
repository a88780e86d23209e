// Taken once: in the sandbox of a test runner each look at a global is slow, and these are asked a million times.
const { floor, imul, sqrt } = Math;

/** Splits a 32-bit state so that close inputs give unlike outputs (the finaliser of MurmurHash3). */
function mix(state: number): number {
  let h = state;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 units, mixed. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

/** The hashes of channel names; a program has a few dozen of them, whatever the number of devices. */
const channels = new Map<string, number>();

function hashChannel(channel: string): number {
  let hash = channels.get(channel);
  if (hash === undefined) channels.set(channel, (hash = hashText(channel)));
  return hash;
}

/**
 * Noise as a pure function of seed, subject (a device, or the city for what its devices share), channel and event
 * time: asked in any order, from any start, at any speed, it answers the same. It is one number in memory.
 */
export class Noise {
  readonly #subject: number;

  constructor(seed: number, subject: string) {
    this.#subject = hashText(`${seed}\u0000${subject}`);
  }

  /** In [0, 1), independent from one event time to the next. @param eventTime epoch ms */
  uniform(channel: string, eventTime: number): number {
    return this.#hash(channel, eventTime) / 0x100000000;
  }

  /** Mean 0, standard deviation 1, never beyond ±3.5: a sum of four uniforms. */
  normal(channel: string, eventTime: number): number {
    const hash = this.#hash(channel, eventTime);
    let sum = 0;
    for (let i = 1; i <= 4; i++) sum += mix(hash + imul(i, 0x9e3779b9)) / 0x100000000;
    return (sum - 2) * sqrt(3);
  }

  /** Wanders within [-1, 1]: a new height every `periodMs`, smooth between. */
  smooth(channel: string, eventTime: number, periodMs: number): number {
    const cell = floor(eventTime / periodMs);
    const x = eventTime / periodMs - cell;
    const ease = x * x * (3 - 2 * x);
    const from = this.uniform(channel, cell);
    const to = this.uniform(channel, cell + 1);
    return 2 * (from + (to - from) * ease) - 1;
  }

  /** A trait for life, in [low, high). */
  trait(channel: string, low: number, high: number): number {
    return low + this.uniform(channel, 0) * (high - low);
  }

  #hash(channel: string, eventTime: number): number {
    const high = floor(eventTime / 0x100000000);
    const low = eventTime - high * 0x100000000;
    const state = mix(this.#subject ^ imul(hashChannel(channel), 0x9e3779b1));
    return mix(mix(state ^ mix(high + 0x9e3779b9)) ^ mix(low));
  }
}
