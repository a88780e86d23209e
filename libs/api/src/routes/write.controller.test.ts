import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Rejection } from '@seawall/model';
import { JournalUnavailableError, KeyReusedError, OverloadedError } from '@seawall/ports';
import type { TestApi } from '../test-api.ts';
import { NOW, post, testApi } from '../test-api.ts';

const PATH = '/api/v2/write';
const LINE = 'environment,device=aq-7 pm25=12.1 1790000000000000000';

const rejection = (changes: Partial<Rejection> = {}): Rejection => ({
  reason: 'not-a-number',
  detail: 'The value is no number, boolean or text.',
  topic: 'POST /api/v2/write',
  pointer: '/3/temp~1out',
  receivedAt: NOW,
  sample: 'temp/out=warm',
  ...changes,
});

let api: TestApi;
afterEach(() => api.close());

describe('POST /api/v2/write', () => {
  it('hands the raw body with its precision to the acceptance, and answers 204 with no body', async () => {
    api = await testApi();
    const answer = await api.fetch(`${PATH}?org=o&bucket=b&precision=ms`, post(LINE, { 'idempotency-key': 'k' }));
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    const { body, ...place } = api.submissions[0]!;
    expect(Buffer.from(body).toString()).toBe(LINE);
    expect(place).toEqual({
      source: 'POST /api/v2/write',
      origin: 'live',
      linePrecision: 'ms',
      sender: 'http:',
      idempotencyKey: 'k',
    });
  });

  it.each([
    ['', 'ns'],
    ['?precision=', 'ns'],
    ['?precision=ns', 'ns'],
    ['?precision=us', 'us'],
    ['?precision=s', 's'],
  ])('reads the precision of %j as %s', async (query, precision) => {
    api = await testApi();
    expect((await api.fetch(PATH + query, post(LINE))).status).toBe(204);
    expect(api.submissions[0]!.linePrecision).toBe(precision);
  });

  it.each(['u', 'µs', 'n', 'm', 'NS', 'auto'])('refuses the precision "%s", as InfluxDB 2 does', async (precision) => {
    api = await testApi();
    const { status, body } = await api.json(`${PATH}?precision=${encodeURIComponent(precision)}`, post(LINE));
    expect([status, body]).toEqual([
      400,
      { code: 'invalid', message: `invalid precision "${precision}"; there are ns, us, ms and s` },
    ]);
    expect(api.submissions).toHaveLength(0);
  });

  it('refuses a parameter it does not know by name, since one misspelt changes what is written', async () => {
    api = await testApi();
    const { status, body } = await api.json(`${PATH}?precison=s`, post(LINE));
    expect([status, body.message]).toEqual([400, expect.stringContaining('"precison"')]);
  });

  it('inflates gzip', async () => {
    api = await testApi();
    const init = { method: 'POST', body: gzipSync(LINE), headers: { 'content-encoding': 'gzip' } };
    expect((await api.fetch(PATH, init)).status).toBe(204);
    expect(Buffer.from(api.submissions[0]!.body).toString()).toBe(LINE);
    const broken = await api.json(PATH, post(LINE, { 'content-encoding': 'gzip' }));
    expect([broken.status, broken.body.code]).toEqual([400, 'invalid']);
  });

  it('tells of a partial write where the first fault is, and how many lines were dropped', async () => {
    const errors = [rejection(), rejection({ pointer: '/4' })];
    api = await testApi({
      receipt: async () => ({ accepted: 2, rejected: 2, errors, lines: { count: 4, dropped: 1 } }),
    });
    const { status, body, headers } = await api.json(PATH, post(LINE));
    expect([status, headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
    expect(body).toEqual({
      code: 'invalid',
      message:
        'partial write: line 3, field temp/out: The value is no number, boolean or text. And 1 more; GET /api/v1/rejections has all. dropped=1',
    });
  });

  it('names a line only where the pointer is one', async () => {
    const answers: string[] = [];
    for (const pointer of ['/2', '/labels', '']) {
      const errors = [rejection({ pointer })];
      api = await testApi({
        receipt: async () => ({ accepted: 2, rejected: 1, errors, lines: { count: 2, dropped: 0 } }),
      });
      const { body } = await api.json(PATH, post(LINE));
      answers.push(String(body.message).split(': The')[0]!);
      await api.close();
    }
    expect(answers).toEqual(['partial write: line 2', 'partial write', 'partial write']);
  });

  it('keeps the answer within what clients read of it, whatever the names', async () => {
    const errors = [rejection({ pointer: `/1/${'"'.repeat(60_000)}`, detail: '"'.repeat(5000) })];
    api = await testApi({
      receipt: async () => ({ accepted: 0, rejected: 1, errors, lines: { count: 1, dropped: 1 } }),
    });
    const answer = await api.fetch(PATH, post(LINE));
    const text = await answer.text();
    expect(text.length).toBeLessThan(1000);
    expect((JSON.parse(text) as { message: string }).message).toMatch(/^partial write: line 1.* dropped=1$/);
  });

  it('answers 413 when there were too many readings, so that a client sends them in parts', async () => {
    const errors = [rejection({ reason: 'too-many-readings', pointer: '/9' })];
    api = await testApi({
      receipt: async () => ({ accepted: 8, rejected: 1, errors, lines: { count: 9, dropped: 1 } }),
    });
    const { status, body } = await api.json(PATH, post(LINE));
    expect([status, body.code]).toEqual([413, 'request too large']);
  });

  it('answers a body without lines 400', async () => {
    const errors = [rejection({ reason: 'nothing-usable', pointer: '', detail: 'The message holds no line.' })];
    api = await testApi({
      receipt: async () => ({ accepted: 0, rejected: 1, errors, lines: { count: 0, dropped: 0 } }),
    });
    expect(await api.json(PATH, post(''))).toMatchObject({
      status: 400,
      body: { code: 'invalid', message: 'The message holds no line.' },
    });
  });

  it('bounds the body, and keeps a rejection of it', async () => {
    api = await testApi({ limits: { telemetryBytes: 100 } });
    const { status, body } = await api.json(PATH, post('x'.repeat(101)));
    expect([status, body.code]).toEqual([413, 'request too large']);
    await api.catchUp();
    const kept = await api.json('/api/v1/rejections?reason=too-large');
    expect(kept.body.items).toHaveLength(1);
    expect(kept.body.items[0]).toMatchObject({ topic: 'POST /api/v2/write' });
  });

  it.each([
    [new OverloadedError('More is held than the disk can take in.', 7), 429, '7', 'too many requests'],
    [new JournalUnavailableError('The disk is full.'), 503, '5', 'unavailable'],
    [new KeyReusedError('The key came with another body.'), 422, null, 'unprocessable entity'],
    [new Error('a secret'), 500, null, 'internal error'],
  ])('answers what the acceptance throws in the shape of InfluxDB (%#)', async (error, status, retryAfter, code) => {
    api = await testApi({ receipt: () => Promise.reject(error) });
    const answer = await api.json(PATH, post(LINE));
    expect([answer.status, answer.headers.get('retry-after'), answer.body.code]).toEqual([status, retryAfter, code]);
    expect(Object.keys(answer.body)).toEqual(['code', 'message']);
    expect(answer.body.message).not.toContain('secret');
  });

  it('answers strangers 401 in the shape of InfluxDB, and takes Token, Bearer and Basic', async () => {
    const token = 'a-long-token';
    api = await testApi({ token });
    const stranger = await api.json(PATH, post(LINE));
    expect([stranger.status, stranger.body.code, typeof stranger.body.message]).toEqual([
      401,
      'unauthorized',
      'string',
    ]);
    const basic = `Basic ${Buffer.from(`telegraf:${token}`).toString('base64')}`;
    for (const authorization of [`Token ${token}`, `Bearer ${token}`, basic]) {
      expect((await api.fetch(PATH, post(LINE, { authorization }))).status).toBe(204);
    }
    expect(api.submissions.map(({ sender }) => sender)).toEqual(['http:', 'http:', 'http:telegraf']);
  });

  it('refuses another method by name', async () => {
    api = await testApi();
    expect(await api.json(PATH)).toMatchObject({ status: 501, body: { code: 'not implemented' } });
  });
});
