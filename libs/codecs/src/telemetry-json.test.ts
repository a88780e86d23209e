import { describe, expect, it, jest } from '@jest/globals';
import { REJECTION_REASONS, SAMPLE_LENGTH } from '@seawall/model';
import fc from 'fast-check';
import {
  decodeSubmission,
  decodeTelemetry,
  type Fault,
  type ReadingSink,
  type Refusal,
  type TelemetryLimits,
} from './index.ts';

const ARRIVAL = Date.UTC(2026, 8, 21);
const TS = ARRIVAL - 60_000;
const LIMITS: TelemetryLimits = { maxReadings: 1000, maxDepth: 8, maxAheadMs: 300_000 };

class Recorder implements ReadingSink {
  readonly readings: [metric: string, eventTime: number, value: number][] = [];
  readonly refuses: Readonly<Record<string, Refusal>>;

  constructor(refuses: Readonly<Record<string, Refusal>> = {}) {
    this.refuses = refuses;
  }

  reading(metric: string, eventTime: number, value: number): Refusal | undefined {
    if (Object.hasOwn(this.refuses, metric)) return this.refuses[metric];
    this.readings.push([metric, eventTime, value]);
    return undefined;
  }

  stateNumber(metric: string, name: string): number | undefined {
    return metric === 'door' && name === 'open' ? 1 : undefined;
  }
}

function decode(
  payload: string | Uint8Array,
  limits = LIMITS,
  sink = new Recorder(),
): { readings: Recorder['readings']; faults: readonly Fault[] } {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const faults = decodeTelemetry(bytes, ARRIVAL, limits, sink);
  return { readings: sink.readings, faults };
}

const reasons = (faults: readonly Fault[]) => faults.map(({ reason, pointer }) => [reason, pointer]);

describe('the four shapes', () => {
  it.each([
    ['an object with values', `{"ts":${TS},"values":{"pm25":12.1,"pm10":30}}`],
    ['an array of these', `[{"ts":${TS},"values":{"pm25":12.1}},{"ts":${TS},"values":{"pm10":30}}]`],
    ['a flat object', `{"ts":${TS},"pm25":12.1,"pm10":30}`],
    ['an array of flat objects', `[{"ts":${TS},"pm25":12.1},{"ts":${TS},"pm10":30}]`],
    ['a mixed array', `[{"pm25":12.1,"ts":${TS}},{"values":{"pm10":30},"ts":${TS}}]`],
  ])('%s', (_name, payload) => {
    expect(decode(payload)).toEqual({
      readings: [
        ['pm25', TS, 12.1],
        ['pm10', TS, 30],
      ],
      faults: [],
    });
  });

  it('takes the time of arrival without a ts, or with null', () => {
    expect(decode('{"pm25":1}').readings).toEqual([['pm25', ARRIVAL, 1]]);
    expect(decode('{"ts":null,"values":{"pm25":1}}').readings).toEqual([['pm25', ARRIVAL, 1]]);
  });

  it('passes over fields beside ts and values that it does not know', () => {
    expect(decode('{"values":{"pm25":1},"sequence":7}')).toEqual({ readings: [['pm25', ARRIVAL, 1]], faults: [] });
  });
});

describe('time', () => {
  it.each([
    ['epoch milliseconds', TS, TS],
    ['fractions, kept to the microsecond', TS + 0.125, TS + 0.125],
    ['RFC 3339 in UTC', '2026-09-20T23:59:00Z', TS],
    ['RFC 3339 with an offset', '2026-09-21T07:59:00.5+08:00', TS + 500],
    ['the first moment of 1971', 31_536_000_000, 31_536_000_000],
    ['just not too far ahead', ARRIVAL + 300_000, ARRIVAL + 300_000],
  ])('%s', (_name, ts, expected) => {
    const [reading] = decode(JSON.stringify({ ts, values: { a: 1 } })).readings;
    expect(reading?.[1]).toBeCloseTo(expected, 3);
  });

  it.each([
    ['epoch-seconds', Math.floor(TS / 1000)],
    ['epoch-seconds', 31_536_000],
    ['bad-time', 31_535_999],
    ['bad-time', TS * 1000],
    ['bad-time', -1],
    ['bad-time', 0],
    ['bad-time', 'yesterday'],
    ['bad-time', '2026-02-30T00:00:00Z'],
    ['bad-time', '1969-01-01T00:00:00Z'],
    ['bad-time', String(TS)],
    ['bad-time', true],
    ['bad-time', { sec: 1 }],
    ['bad-time', [TS]],
    ['too-far-ahead', ARRIVAL + 300_001],
  ])('refuses as %s: %j', (reason, ts) => {
    expect(reasons(decode(JSON.stringify({ ts, values: { a: 1 } })).faults)).toEqual([[reason, '/ts']]);
    expect(reasons(decode(JSON.stringify([{ a: 1 }, { ts, a: 1 }])).faults)).toEqual([[reason, '/1/ts']]);
  });

  it.each([
    ['2026-09-21T08:00:00', /with a zone/],
    [String(TS), /as a number/],
  ])('tells what is missing in %j', (ts, detail) => {
    expect(decode(JSON.stringify({ ts, values: { a: 1 } })).faults[0]?.detail).toMatch(detail);
  });

  it('tells what epoch seconds would be in milliseconds', () => {
    expect(decode('{"ts":1790000000,"a":1}').faults[0]?.detail).toContain('1790000000000');
  });

  it('refuses a ts beyond the range of a float', () => {
    expect(reasons(decode('{"ts":1e999,"a":1}').faults)).toEqual([['bad-time', '/ts']]);
  });
});

describe('values', () => {
  it('joins nested keys, takes booleans as 0 and 1, null as no reading and declared text as its number', () => {
    const payload = '{"motor":{"bearing":{"temp":61},"on":true},"off":false,"gone":null,"door":"open"}';
    expect(decode(payload)).toEqual({
      readings: [
        ['motor.bearing.temp', ARRIVAL, 61],
        ['motor.on', ARRIVAL, 1],
        ['off', ARRIVAL, 0],
        ['door', ARRIVAL, 1],
      ],
      faults: [],
    });
  });

  it('tells good and bad readings of one message apart', () => {
    const { readings, faults } = decode('{"values":{"a":1,"b":"text","c":1e999,"d":[1],"e~/f":{"":2},"g":3}}');
    expect(readings).toEqual([
      ['a', ARRIVAL, 1],
      ['g', ARRIVAL, 3],
    ]);
    expect(reasons(faults)).toEqual([
      ['undeclared-text', '/values/b'],
      ['not-a-number', '/values/c'],
      ['not-a-number', '/values/d'],
      ['bad-name', '/values/e~0~1f/'],
    ]);
    expect(faults.map(({ sample }) => sample)).toEqual(['"text"', 'Infinity', '[1]', '""']);
  });

  it.each(['timestamp', 'meta.time', 'date', 'ts'])(
    'tells where the time goes when it comes as the text of %j',
    (key) => {
      const { faults } = decode(JSON.stringify({ values: { a: 1, [key]: '2026-09-21T08:00:00Z' } }));
      expect(faults).toMatchObject([{ reason: 'undeclared-text', detail: expect.stringContaining('name it "ts"') }]);
      expect(decode('{"uptime":"long"}').faults[0]?.detail).not.toContain('"ts"');
    },
  );

  it('tells of a number that stands in quotes', () => {
    const details = (value: string) => decode(JSON.stringify({ pm25: value })).faults.map(({ detail }) => detail);
    for (const text of ['12.1', ' -3 ', '1e3'])
      expect([text, details(text)]).toEqual([text, [expect.stringContaining('stands in quotes')]]);
    for (const text of ['high', '', '12.1 ug', '1.2.3'])
      expect([text, details(text)]).toEqual([text, [expect.stringContaining('declare "states"')]]);
  });

  it('says why the sink took a reading not', () => {
    const sink = new Recorder({ b: { reason: 'too-many-series', detail: 'Enough.' } });
    const { readings, faults } = decode('{"a":1,"b":2}', LIMITS, sink);
    expect(readings).toEqual([['a', ARRIVAL, 1]]);
    expect(faults).toEqual([{ reason: 'too-many-series', detail: 'Enough.', pointer: '/b', sample: '2' }]);
  });

  it('keeps what fits into the bound on readings and refuses the rest once', () => {
    const payload = JSON.stringify(Array.from({ length: 10 }, (_, i) => ({ ts: TS + i, a: i, b: 'x' })));
    const { readings, faults } = decode(payload, { ...LIMITS, maxReadings: 5 });
    expect(readings).toHaveLength(3);
    expect(reasons(faults)).toEqual([
      ['undeclared-text', '/0/b'],
      ['undeclared-text', '/1/b'],
      ['too-many-readings', '/2/b'],
    ]);
  });

  it('takes exactly as many readings as are allowed', () => {
    const { readings, faults } = decode('{"a":1,"b":2,"c":3}', { ...LIMITS, maxReadings: 3 });
    expect([readings.length, faults.length]).toEqual([3, 0]);
  });

  it('takes names of eight parts and refuses nine', () => {
    const nest = (parts: number) => `${'{"a":'.repeat(parts)}1${'}'.repeat(parts)}`;
    expect(decode(nest(8)).readings).toEqual([['a.a.a.a.a.a.a.a', ARRIVAL, 1]]);
    expect(reasons(decode(nest(9)).faults)).toEqual([['too-deep', '/a/a/a/a/a/a/a/a']]);
  });

  it('takes the last of a key that stands twice', () => {
    expect(decode('{"a":1,"a":2}').readings).toEqual([['a', ARRIVAL, 2]]);
  });

  it('takes names of the prototype as any other, and changes no prototype', () => {
    const { readings, faults } = decode('{"__proto__":{"x":1},"constructor":2,"toString":3,"hasOwnProperty":4}');
    expect(faults).toEqual([]);
    expect(readings.map(([metric]) => metric)).toEqual(['__proto__.x', 'constructor', 'toString', 'hasOwnProperty']);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('messages that hold nothing usable', () => {
  const long = 'x'.repeat(200);
  it.each<[string, string | Uint8Array, string, string]>([
    ['an empty payload', '', 'malformed-json', ''],
    ['half an object', '{"a":1', 'malformed-json', ''],
    ['bare words', '{a:1}', 'malformed-json', ''],
    ['NaN', '{"a":NaN}', 'malformed-json', ''],
    ['Infinity', '{"a":-Infinity}', 'malformed-json', ''],
    ['a trailing comma', '{"a":1,}', 'malformed-json', ''],
    ['two documents', '{"a":1}{"a":2}', 'malformed-json', ''],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'malformed-json', ''],
    ['raw control characters', '{"a\u0001":1}', 'malformed-json', ''],
    ['binary', Buffer.from([0, 1, 2, 255]), 'malformed-json', ''],
    ['a number', '12.1', 'wrong-shape', ''],
    ['a text', '"a"', 'wrong-shape', ''],
    ['null', 'null', 'wrong-shape', ''],
    ['an array of arrays', '[[1]]', 'wrong-shape', '/0'],
    ['values that are an array', '{"values":[1]}', 'wrong-shape', '/values'],
    ['values that are a number', '{"values":1}', 'wrong-shape', '/values'],
    ['an empty object', '{}', 'nothing-usable', ''],
    ['an empty array', '[]', 'nothing-usable', ''],
    ['empty values', `{"ts":${TS},"values":{}}`, 'nothing-usable', ''],
    ['nulls', '{"a":null,"b":{"c":null}}', 'nothing-usable', ''],
    ['an over-long name', `{"${long}":1}`, 'bad-name', `/${long}`],
    ['an over-long joined name', `{"a":{"${'y'.repeat(127)}":1}}`, 'bad-name', `/a/${'y'.repeat(127)}`],
    ['a control character in a name', '{"a\\u0000":1}', 'bad-name', '/a\u0000'],
    ['a name that is not NFC', '{"e\u0301":1}', 'bad-name', '/e\u0301'],
    ['half a surrogate pair in a name', '{"\\ud800":1}', 'bad-name', '/\ud800'],
    ['an empty name', '{"":1}', 'bad-name', '/'],
  ])('%s', (_name, payload, reason, pointer) => {
    const { readings, faults } = decode(payload);
    expect(readings).toEqual([]);
    expect(reasons(faults)).toEqual([[reason, pointer]]);
  });

  it('is refused unparsed where it is long and deeper than anything that means something', () => {
    const parse = jest.spyOn(JSON, 'parse');
    const deepArrays = `${'['.repeat(500_000)}${']'.repeat(500_000)}`;
    const deepObjects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const spaced = `{"b":1,"a":${'[ "]" ,\n'.repeat(40_000)}1${']'.repeat(40_000)}}`;
    for (const payload of [deepArrays, deepObjects, spaced, '['.repeat(500_000)])
      expect(reasons(decode(payload).faults)).toEqual([['too-deep', '']]);
    const { length: parsed } = parse.mock.calls;
    parse.mockRestore();
    expect(parsed).toBe(0);
  });

  it('keeps the good readings beside what is deep, up to a thousand levels', () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const { readings, faults } = decode(`{"a":${deep(999)},"b":1,"c":"${'x'.repeat(300_000)}"}`);
    expect(readings).toEqual([['b', ARRIVAL, 1]]);
    expect(reasons(faults)).toEqual([
      ['not-a-number', '/a'],
      ['undeclared-text', '/c'],
    ]);
    expect(reasons(decode(`{"a":${deep(1_000)},"b":1,"c":"${'x'.repeat(300_000)}"}`).faults)).toEqual([
      ['too-deep', ''],
    ]);
  });

  it('survives what is short and deep', () => {
    expect(reasons(decode('['.repeat(16_000)).faults)).toEqual([['malformed-json', '']]);
    expect(reasons(decode(`{"a":${'['.repeat(8_000)}${']'.repeat(8_000)}}`).faults)).toEqual([['not-a-number', '/a']]);
    const deepObjects = `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`;
    expect(decode(deepObjects).faults[0]?.reason).toBe('too-deep');
  });

  it('keeps the faults of a megabyte of rubbish bounded', () => {
    const { faults } = decode(`[${'"x",'.repeat(250_000)}1]`);
    expect(faults).toHaveLength(LIMITS.maxReadings + 1);
    const text = decode(JSON.stringify({ a: 'x'.repeat(1_000_000) })).faults;
    expect(text[0]?.sample.length).toBeLessThanOrEqual(SAMPLE_LENGTH);
  });
});

describe('whatever comes', () => {
  const byteArrays = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ ts: TS, values: value }))),
    fc.array(fc.dictionary(fc.string(), fc.jsonValue())).map((value) => Buffer.from(JSON.stringify(value))),
  );

  it('throws nothing, and gives finite readings with good times, or a fault that can be sent', () => {
    fc.assert(
      fc.property(byteArrays, (payload) => {
        const { readings, faults } = decode(payload);
        for (const [metric, time, value] of readings) {
          expect(metric.length).toBeGreaterThan(0);
          expect(metric.length).toBeLessThanOrEqual(128);
          expect(Number.isFinite(time) && Number.isFinite(value)).toBe(true);
        }
        for (const fault of faults) {
          expect(REJECTION_REASONS).toContain(fault.reason);
          expect(fault.pointer === '' || fault.pointer.startsWith('/')).toBe(true);
          expect(fault.sample.length).toBeLessThanOrEqual(SAMPLE_LENGTH);
          expect(fault.detail).toMatch(/\S.*\.$/su);
        }
        expect(readings.length + faults.length).toBeGreaterThan(0);
      }),
    );
  });

  it('gives every reading of a good message, in order', () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/).filter((name) => name !== 'ts' && name !== 'values');
    const values = fc.dictionary(names, fc.double({ noNaN: true, noDefaultInfinity: true }), { minKeys: 1 });
    const element = fc.record({ ts: fc.integer({ min: 31_536_000_000, max: ARRIVAL }), values, wrapped: fc.boolean() });
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 20 }), (elements) => {
        const payload = elements.map((e) => (e.wrapped ? { ts: e.ts, values: e.values } : { ...e.values, ts: e.ts }));
        const expected = elements.flatMap((e) =>
          Object.entries(e.values).map(([metric, value]) => [metric, e.ts, value]),
        );
        const text = JSON.stringify(payload);
        // JSON has no -0.
        expect(decode(text)).toEqual({ readings: expected.map(([m, t, v]) => [m, t, v === 0 ? 0 : v]), faults: [] });
      }),
    );
  });
});

describe('an HTTP body', () => {
  function submit(payload: string, subject: { domain?: string; device?: string } = {}) {
    const sinks = new Map<string, Recorder>();
    const faults = decodeSubmission(Buffer.from(payload), subject, ARRIVAL, LIMITS, (domain, device) => {
      if (domain === 'hub') return { reason: 'reserved-topic', detail: 'No.' };
      const key = `${domain}/${device}`;
      return sinks.get(key) ?? sinks.set(key, new Recorder()).get(key)!;
    });
    return { readings: Object.fromEntries([...sinks].map(([key, sink]) => [key, sink.readings])), faults };
  }

  it('names its devices element by element', () => {
    const body = [
      { domain: 'environment', device: 'aq-1', ts: TS, values: { pm25: 1 } },
      { domain: 'traffic', device: 'ld-1', values: { speed: 2 } },
      { domain: 'environment', device: 'aq-1', ts: TS + 1, values: { pm25: 3 } },
    ];
    expect(submit(JSON.stringify(body))).toEqual({
      readings: {
        'environment/aq-1': [
          ['pm25', TS, 1],
          ['pm25', TS + 1, 3],
        ],
        'traffic/ld-1': [['speed', ARRIVAL, 2]],
      },
      faults: [],
    });
    expect(submit(JSON.stringify(body[0])).readings).toEqual({ 'environment/aq-1': [['pm25', TS, 1]] });
  });

  it('takes every shape when the request names domain and device', () => {
    const subject = { domain: 'environment', device: 'aq-1' };
    for (const body of ['{"pm25":1}', '[{"pm25":1}]', '{"values":{"pm25":1}}', '[{"values":{"pm25":1}}]']) {
      expect(submit(body, subject)).toEqual({ readings: { 'environment/aq-1': [['pm25', ARRIVAL, 1]] }, faults: [] });
    }
  });

  it('lets an element name what the request names for the others', () => {
    const body = '[{"values":{"a":1}},{"device":"aq-2","values":{"a":2}}]';
    const { readings } = submit(body, { domain: 'environment', device: 'aq-1' });
    expect(readings).toEqual({ 'environment/aq-1': [['a', ARRIVAL, 1]], 'environment/aq-2': [['a', ARRIVAL, 2]] });
  });

  it('has each fault say whom its element is of, and what is of no one element of nobody', () => {
    const z1 = { domain: 'd', device: 'z1', values: { a: 1, b: 'high' } };
    const subjects = (body: unknown) => submit(JSON.stringify(body)).faults.map(({ subject }) => subject);
    const ofZ1 = { domain: 'd', device: 'z1' };
    expect(subjects(z1)).toEqual([ofZ1]);
    expect(subjects([z1, { ...z1, domain: 5 }, { ...z1, domain: 'hub' }, 'x'])).toEqual([
      ofZ1,
      { device: 'z1' },
      { domain: 'hub', device: 'z1' },
      undefined,
    ]);
    const empty = { ...z1, values: {} };
    expect([subjects(empty), subjects([empty]), subjects([empty, empty])]).toEqual([[ofZ1], [ofZ1], [undefined]]);
  });

  it('refuses elements that nobody names, one by one', () => {
    const body =
      '[{"values":{"a":1}},{"domain":"hub","device":"x","values":{"a":1}},{"a":1},{"domain":"d","device":"x","values":{"a":1}}]';
    const { readings, faults } = submit(body);
    expect(readings).toEqual({ 'd/x': [['a', ARRIVAL, 1]] });
    expect(reasons(faults)).toEqual([
      ['wrong-shape', '/0'],
      ['reserved-topic', '/1'],
      ['wrong-shape', '/2'],
    ]);
  });

  it('refuses a body that is no JSON', () => {
    expect(reasons(submit('pm25=1').faults)).toEqual([['malformed-json', '']]);
  });
});
