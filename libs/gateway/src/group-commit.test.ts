import { describe, expect, it, jest } from '@jest/globals';
import { KeyReusedError, type EntryDraft } from '@seawall/ports';
import { ARRIVAL, controlledJournal, readingsOf, recordingLog, until } from './gateway-fixture.ts';
import { GroupCommit } from './group-commit.ts';
import { Part } from './part.ts';

const SERIES = { domain: 'd', device: 'x', metric: 'm' };
const LABELS = { district: 'a', type: 'b' };

function fixture() {
  const { journal, control } = controlledJournal();
  const log = recordingLog();
  const held: number[] = [];
  const stored: Part[] = [];
  const commit = new GroupCommit({
    journal,
    log,
    onStored: (part) => stored.push(part),
    onHeld: (bytes) => held.push(bytes),
  });
  const acknowledged: string[] = [];
  const put = (name: string, value = 1) => {
    commit.builder.add(SERIES, LABELS, ARRIVAL + value, value, 0);
    commit.open.acknowledgements.push(() => acknowledged.push(name));
    commit.gathered(100);
  };
  const putAlone = (name: string, value: number, key?: { id: string; fingerprint: string }) => {
    const part = new Part('live', key);
    part.batch = {
      series: [SERIES],
      labels: [LABELS],
      seriesIndex: Uint32Array.of(0),
      eventTime: Float64Array.of(ARRIVAL + value),
      value: Float64Array.of(value),
      flags: Uint8Array.of(0),
    };
    part.acknowledgements.push(() => acknowledged.push(name));
    commit.add(part, 100);
  };
  return { journal, control, log, held, stored, commit, acknowledged, put, putAlone };
}

const kinds = (drafts: readonly EntryDraft[] | undefined) => drafts?.map(({ kind }) => kind);

describe('group commit', () => {
  it('puts what came in one turn into one append, and acknowledges after it, in order', async () => {
    const { control, commit, acknowledged, put, journal } = fixture();
    control.hold();
    for (const name of ['a', 'b', 'c']) put(name, name.charCodeAt(0));
    await until(() => control.waiting() === 1);
    expect(acknowledged).toEqual([]);
    control.release();
    await commit.drain(1000);
    expect(acknowledged).toEqual(['a', 'b', 'c']);
    expect(control.appends.map(kinds)).toEqual([['readings']]);
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('gathers what comes while an append is under way', async () => {
    const { control, commit, acknowledged, put } = fixture();
    control.hold();
    put('a');
    await until(() => control.waiting() === 1);
    put('b');
    put('c');
    control.release();
    await commit.drain(1000);
    expect(acknowledged).toEqual(['a', 'b', 'c']);
    expect(control.appends).toHaveLength(2);
  });

  it('keeps the order of arrival between gathered messages and those with entries of their own', async () => {
    const { journal, commit, acknowledged, put, putAlone } = fixture();
    put('a', 1);
    putAlone('b', 2);
    put('c', 3);
    putAlone('d', 4);
    putAlone('e', 5);
    put('f', 6);
    await commit.drain(1000);
    expect(acknowledged).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect((await readingsOf(journal)).map((reading) => reading.split('=')[1])).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('cuts a great rush into entries of bounded size', async () => {
    const { commit, put, control } = fixture();
    for (let i = 0; i < 40_000; i++) put('x', i);
    await commit.drain(1000);
    expect(control.appends).toHaveLength(3);
  });

  it('counts the memory that waits', async () => {
    const { commit, put, held } = fixture();
    put('a');
    put('b');
    expect(commit.heldBytes).toBe(200);
    await commit.drain(1000);
    expect(commit.heldBytes).toBe(0);
    expect(Math.min(...held)).toBe(0);
  });

  it('acknowledges nothing while the journal fails, tries again, and then acknowledges in order', async () => {
    const { control, commit, acknowledged, put, putAlone, log, journal } = fixture();
    control.failing = true;
    put('a', 1);
    putAlone('b', 2);
    await until(() => control.appends.length >= 4);
    put('c', 3);
    expect(acknowledged).toEqual([]);
    expect(commit.failing).toBe(true);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    control.failing = false;
    expect(await commit.drain(5000)).toBe(true);
    expect(acknowledged).toEqual(['a', 'b', 'c']);
    expect(commit.failing).toBe(false);
    expect(await readingsOf(journal)).toHaveLength(3);
  });

  it('gives up when it is stopped, and acknowledges nothing', async () => {
    const { control, commit, acknowledged, put } = fixture();
    control.failing = true;
    put('a');
    await until(() => commit.failing);
    expect(await commit.drain(1)).toBe(false);
    commit.stop();
    await until(() => commit.idle);
    expect(acknowledged).toEqual([]);
  });

  it('takes a key that came with other content for a new message', async () => {
    const { journal, commit, acknowledged, putAlone, control } = fixture();
    putAlone('a', 1, { id: 'mqtt/c/1', fingerprint: 'x' });
    await commit.drain(1000);
    const append = jest.spyOn(journal, 'append');
    putAlone('b', 2, { id: 'mqtt/c/1', fingerprint: 'y' });
    await commit.drain(1000);
    await expect(append.mock.results[0]!.value).rejects.toThrow(KeyReusedError);
    expect(acknowledged).toEqual(['a', 'b']);
    expect(control.forgotten).toEqual(['mqtt/c/1']);
    expect(await readingsOf(journal)).toHaveLength(2);
  });
});
