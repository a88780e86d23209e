import type { SimulatedDevice } from '../device-kind.ts';
import { Noise } from '../noise.ts';
import type { HeldFault } from './held-fault.ts';

const MINUTE_MS = 60_000;
/** Wear is rolled anew in each of these, counted from the epoch, so that it depends on no start. */
export const WEAR_CELL_MS = 6 * 3_600_000;

/** Chance of a device to fall silent in a cell, and for how long. */
const DROPOUT = { chance: 0.03, shortest: 2, longest: 6 };
/** Chance of a device to lose its link in a cell, and for how long. */
const LINK_LOSS = { chance: 0.02, shortest: 3, longest: 8 };
/** Part of the devices that send some messages twice, for life, and which part of them. */
const STUTTERERS = { share: 0.04, part: 0.05 };
/** Part of the devices whose first metric is garbled now and then, for life, and in which part of its messages. */
const STAMMERERS = { share: 0.02, part: 0.03, prints: 'ERR' };
/** Part of the devices whose clock is a little off, for life, and by how much at most. */
const SKEWED = { share: 0.05, longestMs: 20_000 };

/**
 * The wear of any city, so small that it must neither raise nor hide an alert: in six hours 3 % of the devices fall
 * silent for 2 to 6 minutes and 2 % lose their link for 3 to 8; 4 % send one message in twenty twice; 2 % print
 * ERR in three messages of a hundred; the clocks of 5 % are up to 20 s off.
 * @param cell number of the six hours since the epoch
 */
export function everydayWear({ id, kind }: SimulatedDevice, seed: number, cell: number): HeldFault[] {
  const wear: HeldFault[] = [];
  // Made anew for each cell: a hundred thousand devices would keep a hundred thousand of them.
  const own = new Noise(seed, id);
  const [dropout, loss] = [own.uniform('wear dropout', cell), own.uniform('wear link', cell)];
  // One of the two in a cell: a link that comes back must find its device awake.
  if (dropout < DROPOUT.chance) {
    wear.push({ kind: 'dropout', ...common('silent', ...stretch(own, cell, DROPOUT)) });
  } else if (loss < LINK_LOSS.chance) {
    wear.push({ kind: 'late-burst', ...common('off its link', ...stretch(own, cell, LINK_LOSS)) });
  }
  if (own.uniform('wear stutter', 0) < STUTTERERS.share) {
    wear.push({ kind: 'duplicates', ...common('sending twice', -Infinity, Infinity), part: STUTTERERS.part });
  }
  if (own.uniform('wear stammer', 0) < STAMMERERS.share) {
    const { part, prints } = STAMMERERS;
    const [metric] = Object.keys(kind.metrics);
    const what = common('printing nonsense', -Infinity, Infinity);
    wear.push({ kind: 'garbled', ...what, domain: kind.domain, metric: metric!, part, prints });
  }
  if (own.uniform('wear skew', 0) < SKEWED.share) {
    const by = skewOf(own, kind.intervalMs);
    wear.push({ kind: 'clock-skew', ...common('off its time', -Infinity, Infinity), by });
  }
  return wear;
}

function common(what: string, from: number, to: number) {
  return { text: `It is ${what}.`, over: `It is no longer ${what}.`, from, to, share: 1, origin: 'wear' as const };
}

/** A stretch that begins and ends within the cell. */
function stretch(own: Noise, cell: number, { shortest, longest }: { shortest: number; longest: number }) {
  const lasts = (shortest + own.uniform('wear lasts', cell) * (longest - shortest)) * MINUTE_MS;
  const from = cell * WEAR_CELL_MS + own.uniform('wear begins', cell) * (WEAR_CELL_MS - lasts);
  return [Math.round(from), Math.round(from + lasts)] as const;
}

/** Never a multiple of a second, so that a reading with a wrong time takes no other one's place. */
function skewOf(own: Noise, intervalMs: number): number {
  const longest = Math.min(SKEWED.longestMs, intervalMs / 4);
  return Math.round(own.trait('wear skew by', -longest, longest) / 1000) * 1000 + 437;
}
