import { describe, expect, it } from '@jest/globals';
import { ReadingBatchBuilder } from './reading-batch-builder.ts';
import { UNDESCRIBED, type Series } from './series.ts';

const speed: Series = { domain: 'traffic', device: 'loop-1', metric: 'speed' };
const flow: Series = { domain: 'traffic', device: 'loop-1', metric: 'flow' };

describe('ReadingBatchBuilder', () => {
  it('keeps readings in the order they came, each with its series', () => {
    const builder = new ReadingBatchBuilder();
    builder.add(speed, UNDESCRIBED, 1, 10, 0);
    builder.add(flow, UNDESCRIBED, 2, 20, 1);
    builder.add(speed, UNDESCRIBED, 3, 30, 0);
    const batch = builder.take();
    expect([...batch.seriesIndex].map((i) => batch.series[i])).toEqual([speed, flow, speed]);
    expect([...batch.eventTime]).toEqual([1, 2, 3]);
    expect([...batch.value]).toEqual([10, 20, 30]);
    expect([...batch.flags]).toEqual([0, 1, 0]);
  });

  it('names a series twice when its labels changed in between', () => {
    const builder = new ReadingBatchBuilder();
    const harbour = { district: 'harbour', type: 'loop' };
    builder.add(speed, UNDESCRIBED, 1, 10, 0);
    builder.add(speed, harbour, 2, 20, 0);
    const batch = builder.take();
    expect(batch.series).toEqual([speed, speed]);
    expect(batch.labels).toEqual([UNDESCRIBED, harbour]);
  });

  it('is empty after take, and what was taken stays as it was', () => {
    const builder = new ReadingBatchBuilder();
    for (let i = 0; i < 5000; i++) builder.add(speed, UNDESCRIBED, i, i, 0);
    const first = builder.take();
    builder.add(flow, UNDESCRIBED, 9, 9, 0);
    expect(first.value).toHaveLength(5000);
    expect(first.value[4999]).toBe(4999);
    expect(builder.take().series).toEqual([flow]);
  });
});
