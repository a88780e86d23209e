import type { Fault, SubjectRefusal } from './fault.ts';
import type { ReadingSink } from './reading-sink.ts';

/** What a timestamp of a line counts since 1970: nano-, micro- or milliseconds, or seconds. */
export const PRECISIONS = ['ns', 'us', 'ms', 's'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** The tags of a line, unescaped, in the order they stand in. No key comes twice, and no value is empty. */
export type LineTags = readonly (readonly [key: string, value: string])[];

/**
 * Names the device that a line is of; a `Refusal` if the hub will not have it, which then stands for each of its lines.
 * Asked once for each distinct head of a message. It must give the same object for the same device and domain, and
 * another for another: that is how lines of one series under different tags are found out.
 * @param measurement unescaped
 * @param head the raw text of measurement and tags, a string of its own that may be kept
 * @param line the number of the line that has it first
 */
export type LineSinkFinder = (
  measurement: string,
  tags: LineTags,
  head: string,
  line: number,
) => ReadingSink | SubjectRefusal;

export interface LineLimits {
  /** Readings and faults of one message together; what follows is refused as a whole. */
  readonly maxReadings: number;
  /** Characters of one line. */
  readonly maxLineLength: number;
  /** How far an event time may lie after the arrival. */
  readonly maxAheadMs: number;
}

export interface LineProtocolResult {
  /** `pointer` is `/<line number>`, counted from 1, or `/<line number>/<field key>`; empty for the whole message. */
  readonly faults: readonly Fault[];
  /** Lines that are no comment and not empty; each has at least one reading taken, or is `dropped`. */
  readonly lines: number;
  readonly dropped: number;
}
