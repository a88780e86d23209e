import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAttributes, descriptionFault, mergeDescription, type DevicePatch } from './index.ts';

const unitFault = (unit: string) => (unit === 'ug/m3' || unit === 'Cel' ? undefined : 'is not a UCUM unit');
const decode = (value: unknown) =>
  decodeAttributes(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), unitFault);

const WHOLE = {
  name: 'Station 1',
  type: 'air-quality',
  district: 'xiangzhou',
  site: 'roof',
  gateway: 'gw-1',
  labels: { vendor: 'acme' },
  location: { lat: 22.2, lon: 113.5 },
  interval: '60s',
  outOfService: false,
  metrics: { pm25: { unit: 'ug/m3', min: 0, max: 1000 }, door: { states: { '0': 'closed', '1': 'open' } } },
} as const;

describe('an attributes message', () => {
  it('is taken whole', () => {
    expect(decode(WHOLE)).toEqual({ patch: WHOLE, faults: [] });
  });

  it('passes over what it does not know', () => {
    expect(decode({ name: 'x', firmware: '1.2', location: { lat: 1, lon: 2, alt: 3 } })).toEqual({
      patch: { name: 'x', location: { lat: 1, lon: 2 } },
      faults: [],
    });
  });

  it.each([
    [{ name: 5 }, '/name'],
    [{ type: '' }, '/type'],
    [{ district: 'x'.repeat(129) }, '/district'],
    [{ site: 'a\u0000' }, '/site'],
    [{ labels: [] }, '/labels'],
    [{ labels: { a: 5 } }, '/labels/a'],
    [{ labels: { district: 'x' } }, '/labels/district'],
    [{ labels: { 'a/b': 'x\u0001' } }, '/labels/a~1b'],
    [{ location: { lat: 91, lon: 0 } }, '/location'],
    [{ location: [1, 2] }, '/location'],
    [{ interval: 'often' }, '/interval'],
    [{ interval: 60 }, '/interval'],
    [{ outOfService: 'no' }, '/outOfService'],
    [{ metrics: [] }, '/metrics'],
    [{ metrics: { pm25: 5 } }, '/metrics/pm25'],
    [{ metrics: { pm25: { unit: 'stone' } } }, '/metrics/pm25/unit'],
    [{ metrics: { pm25: { unit: 5 } } }, '/metrics/pm25/unit'],
    [{ metrics: { pm25: { min: '0' } } }, '/metrics/pm25/min'],
    [{ metrics: { door: { states: { open: 'x' } } } }, '/metrics/door/states/open'],
    [{ metrics: { door: { states: { '0': 1 } } } }, '/metrics/door/states/0'],
    [5, ''],
    [[], ''],
  ])('refuses %j, and uses its other fields', (bad, pointer) => {
    const { faults } = decode(bad);
    expect(faults.map((fault) => [fault.reason, fault.pointer])).toEqual([['bad-description', pointer]]);
    if (typeof bad !== 'object' || Array.isArray(bad)) return;
    expect(decode({ gateway: 'gw', ...bad }).patch).toMatchObject({ gateway: 'gw' });
  });

  it('leaves out a unit that is none, by its name and with what to write, and keeps the rest of its metric', () => {
    const { patch, faults } = decodeAttributes(
      Buffer.from('{"type":"weather","metrics":{"temperature":{"unit":"degF","max":120},"rain":{"unit":"mm"}}}'),
      (unit) => (unit === 'mm' ? undefined : 'is not a UCUM unit; write "[degF]"'),
    );
    expect(patch).toEqual({ type: 'weather', metrics: { temperature: { max: 120 }, rain: { unit: 'mm' } } });
    const detail =
      '"metrics/temperature/unit" is "degF", which is not a UCUM unit; write "[degF]". ' +
      'Without it the readings of "temperature" are stored as having no unit of their own.';
    expect(faults).toEqual([
      { reason: 'bad-description', detail, pointer: '/metrics/temperature/unit', sample: '"degF"' },
    ]);
  });

  it('says of a name that can not be kept whose name it is, in a whole sentence', () => {
    const details = decode({ labels: { domain: 'x' }, metrics: { '': {} } }).faults.map(({ detail }) => detail);
    expect(details[0]).toBe(
      '"labels/domain" can\'t be kept: the label\'s name is a field of its own or belongs to the hub.',
    );
    expect(details[1]).toMatch(/^"metrics\/" can't be kept: the metric's name /);
  });

  it('refuses keys that would change a prototype', () => {
    const { patch, faults } = decode('{"labels":{"__proto__":"x","a":"b"},"metrics":{"__proto__":{"unit":"Cel"}}}');
    expect(patch).toEqual({ labels: { a: 'b' } });
    expect(faults).toHaveLength(2);
    expect(Object.getPrototypeOf(patch!.labels)).toBe(Object.prototype);
  });

  it('holds nothing usable when it is empty, and says so', () => {
    expect(decode({}).faults[0]?.reason).toBe('nothing-usable');
    expect(decode('{').faults[0]?.reason).toBe('malformed-json');
  });

  it('throws nothing, whatever comes', () => {
    const fields = fc.constantFrom(...Object.keys(WHOLE), 'other', '__proto__');
    fc.assert(
      fc.property(fc.dictionary(fields, fc.jsonValue()), (value) => {
        const { patch, faults } = decode(value);
        expect(patch !== undefined || faults.length > 0).toBe(true);
        if (patch !== undefined) mergeDescription({}, patch);
      }),
    );
  });
});

describe('merging', () => {
  it('merges by key at every level', () => {
    const merged = mergeDescription(WHOLE, {
      name: 'Station one',
      labels: { owner: 'city' },
      metrics: { pm25: { max: 500 }, door: { states: { '2': 'ajar' } }, no2: { unit: 'ug/m3' } },
    });
    expect(merged).toEqual({
      ...WHOLE,
      name: 'Station one',
      labels: { vendor: 'acme', owner: 'city' },
      metrics: {
        pm25: { unit: 'ug/m3', min: 0, max: 500 },
        door: { states: { '0': 'closed', '1': 'open', '2': 'ajar' } },
        no2: { unit: 'ug/m3' },
      },
    });
  });

  it('deletes with null at every level', () => {
    const patch = decode({
      site: null,
      labels: { vendor: null },
      location: null,
      metrics: { door: null, pm25: { min: null } },
    }).patch!;
    const { site: _s, labels: _l, location: _lo, ...rest } = WHOLE;
    expect(mergeDescription(WHOLE, patch)).toEqual({ ...rest, metrics: { pm25: { unit: 'ug/m3', max: 1000 } } });
    expect(mergeDescription(WHOLE, { metrics: null, labels: null })).not.toHaveProperty('metrics');
  });

  it('changes neither of its arguments, and the same patch twice is the same as once', () => {
    const text = fc.option(fc.constantFrom('a', 'b'), { nil: null });
    const patches = fc.record<DevicePatch>(
      { name: text, district: text, labels: fc.dictionary(fc.constantFrom('x', 'y'), text) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(patches, patches, (first, second) => {
        const base = mergeDescription({}, first);
        const copy = structuredClone(base);
        const once = mergeDescription(base, second);
        expect(base).toEqual(copy);
        expect(mergeDescription(once, second)).toEqual(once);
      }),
    );
  });

  it.each([
    [{ metrics: { a: { min: 5, max: 1 } } }, 'above'],
    [{ metrics: { a: { states: { '0': 'x', '1': 'x' } } } }, 'same name'],
    [{ labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'x'])) }, 'at most 32'],
    [{ metrics: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`m${i}`, {}])) }, 'at most 1000'],
  ])('finds a description that can not be kept', (description, words) => {
    expect(descriptionFault(description)?.detail).toContain(words);
  });

  it('finds nothing wrong with a good one', () => {
    expect(descriptionFault(WHOLE)).toBeUndefined();
  });
});
