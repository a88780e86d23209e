import { afterEach, describe, expect, it } from '@jest/globals';
import type { EntryOf } from '@seawall/ports';
import { JOURNAL_START, JournalUnavailableError } from '@seawall/ports';
import { createMemoryJournal } from '@seawall/ports/memory';
import { ruleVersionExamples } from '../open-api/examples.ts';
import type { TestApi } from '../test-api.ts';
import { post, RULE, testApi } from '../test-api.ts';

const PATH = '/api/v1/rules';

let api: TestApi;
afterEach(() => api.close());

const put = (body: unknown, headers = {}): RequestInit => ({ ...post(body, headers), method: 'PUT' });
const remove = (headers: Record<string, string> = {}): RequestInit => ({ method: 'DELETE', headers });

async function journalled(): Promise<EntryOf<'rule'>[]> {
  const found: EntryOf<'rule'>[] = [];
  for await (const { entries } of api.journal.read(JOURNAL_START, { follow: false })) {
    found.push(...entries.filter((entry) => entry.kind === 'rule'));
  }
  return found;
}

describe('rules', () => {
  it('live from POST over PUT to DELETE, each change a version in the journal that the next read sees', async () => {
    api = await testApi();
    const added = await api.json(PATH, post(RULE));
    expect([added.status, added.headers.get('location'), added.headers.get('etag')]).toEqual([
      201,
      `${PATH}/pm25-high`,
      '"1"',
    ]);
    expect(added.body).toEqual({ id: 'pm25-high', version: 1, rule: RULE, source: 'api' });
    expect((await api.json(`${PATH}/pm25-high`)).body).toEqual(added.body);
    expect((await api.json(PATH)).body).toEqual({ items: [added.body], next: null });

    const changed = await api.json(`${PATH}/pm25-high`, put({ ...RULE, severity: 'minor' }, { 'if-match': '"1"' }));
    expect([changed.status, changed.body.version, changed.body.rule.severity]).toEqual([200, 2, 'minor']);
    expect((await api.json(`${PATH}/pm25-high`)).headers.get('etag')).toBe('"2"');

    expect((await api.json(`${PATH}/pm25-high`, remove())).status).toBe(204);
    expect((await api.json(`${PATH}/pm25-high`)).status).toBe(404);
    expect((await api.json(PATH)).body.items).toEqual([]);

    // A deleted id that comes back goes on counting.
    expect((await api.json(`${PATH}/pm25-high`, put(RULE))).body.version).toBe(4);
    const versions = (await journalled()).map(({ payload }) => [
      payload.version,
      payload.rule === null,
      payload.source,
    ]);
    expect(versions).toEqual([[1, false, 'api'], [2, false, 'api'], [3, true, 'api'], [4, false, 'api']]); // prettier-ignore
  });

  it('may be of every kind that is documented', async () => {
    api = await testApi();
    for (const { rule } of ruleVersionExamples) {
      const { status, body } = await api.json(PATH, post(rule));
      expect([status, body.rule]).toEqual([201, rule]);
    }
    const both = { ...RULE, id: 'both', when: { ...RULE.when, absent: { missed: 3 } } };
    const { status, body } = await api.json(PATH, post(both));
    expect([status, body.issues.map(({ path }) => path)]).toEqual([400, expect.arrayContaining(['when.aggregate'])]);
  });

  it('takes the id from the path where the body has none, and refuses another', async () => {
    api = await testApi();
    const { id: _, ...anonymous } = RULE;
    expect((await api.json(`${PATH}/mine`, put(anonymous))).status).toBe(201);
    const { status, body } = await api.json(`${PATH}/mine`, put(RULE));
    expect([status, body.detail]).toEqual([400, expect.stringContaining('"pm25-high"')]);
  });

  it('names each fault of a rule', async () => {
    api = await testApi();
    const { status, body } = await api.json(PATH, post({ ...RULE, severity: 'grave', colour: 'red' }));
    expect([status, body.type]).toEqual([400, 'urn:seawall:problem:invalid-rule']);
    expect(body.issues.map((issue) => issue.path).sort()).toEqual(['colour', 'severity']);
    for (const nonsense of ['[]', '3', 'null', '"x"']) expect((await api.json(PATH, post(nonsense))).status).toBe(400);
    expect(await journalled()).toEqual([]);
  });

  it('refuses what is deeper than any recursion goes as any other fault', async () => {
    api = await testApi();
    const depth = 30_000;
    const fields = Object.keys({ ...RULE, colour: 'red' });
    for (const deep of ['['.repeat(depth) + ']'.repeat(depth), '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)]) {
      for (const field of fields) {
        const body = JSON.stringify({ ...RULE, [field]: 0 }).replace(`"${field}":0`, `"${field}":${deep}`);
        expect([field, (await api.json(PATH, post(body))).status]).toEqual([field, 400]);
        expect([field, (await api.json(`${PATH}/${RULE.id}`, put(body))).status]).toEqual([field, 400]);
      }
    }
  });

  it('refuses to add an id twice, to change what is not there, and to change what has changed', async () => {
    api = await testApi();
    await api.json(PATH, post(RULE));
    expect((await api.json(PATH, post(RULE))).status).toBe(409);
    expect((await api.json(`${PATH}/nobody`, remove())).status).toBe(404);
    expect((await api.json(`${PATH}/pm25-high`, put(RULE, { 'if-match': '"7"' }))).status).toBe(412);
    expect((await api.json(`${PATH}/pm25-high`, remove({ 'if-match': '"7"' }))).status).toBe(412);
    expect((await api.json(`${PATH}/new`, put({ ...RULE, id: 'new' }, { 'if-match': '*' }))).status).toBe(412);
    expect((await api.json(`${PATH}/pm25-high`, put(RULE, { 'if-match': '*' }))).status).toBe(200);
    expect(await journalled()).toHaveLength(2);
  });

  it('only adds where If-None-Match says so', async () => {
    api = await testApi();
    const path = `${PATH}/pm25-high`;
    expect((await api.json(path, put(RULE, { 'if-none-match': '*' }))).status).toBe(201);
    for (const tags of ['*', '"1"', '"7", W/"1"']) {
      const { status, body } = await api.json(path, put({ ...RULE, severity: 'minor' }, { 'if-none-match': tags }));
      expect([status, body.type]).toEqual([412, 'urn:seawall:problem:precondition-failed']);
    }
    expect((await api.json(path)).body).toMatchObject({ version: 1, rule: { severity: RULE.severity } });
    expect((await api.json(path, put(RULE, { 'if-none-match': '"7"' }))).status).toBe(200);
    await api.json(path, remove());
    expect((await api.json(path, put(RULE, { 'if-none-match': '*' }))).status).toBe(201);
  });

  it('leaves the rules of files to their files', async () => {
    api = await testApi();
    await api.journal.append([
      { kind: 'rule', origin: 'live', payload: { id: 'pm25-high', version: 1, rule: RULE, source: 'file:air.yaml' } },
    ]);
    await api.catchUp();
    for (const init of [put(RULE), remove()]) {
      const { status, body } = await api.json(`${PATH}/pm25-high`, init);
      expect([status, body.detail]).toEqual([
        409,
        'The rule "pm25-high" is kept in the file air.yaml; change it there.',
      ]);
    }
    expect((await api.json(PATH, post(RULE))).status).toBe(409);
  });

  it('gives each of many changes at one time a version of its own', async () => {
    const journal = createMemoryJournal();
    const append = journal.append.bind(journal);
    journal.append = async (drafts) => {
      // As slow as a disk: everybody who does not wait has read the version by now.
      for (let i = 0; i < 100; i++) await new Promise(setImmediate);
      return append(drafts);
    };
    api = await testApi({ journal });
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.json(`${PATH}/pm25-high`, put(RULE))));
    expect(answers.map(({ body }) => body.version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each([
    ['never passes', () => new Promise<void>(() => undefined)],
    ['says it has not passed', async () => false],
    ['fails', () => Promise.reject(new Error('stopping'))],
  ])('answers 202 when the engine %s, and goes on counting from what is in the journal', async (_name, applied) => {
    api = await testApi({ applied, limits: { appliedMs: 20 } });
    expect((await api.json(PATH, post(RULE))).status).toBe(202);
    expect((await api.json(`${PATH}/pm25-high`)).body.version).toBe(1);
    const { status, body } = await api.json(`${PATH}/pm25-high`, put(RULE));
    expect([status, body.version]).toEqual([202, 2]);
    expect((await api.json(`${PATH}/pm25-high`, remove())).status).toBe(202);
    expect((await api.json(`${PATH}/pm25-high`)).status).toBe(404);
    expect((await journalled()).map(({ payload }) => payload.version)).toEqual([1, 2, 3]);
  });

  it('keeps a bounded number', async () => {
    api = await testApi({ limits: { rules: 1 } });
    expect((await api.json(PATH, post(RULE))).status).toBe(201);
    expect((await api.json(PATH, post({ ...RULE, id: 'two' }))).status).toBe(409);
    expect((await api.json(`${PATH}/two`, put({ ...RULE, id: 'two' }))).status).toBe(409);
    expect((await api.json(`${PATH}/pm25-high`, put(RULE))).status).toBe(200);
  });

  it('answers 503 and changes nothing while the journal can not be written', async () => {
    const journal = createMemoryJournal();
    journal.append = () => Promise.reject(new JournalUnavailableError('The disk is full.'));
    api = await testApi({ journal });
    const { status, headers, body } = await api.json(PATH, post(RULE));
    expect([status, headers.get('retry-after'), body.detail]).toEqual([503, '5', 'The disk is full.']);
    expect((await api.json(`${PATH}/pm25-high`)).status).toBe(404);
  });
});
