import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Cursor, EntryDraft, Journal, JournalEntry, Registry } from '@seawall/ports';
import { cursorSeq, JOURNAL_START } from '@seawall/ports';
import { createMemoryJournal, createMemoryRegistry } from '@seawall/ports/memory';
import type { TestApi } from '../test-api.ts';
import { NOW, post, testApi, transition } from '../test-api.ts';

const PATH = '/api/v1/alerts';
const ACK = { by: 'Lin Wei', comment: 'On its way.' };

let api: TestApi;
let registry: Registry;

/** Applies to the registry what stands before a place, and not a single entry more. */
async function register(journal: Journal, upTo: Cursor): Promise<void> {
  for await (const { entries, cursor } of journal.read(registry.cursor(), { follow: false, maxEntries: 1 })) {
    if (cursorSeq(cursor) > cursorSeq(upTo)) return;
    await registry.apply(entries, cursor);
  }
}

/** Stands in for the engine: each acknowledgement that it passes becomes a transition, then the registrar runs. */
async function startWithEngine(): Promise<TestApi> {
  const journal = createMemoryJournal({ now: () => NOW });
  registry = createMemoryRegistry();
  let passed = JOURNAL_START;
  const applied = async (upTo: Cursor): Promise<void> => {
    for await (const { entries, cursor } of journal.read(passed, { follow: false })) {
      passed = cursor;
      await journal.append(entries.flatMap(acknowledged));
    }
    await register(journal, upTo);
  };
  return testApi({ journal, registry, applied });
}

function acknowledged(entry: JournalEntry): EntryDraft[] {
  if (entry.kind !== 'acknowledgement') return [];
  const { alertId: id, by, comment } = entry.payload;
  const ack = { by, comment, at: new Date(entry.stamp).toISOString() };
  return [transition('firing', 'firing', { id, revision: 2, ack })];
}

beforeEach(async () => {
  api = await startWithEngine();
  await api.journal.append([
    transition('pending', 'firing', { id: 'a1' }),
    transition('firing', 'resolved', {
      id: 'a2',
      severity: 'minor',
      rule: 'jam',
      labels: { domain: 'traffic', device: 'loop-1' },
    }),
    transition('inactive', 'pending', { id: 'a3' }),
    transition('inactive', 'pending', { id: 'a4' }),
    transition('pending', 'inactive', { id: 'a4' }),
  ]);
  await register(api.journal, api.journal.end());
});
afterEach(() => api.close());

describe('GET /api/v1/alerts', () => {
  it.each([
    ['', ['a3', 'a2', 'a1']],
    ['state=firing', ['a1']],
    ['state=firing&state=pending', ['a3', 'a1']],
    ['severity=minor', ['a2']],
    ['rule=jam', ['a2']],
    ['domain=traffic', ['a2']],
    ['device=aq-7&state=firing', ['a1']],
    ['limit=1', ['a3']],
  ])('lists ?%s, newest change first', async (query, ids) => {
    const { body } = await api.json(`${PATH}?${query}`);
    expect(body.items.map((alert) => alert.id)).toEqual(ids);
  });

  it.each(['state=angry', 'severity=huge', 'colour=red'])('refuses ?%s by name', async (query) => {
    expect((await api.json(`${PATH}?${query}`)).status).toBe(400);
  });

  it('answers one with its transitions', async () => {
    const { body } = await api.json(`${PATH}/a1`);
    expect([body.alert.id, body.transitions.length, body.transitions[0]!.because]).toEqual([
      'a1',
      1,
      'mean 187 above 150',
    ]);
    expect((await api.json(`${PATH}/nobody`)).status).toBe(404);
  });
});

describe('POST /api/v1/alerts/:id/ack', () => {
  it('answers the alert with the acknowledgement that the engine made of it', async () => {
    const { status, body } = await api.json(`${PATH}/a1/ack`, post(ACK));
    expect([status, body.id, body.revision, body.ack]).toEqual([
      200,
      'a1',
      2,
      { ...ACK, at: '2026-09-21T14:13:20.000Z' },
    ]);
    expect((await api.json(`${PATH}/a1`)).body.alert).toEqual(body);
  });

  it.each([
    ['a2', 'is resolved'],
    ['a3', 'is pending'],
    ['a4', 'is inactive'],
  ])('refuses %s, which %s', async (id, what) => {
    const before = cursorSeq(api.journal.end());
    const { status, body } = await api.json(`${PATH}/${id}/ack`, post(ACK));
    expect([status, body.detail]).toEqual([409, expect.stringContaining(what)]);
    expect(cursorSeq(api.journal.end())).toBe(before);
  });

  it('answers 404 for an alert there is not', async () => {
    expect((await api.json(`${PATH}/nobody/ack`, post(ACK))).status).toBe(404);
  });

  it.each([
    [{}, 'by'],
    [{ by: '  ' }, 'by'],
    [{ by: 7 }, 'by'],
    [{ by: 'x'.repeat(129) }, 'by'],
    [{ ...ACK, comment: 1 }, 'comment'],
    [{ ...ACK, until: 'noon' }, 'until'],
    [[], 'object'],
  ])('names what is wrong with %j', async (body, name) => {
    const answer = await api.json(`${PATH}/a1/ack`, post(body));
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(name)]);
  });
});

it('answers 202 with the alert as it stands while the engine has not come to the acknowledgement', async () => {
  const slow = await testApi({ applied: () => new Promise(() => undefined), limits: { appliedMs: 20 } });
  await slow.journal.append([transition('pending', 'firing')]);
  await slow.catchUp();
  const { status, body } = await slow.json(`${PATH}/a1/ack`, post(ACK));
  expect([status, body.ack]).toEqual([202, null]);
  await slow.close();
});

it('answers 409 when the alert resolved before the acknowledgement came to it', async () => {
  const late = await testApi({
    applied: async () => {
      await late.journal.append([transition('firing', 'resolved', { revision: 2 })]);
      await late.catchUp();
    },
  });
  await late.journal.append([transition('pending', 'firing')]);
  await late.catchUp();
  expect((await late.json(`${PATH}/a1/ack`, post(ACK))).status).toBe(409);
  await late.close();
});
