import { formatRfc3339, parseRfc3339 } from '@seawall/calendar';
import { microsOf } from '@seawall/model';
import type { Refusal } from './fault.ts';

/** 1971-01-01 and 2200-01-01, epoch ms: nothing outside is believed. Read as seconds the two ranges do not meet. */
const EARLIEST = 31_536_000_000;
const LATEST = 7_258_118_400_000;
const NO_TIME = '"ts" must be epoch milliseconds, as a number, or RFC 3339 text with a zone ("2026-01-31T08:00:00Z").';

/**
 * The event time that a message's `ts` means, in epoch ms, kept to the microsecond.
 * @param arrivalTime epoch ms; a time may lie `maxAheadMs` after it at most
 */
export function eventTimeOf(ts: unknown, arrivalTime: number, maxAheadMs: number): number | Refusal {
  const time = typeof ts === 'number' ? ts : typeof ts === 'string' ? parseRfc3339(ts) : undefined;
  if (time === undefined) return badTime(NO_TIME);
  if (!(time >= EARLIEST && time < LATEST)) return outOfRange(time);
  if (time > arrivalTime + maxAheadMs) return tooFarAhead(time, arrivalTime, maxAheadMs);
  return Number.isInteger(time) ? time : microsOf(time) / 1000;
}

function outOfRange(time: number): Refusal {
  if (time >= EARLIEST / 1000 && time < LATEST / 1000) {
    return {
      reason: 'epoch-seconds',
      detail: `"ts" ${time} looks like epoch seconds; send milliseconds (${time * 1000}).`,
    };
  }
  return badTime(`"ts" ${time} is not between the years 1971 and 2200 when read as epoch milliseconds.`);
}

function tooFarAhead(time: number, arrivalTime: number, maxAheadMs: number): Refusal {
  const detail =
    `"ts" ${formatRfc3339(time)} is later than the message's arrival (${formatRfc3339(arrivalTime)}) by more than ` +
    `${maxAheadMs / 1000} s; check the device's clock.`;
  return { reason: 'too-far-ahead', detail };
}

function badTime(detail: string): Refusal {
  return { reason: 'bad-time', detail };
}
