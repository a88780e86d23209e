import { describe, expect, it } from '@jest/globals';
import { hubAddress } from './hub-address.ts';
import { problemText } from './http-client.ts';
import { queryDocument } from './query-document.ts';

describe('queryDocument', () => {
  it('takes metrics with commas and repeated, and the defaults', () => {
    expect(queryDocument({ metric: ['pm25, no2', 'o3'] })).toEqual({
      metrics: ['pm25', 'no2', 'o3'],
      from: '-24h',
      to: 'now',
    });
  });

  it('gives --step auto the points it needs, and a step the mean', () => {
    expect(queryDocument({ metric: ['a'], step: 'auto' })).toMatchObject({
      step: 'auto',
      maxPoints: 300,
      aggregate: ['mean'],
    });
    expect(queryDocument({ metric: ['a'], step: 'auto', maxPoints: '50' })).toMatchObject({ maxPoints: 50 });
    expect(queryDocument({ metric: ['a'], step: '5m', aggregate: 'max,p95' })).toMatchObject({
      aggregate: ['max', 'p95'],
    });
  });

  it('reads conditions, numbers and times', () => {
    expect(
      queryDocument({
        metric: ['a'],
        where: ['device=aq-*,!aq-9', 'device=x'],
        fill: '0',
        limit: '10',
        from: '1790000000000',
      }),
    ).toMatchObject({ where: { device: ['aq-*', '!aq-9', 'x'] }, fill: 0, limit: 10, from: 1790000000000 });
  });

  it('reads areas, offsets and flags', () => {
    expect(queryDocument({ metric: ['a'], box: '113.5, 22.2,113.6,22.3', offset: '-7d', flags: true })).toMatchObject({
      area: { box: [113.5, 22.2, 113.6, 22.3] },
      offset: '-7d',
      flags: true,
    });
    expect(queryDocument({ metric: ['a'], circle: '-0.1,51.5,500' })).toMatchObject({
      area: { circle: { lat: 51.5, lon: -0.1, radiusM: 500 } },
    });
  });

  it.each([
    [{}, '--metric pm25'],
    [{ metric: ['a'], box: '1,2,3' }, '--box takes west,south,east,north, not "1,2,3"'],
    [{ metric: ['a'], circle: '1,2,' }, '--circle takes longitude,latitude,metres'],
    [{ metric: ['a'], box: '1,2,3,4', circle: '1,2,3' }, 'either --box or --circle'],
    [{ metric: ['a,'] }, '--metric takes names'],
    [{ metric: ['a'], limit: 'abc' }, '--limit takes a whole number above 0, not "abc"'],
    [{ metric: ['a'], limit: '' }, '--limit'],
    [{ metric: ['a'], maxPoints: '5' }, '--max-points goes with --step auto'],
    [{ metric: ['a'], step: 'auto', maxPoints: '0' }, '--max-points takes'],
    [{ metric: ['a'], where: ['device'] }, '--where takes label=value'],
  ])('refuses %j with a sentence', (flags, sentence) => {
    expect(() => queryDocument(flags)).toThrow(sentence);
  });
});

describe('hubAddress', () => {
  it('takes flags over variables over defaults', () => {
    expect(hubAddress({}, {})).toEqual({
      url: 'http://127.0.0.1:8080',
      mqttUrl: 'mqtt://127.0.0.1:1883',
      token: undefined,
    });
    const environment = { SEAWALL_URL: 'http://a:1/', SEAWALL_MQTT_URL: 'ws://b', SEAWALL_TOKEN: 't' };
    expect(hubAddress({}, environment)).toEqual({ url: 'http://a:1', mqttUrl: 'ws://b', token: 't' });
    expect(hubAddress({ url: 'https://c/hub/' }, environment).url).toBe('https://c/hub');
  });

  it.each([
    [{ url: 'localhost:8080' }, '--url takes an address such as http'],
    [{ url: 'mqtt://x' }, '--url takes'],
    [{ url: 'http://me:secret@x' }, 'SEAWALL_TOKEN'],
    [{ url: 'http://x/?a=1' }, '?a=1'],
    [{ mqttUrl: 'http://x' }, '--mqtt-url takes an address such as mqtt'],
  ])('refuses %j', (options, sentence) => {
    expect(() => hubAddress(options, {})).toThrow(sentence);
  });

  it('names the variable that is wrong', () => {
    expect(() => hubAddress({}, { SEAWALL_URL: 'nonsense' })).toThrow('SEAWALL_URL takes');
  });
});

describe('problemText', () => {
  it('says each thing once', () => {
    const issues = [{ field: 'step', message: 'No duration.' }];
    const text = JSON.stringify({ title: 'Not valid', detail: 'step: No duration.', issues });
    expect(problemText(text)).toBe('Not valid\n  step: No duration.');
    expect(problemText(JSON.stringify({ title: 'Not found', detail: 'No such.' }))).toBe('No such.');
    expect(problemText('<html>')).toBeUndefined();
  });
});
