import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { diskLevels } from './disk-levels.ts';
import { DiskWatch } from './disk-watch.ts';

describe('diskLevels', () => {
  const unset = { diskLowBytes: undefined, diskReserveBytes: undefined };

  it('go by the size of the disk', () => {
    expect(diskLevels(unset, 1e12)).toEqual({ lowBytes: 2e9, reserveBytes: 512e6 });
    expect(diskLevels(unset, 10e9)).toEqual({ lowBytes: 1e9, reserveBytes: 250e6 });
  });

  it('are as set, and the reserve is never above the level of the warning', () => {
    expect(diskLevels({ diskLowBytes: 5e9, diskReserveBytes: 1e9 }, 1e12)).toEqual({
      lowBytes: 5e9,
      reserveBytes: 1e9,
    });
    expect(diskLevels({ ...unset, diskReserveBytes: 3e9 }, 1e12)).toEqual({ lowBytes: 3e9, reserveBytes: 3e9 });
    expect(diskLevels({ ...unset, diskLowBytes: 100e6 }, 1e12)).toEqual({ lowBytes: 100e6, reserveBytes: 100e6 });
  });
});

describe('DiskWatch', () => {
  const levels = { lowBytes: 2e9, reserveBytes: 500e6 };

  async function looks(...free: readonly number[]) {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push((JSON.parse(line) as Line).msg) });
    let freeBytes = 0;
    const watch = new DiskWatch({ path: '/d', levels, room: async () => ({ freeBytes, totalBytes: 100e9 }), log });
    const states: string[] = [];
    for (freeBytes of free) {
      await watch.look();
      states.push(watch.status().state);
    }
    return { states, lines, sentence: watch.sentence() };
  }

  it('says once when the room becomes little, once when too little, and once when there is enough', async () => {
    const { states, lines } = await looks(9e9, 1.9e9, 1.8e9, 400e6, 300e6, 1e9, 400e6, 9e9, 1e9);
    expect(states).toEqual(['enough', 'low', 'low', 'full', 'full', 'low', 'full', 'enough', 'low']);
    expect(lines).toEqual([
      'the disk has little room: 1.9 GB of 100 GB are free where /d is, less than 2.0 GB: make room. Below 500 MB nothing is acknowledged.',
      'the disk has little room: 400 MB of 100 GB are free where /d is, less than the reserve of 500 MB, so nothing is acknowledged: make room.',
      'the disk has room again: 9.0 GB of 100 GB are free where /d is.',
      expect.stringContaining('1.0 GB of 100 GB'),
    ]);
  });

  it('does not go to and fro at the brink', async () => {
    expect((await looks(1.99e9, 2.01e9, 1.99e9, 2.11e9)).states).toEqual(['low', 'low', 'low', 'enough']);
    expect((await looks(490e6, 510e6, 530e6)).states).toEqual(['full', 'full', 'low']);
  });
});

interface Line {
  readonly msg: string;
}
