import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JournalUnavailableError } from '@seawall/ports';
import { createMemoryJournal } from '@seawall/ports/memory';
import { pino } from 'pino';
import { ticker, trimmer } from './timers.ts';

const policy = { maxAgeMs: 0, maxBytes: 0 };

describe('timers', () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });

  beforeEach(() => {
    lines.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => void jest.useRealTimers());

  it('tick each second, and say once when they can not, until they could again', async () => {
    const journal = createMemoryJournal();
    const append = journal.append.bind(journal);
    const timer = ticker(journal, log);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(journal.status().lastSeq).toBe(3);
    for (let episode = 1; episode <= 2; episode++) {
      journal.append = () => Promise.reject(new JournalUnavailableError('Full.'));
      await jest.advanceTimersByTimeAsync(5_000);
      expect(lines).toHaveLength(episode);
      journal.append = append;
      await jest.advanceTimersByTimeAsync(1_000);
    }
    await timer.stop();
  });

  it('trim again and again, each time after those who hold it back were moved on', async () => {
    const journal = createMemoryJournal();
    await journal.commit('reader', journal.start());
    const moveOn = jest.fn(() => void journal.commit('reader', journal.end()));
    const timer = trimmer(journal, policy, moveOn, log);
    await journal.append([{ kind: 'tick', origin: 'live', payload: null }]);
    await journal.append([{ kind: 'tick', origin: 'live', payload: null }]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(moveOn).toHaveBeenCalledTimes(2);
    expect(journal.status().firstSeq).toBe(2);
    await timer.stop();
  });
});
