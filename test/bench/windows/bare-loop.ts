import type { ReadingBatch } from '@seawall/model';
import { processorSeconds, SERIES } from './window-load.ts';

const MINUTE = 60_000;
/** More than a series sends in a minute. */
const ROWS = 64;
/** One line of the processor's cache a series: its newest event time, the end of its minute, its next row, the watermark. */
const WIDTH = 8;

/**
 * The least that windows can do with a reading, as one would write it for just this load: find its series, see that it is
 * in order and in the minute at hand, write it down, move the watermark; and at a minute's end add up and compare what was
 * written. No results, no late readings, nothing kept: what memory and processor allow here and now.
 * @returns seconds of processor time
 */
export function bareLoop(batches: readonly ReadingBatch[], size: number): number {
  const lanes = new Float64Array(SERIES * WIDTH).fill(-Infinity);
  const times = new Float64Array(SERIES * ROWS);
  const values = new Float64Array(SERIES * ROWS);
  let total = 0;
  const seconds = processorSeconds(() => {
    batches.forEach(({ seriesIndex, eventTime, value }, batch) => {
      const first = (batch * size) % SERIES;
      for (let i = 0; i < seriesIndex.length; i++) {
        const series = first + seriesIndex[i]!;
        const lane = series * WIDTH;
        const time = eventTime[i]!;
        if (time <= lanes[lane]!) continue;
        if (time >= lanes[lane + 1]!) {
          const end = lanes[lane + 2]!;
          let [sum, greatest] = [0, -Infinity];
          for (let row = series * ROWS; row < end; row++) {
            sum += values[row]!;
            if (values[row]! > greatest) greatest = values[row]!;
          }
          total += sum + Math.max(greatest, 0);
          lanes[lane + 1] = Math.floor(time / MINUTE) * MINUTE + MINUTE;
          lanes[lane + 2] = series * ROWS;
        }
        const row = lanes[lane + 2]!;
        times[row] = time;
        values[row] = value[i]!;
        lanes[lane] = time;
        lanes[lane + 2] = row + 1;
        if (time > lanes[lane + 3]!) lanes[lane + 3] = time;
      }
    });
  });
  if (!(total > 0)) throw new Error(`The bare loop added up ${total}.`);
  return seconds;
}
