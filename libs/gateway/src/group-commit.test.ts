import { describe, expect, it, jest } from '@jest/globals';
import type { Rejection } from '@seawall/model';
import { KeyReusedError, type EntryDraft } from '@seawall/ports';
import { ARRIVAL, controlledJournal, payloadsOf, readingsOf, recordingLog, until } from './gateway-fixture.ts';
import { GroupCommit } from './group-commit.ts';
import { Part } from './part.ts';

const SERIES = { domain: 'd', device: 'x', metric: 'm' };
const LABELS = { district: 'a', type: 'b' };

function fixture() {
  const { journal, control } = controlledJournal();
  const clock = { now: 0 };
  const log = recordingLog();
  const held: number[] = [];
  const stored: Part[] = [];
  const commit = new GroupCommit({
    journal,
    log,
    onStored: (part) => stored.push(part),
    onHeld: (bytes) => held.push(bytes),
    elapsed: () => clock.now,
  });
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const answer = (name: string) => (error?: Error) => void (error === undefined ? acknowledged : refused).push(name);
  const put = (name: string, value = 1) => {
    commit.builder.add(SERIES, LABELS, ARRIVAL + value, value, 0);
    commit.open.acknowledgements.push(answer(name));
    commit.gathered(100);
  };
  const putAlone = (name: string, value: number, key?: { id: string; fingerprint: string }, bad?: Rejection) => {
    const part = new Part('live', key);
    if (bad !== undefined) part.rejections.push(bad);
    part.batch = {
      series: [SERIES],
      labels: [LABELS],
      seriesIndex: Uint32Array.of(0),
      eventTime: Float64Array.of(ARRIVAL + value),
      value: Float64Array.of(value),
      flags: Uint8Array.of(0),
    };
    part.acknowledgements.push(answer(name));
    commit.add(part, 100);
  };
  return { clock, journal, control, log, held, stored, commit, acknowledged, refused, put, putAlone };
}

const BAD: Rejection = {
  reason: 'undeclared-text',
  detail: 'x',
  topic: 't',
  pointer: '/b',
  receivedAt: ARRIVAL,
  sample: '"text"',
};

const errors = (log: ReturnType<typeof recordingLog>) =>
  log.lines.filter(({ level }) => level === 'error').map(({ message }) => message);

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
    expect(control.forgotten).toContain('mqtt/c/1');
    expect(await readingsOf(journal)).toHaveLength(2);
  });

  it('takes it for a new message when some of its readings were rejected, too', async () => {
    const { journal, commit, acknowledged, putAlone, control } = fixture();
    putAlone('a', 1, { id: 'mqtt/c/1', fingerprint: 'x' }, BAD);
    putAlone('b', 2, { id: 'mqtt/c/1', fingerprint: 'y' }, BAD);
    expect(await commit.drain(1000)).toBe(true);
    expect(acknowledged).toEqual(['a', 'b']);
    expect(control.appends).toHaveLength(3);
    expect(await readingsOf(journal)).toHaveLength(2);
  });

  it('tries a key that stays in use only once more, and goes on with the others', async () => {
    const { commit, acknowledged, refused, put, putAlone, control, log } = fixture();
    control.refusal = ([draft]) => (draft?.key === undefined ? undefined : new KeyReusedError('The key was used.'));
    putAlone('a', 1, { id: 'k', fingerprint: 'x' });
    put('b', 2);
    expect(await commit.drain(1000)).toBe(true);
    expect(control.appends.filter(([draft]) => draft?.key !== undefined)).toHaveLength(2);
    expect([acknowledged, refused]).toEqual([['b'], ['a']]);
    expect(errors(log)).toHaveLength(1);
  });
});

describe('what the journal refuses for good', () => {
  const tooGreat = (value: number) => (drafts: readonly EntryDraft[]) =>
    drafts.some((draft) => draft.kind === 'readings' && draft.payload.value.includes(value))
      ? new RangeError(`${value} is beyond what an entry holds.`)
      : undefined;

  it('is not acknowledged, its senders hear of it, the operator reads of it, and the others go on', async () => {
    const { control, commit, acknowledged, refused, stored, put, putAlone, log, journal } = fixture();
    control.refusal = tooGreat(2);
    put('a', 1);
    putAlone('b', 2);
    put('c', 3);
    expect(await commit.drain(1000)).toBe(true);
    expect([acknowledged, refused]).toEqual([['a', 'c'], ['b']]);
    expect(await readingsOf(journal)).toHaveLength(2);
    expect(stored).toHaveLength(2);
    expect(errors(log)).toEqual([expect.stringMatching(/refuses .* not stored, and not acknowledged/)]);
    expect(commit).toMatchObject({ failing: false, heldBytes: 0, refusedParts: 1, oldestWaitMs: 0 });
    expect(control.appends).toHaveLength(3);
  });

  it('is what can’t even be made an entry, as well', async () => {
    const { commit, refused, acknowledged, put } = fixture();
    const part = new Part();
    part.drafts = () => {
      throw new TypeError('no draft');
    };
    part.acknowledgements.push((error) => void refused.push(String(error)));
    commit.add(part, 1);
    put('b');
    expect(await commit.drain(1000)).toBe(true);
    expect(acknowledged).toEqual(['b']);
    expect(refused).toHaveLength(1);
  });

  it('leaves the changes of devices, which come after it, once', async () => {
    const { control, commit, put, journal } = fixture();
    control.refusal = tooGreat(2);
    commit.open.addChange({ device: 'x', receivedAt: ARRIVAL });
    put('a', 2);
    expect(await commit.drain(1000)).toBe(true);
    expect(await payloadsOf(journal, 'device')).toEqual([{ device: 'x', receivedAt: ARRIVAL }]);
  });

  it('is given up when it is such a change', async () => {
    const { control, commit, acknowledged, put } = fixture();
    control.refusal = (drafts) => (drafts.some(({ kind }) => kind === 'device') ? new RangeError('no') : undefined);
    commit.open.addChange({ device: 'x', receivedAt: ARRIVAL });
    put('a', 2);
    expect(await commit.drain(1000)).toBe(true);
    put('b', 3);
    expect(await commit.drain(1000)).toBe(true);
    expect(control.appends).toHaveLength(3);
    expect(acknowledged).toEqual(['b']);
    expect(commit.heldBytes).toBe(0);
  });
});

describe('the oldest wait', () => {
  it('is that of what came first, and ends with it', async () => {
    const { clock, control, commit, put, putAlone } = fixture();
    expect(commit.oldestWaitMs).toBe(0);
    control.hold();
    put('a', 1);
    await until(() => control.waiting() === 1);
    clock.now += 1000;
    putAlone('b', 2);
    clock.now += 500;
    expect(commit.oldestWaitMs).toBe(1500);
    control.release();
    await commit.drain(1000);
    expect(commit.oldestWaitMs).toBe(0);
  });

  it('counts what somebody else waits for', () => {
    const { clock, commit } = fixture();
    const part = new Part();
    commit.hold(part, 10);
    clock.now += 300;
    expect(commit.oldestWaitMs).toBe(300);
    commit.release(part);
    expect(commit).toMatchObject({ oldestWaitMs: 0, heldBytes: 0 });
  });
});
