import type { RefusedReading } from '@seawall/ports';
import { BodyRefusedError } from './influx-failures.ts';
import type { KnownRefusals } from './known-refusals.ts';
import { linesAgain, seriesOf, type Body, type Given, type LineSource } from './line-bodies.ts';

/** Readings that InfluxDB did not take. */
export interface NotTaken {
  readonly refused: RefusedReading[];
  /** Readings older than the policy keeps: they have expired before they came. */
  expired: number;
}

export interface Splitting {
  readonly write: (text: string) => Promise<void>;
  readonly source: LineSource;
  readonly known: KnownRefusals;
}

/**
 * Writes a body; if InfluxDB refuses it for its content, its halves, and so on down to the readings at fault. What it took
 * of a refused body is sent again, which changes nothing.
 * @throws StoreUnavailableError
 */
export async function writeBody(body: Body, splitting: Splitting, notTaken: NotTaken): Promise<void> {
  try {
    await splitting.write(body.text());
  } catch (error) {
    if (!(error instanceof BodyRefusedError)) throw error;
    if (holdsExpired(error, notTaken)) return;
    await split(body.given(), error.message, splitting, notTaken);
  }
}

/** Then InfluxDB has taken all others. */
function holdsExpired({ message }: BodyRefusedError, notTaken: NotTaken): boolean {
  const dropped = /beyond retention policy.*dropped=(\d+)/.exec(message)?.[1];
  if (dropped === undefined) return false;
  notTaken.expired += Number(dropped);
  return true;
}

async function split(
  lines: readonly (readonly Given[])[],
  said: string,
  splitting: Splitting,
  notTaken: NotTaken,
): Promise<void> {
  if (lines.length > 1) {
    const middle = lines.length >>> 1;
    await writeAgain(lines.slice(0, middle), splitting, notTaken);
    await writeAgain(lines.slice(middle), splitting, notTaken);
    return;
  }
  const [given = []] = lines;
  if (given.length > 1) {
    for (const one of given) await writeAgain([[one]], splitting, notTaken);
    return;
  }
  for (const one of given) {
    splitting.known.note(seriesOf(one), said);
    notTaken.refused.push(refusedReading(one, said));
  }
}

async function writeAgain(
  lines: readonly (readonly Given[])[],
  splitting: Splitting,
  notTaken: NotTaken,
): Promise<void> {
  const { source, known, write } = splitting;
  // What was found out on the way needs no request any more.
  const left = lines.map((given) => given.filter((one) => known.of(seriesOf(one)) === undefined)).filter(isNotEmpty);
  for (const one of lines.flat()) {
    const before = known.of(seriesOf(one));
    if (before !== undefined) notTaken.refused.push(refusedReading(one, before));
  }
  if (left.length === 0) return;
  try {
    await write(linesAgain(source, left));
  } catch (error) {
    if (!(error instanceof BodyRefusedError)) throw error;
    if (!holdsExpired(error, notTaken)) await split(left, error.message, splitting, notTaken);
  }
}

function isNotEmpty(given: readonly Given[]): boolean {
  return given.length > 0;
}

/** @param said by InfluxDB */
export function refusedReading(given: Given, said: string): RefusedReading {
  const { origin, place } = given;
  const { eventTime, value } = origin.batch;
  const detail = `InfluxDB refuses it: ${said.replace(/ dropped=\d+$/, '')}.${adviceOn(said)}`;
  return { seq: origin.seq, series: seriesOf(given), eventTime: eventTime[place]!, value: value[place]!, detail };
}

function adviceOn(said: string): string {
  if (/field type conflict/.test(said))
    return ' Give the metric another name, or take out of InfluxDB what others wrote under this one.';
  if (/max-values-per-tag|max-series-per-database/.test(said))
    return ' Raise this limit in the configuration of InfluxDB, or set it to 0.';
  return '';
}
