import { formatRfc3339 } from '@seawall/calendar';
import { eventTimeOf } from './event-time.ts';
import type { Refusal } from './fault.ts';
import { PRECISIONS, type Precision } from './line-sink.ts';

const TIMESTAMP = /^-?\d+$/;
/** More would be beyond the range of the 64-bit integer that a timestamp is. */
const MAX_DIGITS = 19;
const DIGITS_BELOW_MICROSECOND = 3;

/**
 * The event time that a line's timestamp means, in epoch ms, kept to the microsecond (finer digits are cut off).
 * @param arrivalTime epoch ms; a time may lie `maxAheadMs` after it at most
 */
export function lineTime(
  text: string,
  precision: Precision,
  arrivalTime: number,
  maxAheadMs: number,
): number | Refusal {
  if (!TIMESTAMP.test(text) || text.length > MAX_DIGITS + 1) {
    return badTime(`The timestamp "${text.slice(0, 40)}" is no whole number.`);
  }
  const time = epochMs(text, precision);
  const checked = eventTimeOf(time, arrivalTime, maxAheadMs);
  if (typeof checked === 'number') return checked;
  if (checked.reason === 'too-far-ahead') return tooFarAhead(time, arrivalTime, maxAheadMs);
  return badTime(
    `The timestamp ${text}, read in ${precision}, is not between the years 1971 and 2200.${hint(text, precision)}`,
  );
}

/** A double does not hold nanoseconds since 1970, but every microsecond until 2255: so digits are cut before they are read. */
function epochMs(text: string, precision: Precision): number {
  switch (precision) {
    case 'ns':
      return Number(text.slice(0, -DIGITS_BELOW_MICROSECOND)) / 1000;
    case 'us':
      return Number(text) / 1000;
    case 'ms':
      return Number(text);
    case 's':
      return Number(text) * 1000;
  }
}

function hint(text: string, given: Precision): string {
  for (const precision of PRECISIONS) {
    const time = epochMs(text, precision);
    if (precision === given || typeof eventTimeOf(time, Infinity, 0) !== 'number') continue;
    const would = `In ${precision} it would be ${formatRfc3339(time)}`;
    return ` ${would}: send ${given}, or, over HTTP, say precision=${precision}.`;
  }
  return '';
}

function tooFarAhead(time: number, arrivalTime: number, maxAheadMs: number): Refusal {
  const detail =
    `The timestamp ${formatRfc3339(time)} is later than the arrival (${formatRfc3339(arrivalTime)}) by more than ` +
    `${maxAheadMs / 1000} s; check the sender's clock.`;
  return { reason: 'too-far-ahead', detail };
}

function badTime(detail: string): Refusal {
  return { reason: 'bad-time', detail };
}
