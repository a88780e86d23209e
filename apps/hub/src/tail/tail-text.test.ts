import { describe, expect, it } from '@jest/globals';
import type { Alert } from '@seawall/model';
import fc from 'fast-check';
import { paint } from '../paint.ts';
import { momentsOf } from './live-readings.ts';
import { EventParser } from './parse-events.ts';
import { printable } from './printable.ts';
import { tailText } from './tail-text.ts';

const plain = paint(false);
const stamp = Date.UTC(2026, 5, 1, 10, 15, 2);
const readings = { kind: 'readings', stamp, domain: 'environment', device: 'aq-1', eventTime: stamp } as const;
const value = (metric: string, number: number, unit: string | null = null, outOfRange = false) => ({
  metric,
  value: number,
  unit,
  outOfRange,
});

describe('tailText', () => {
  it('tells readings of now without their time', () => {
    const values = [value('pm25', 12.1, 'ug/m3'), value('no2', 0.1 + 0.2)];
    expect(tailText({ ...readings, values }, plain)).toEqual([
      '10:15:02Z  environment/aq-1  pm25 = 12.1 ug/m3  no2 = 0.3',
    ]);
  });

  it('tells how late or early others are, and what is out of range', () => {
    const [late] = tailText(
      { ...readings, eventTime: stamp - 900_000, values: [value('pm25', 999, null, true)] },
      plain,
    );
    expect(late).toBe(
      '10:15:02Z  environment/aq-1  pm25 = 999 (out of range)  at 2026-06-01T10:00:02.000Z, 15 min late',
    );
    const [early] = tailText({ ...readings, eventTime: stamp + 2_000, values: [value('a', 1)] }, plain);
    expect(early).toContain('2 s ahead');
  });

  it('breaks many values into lines and loses none', () => {
    const values = Array.from({ length: 14 }, (_, i) => value(`m${i}`, i));
    const lines = tailText({ ...readings, values }, plain);
    expect(lines).toHaveLength(3);
    expect(lines.join('\n').match(/m\d+ = /g)).toHaveLength(14);
  });

  it('tells a rejection with its reason, place, sample and where to read on', () => {
    const rejection = {
      kind: 'rejection',
      reason: 'bad-time',
      detail: 'No time.',
      topic: 'city/a/b/telemetry',
      domain: 'a',
      device: 'b',
      pointer: '/ts',
      receivedAt: new Date(stamp).toISOString(),
      sample: '"now"',
    } as const;
    expect(tailText(rejection, plain)).toEqual([
      '10:15:02Z  a/b  rejected: bad-time at /ts',
      '           No time.',
      '           it said: "now"',
      '           what to do: docs/rejections.md#bad-time',
    ]);
    expect(tailText(rejection, paint(true))[0]).toContain('\u001b[31m');
  });

  it('tells of devices, alerts and gaps', () => {
    const receivedAt = new Date(stamp).toISOString();
    const device = {
      kind: 'device',
      device: 'b',
      domain: 'a',
      status: 'offline',
      labels: { district: 'x' },
      receivedAt,
    } as const;
    expect(tailText(device, plain)).toEqual(['10:15:02Z  b  first seen in a; offline; labels: district=x']);
    const alert = {
      state: 'firing',
      severity: 'major',
      rule: 'r',
      summary: 'Smog',
      labels: {},
      updatedAt: receivedAt,
      ack: null,
    } as unknown as Alert;
    expect(tailText({ kind: 'alert', alert }, plain)[0]).toBe('10:15:02Z  ALERT firing (major): Smog');
    expect(tailText({ kind: 'gap', detail: 'Trimmed.' }, plain)[0]).toContain('missing here: Trimmed.');
  });

  it('lets nothing from outside command the terminal', () => {
    const hostile = '\u001b]0;owned\u0007\r\n\u009b31m\u202e';
    const message = {
      kind: 'message',
      at: stamp,
      topic: `city/${hostile}`,
      payload: hostile,
      bytes: 12,
    } as const;
    const values = [value(`m${hostile}`, 1, `{${hostile}}`)];
    const text = [...tailText({ ...readings, values }, plain), ...tailText(message, plain)].join(' ');
    expect(text).toContain('\\u001b]0;owned\\u0007');
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('printable', () => {
  it('cuts between characters, and nothing that is within the bound', () => {
    const [whole, longer] = ['\u{1f600}'.repeat(3), '\u{1f600}'.repeat(4)];
    expect([printable(whole, 3), printable(longer, 3)]).toEqual([whole, `${whole}…`]);
  });

  it('never keeps a control character and never grows beyond its bound', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shown = printable(text, 100);
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        expect(shown.length).toBeLessThanOrEqual(601);
      }),
    );
  });
});

describe('momentsOf', () => {
  it('puts neighbours of one device and time together, in order, with their flags', () => {
    const series = [
      { domain: 'e', device: 'a', metric: 'x' },
      { domain: 'e', device: 'a', metric: 'y' },
      { domain: 'e', device: 'b', metric: 'x' },
    ];
    const moments = momentsOf({
      stamp: 9,
      series,
      seriesIndex: [0, 1, 2, 0],
      time: [5, 5, 5, 6],
      value: [1, 2, 3, 4],
      outOfRange: [1],
    });
    expect(moments.map(({ device, eventTime, values }) => [device, eventTime, values.map((one) => one.value)])).toEqual(
      [
        ['a', 5, [1, 2]],
        ['b', 5, [3]],
        ['a', 6, [4]],
      ],
    );
    expect(moments[0]!.values.map(({ outOfRange }) => outOfRange)).toEqual([false, true]);
  });
});

describe('EventParser', () => {
  const text =
    'retry: 3000\n\nevent: a\nid: 1\ndata: {"x":1}\n\n: ping\nid: 7\n\ndata: one\ndata: two\r\n\r\nevent: b\ndata: 2\n\n';
  const expected = [
    { event: 'a', data: '{"x":1}' },
    { event: 'message', data: 'one\ntwo' },
    { event: 'b', data: '2' },
  ];

  it('reads the same events however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 8 }), (cuts) => {
        const parser = new EventParser();
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const events = places.slice(1).flatMap((to, i) => parser.push(text.slice(places[i], to)));
        expect(events).toEqual(expected);
        expect([parser.lastEventId, parser.retryMs]).toEqual(['7', 3000]);
      }),
    );
  });
});
