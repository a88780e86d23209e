import { describe, expect, it } from '@jest/globals';
import { EVERY_10S, Street } from './silent-street.ts';

describe('a rule on silence', () => {
  it('fires when a device has missed its intervals, and ends when it is heard again', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(40).hear(['l-1']).until(60);
    expect(street.lines()).toEqual([
      '31 l-1 inactive -> firing (1) since 0: l-1 silent for longer than 3 intervals',
      '40 l-1 firing -> resolved (0) since 0: l-1 is heard again',
    ]);
    const [fired, over] = street.told.map(({ transition }) => transition.alert);
    expect(fired).toMatchObject({
      metric: '',
      unit: null,
      summary: 'l-1 has been silent since 1970-01-01T00:00:00Z',
      evidence: { domain: 'lamps', aggregate: 'absent', count: 0, windowEnd: '1970-01-01T00:00:31.000Z' },
    });
    expect(over!.endsAt).toBe('1970-01-01T00:00:40.000Z');
  });

  it('counts from the last time a device was heard', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S);
    for (const second of [5, 20, 49, 50]) street.until(second).hear(['l-1']);
    expect(street.until(81).lines()).toEqual([
      '81 l-1 inactive -> firing (1) since 50: l-1 silent for longer than 3 intervals',
    ]);
  });

  it('watches a device that was described and never heard, if it has declared an interval', () => {
    const street = new Street({ when: { absent: { missed: 3, after: '20s' } } }).begin();
    street.until(5).describe('l-1', EVERY_10S).describe('l-2', {}).describe('l-3', EVERY_10S, 'bins').until(100);
    expect(street.lines()).toEqual([
      '36 l-1 inactive -> firing (1) since 5: l-1 silent for longer than 3 intervals, or 20s where none is declared',
    ]);
  });

  it('counts devices that were described before the rule from where it begins', () => {
    expect(new Street().known('l-1', EVERY_10S).known('l-2', {}).begin(20).until(60).lines()).toEqual([
      '51 l-1 inactive -> firing (1) since 20: l-1 silent for longer than 3 intervals',
    ]);
  });

  it('allows a device without an interval as long as `after` says, from its first reading on', () => {
    const after = new Street({ when: { absent: { missed: 3, after: '20s' } } })
      .begin()
      .until(50)
      .hear(['l-1'])
      .until(80);
    expect(after.lines()).toEqual([
      '71 l-1 inactive -> firing (1) since 50: l-1 silent for longer than 3 intervals, or 20s where none is declared',
    ]);
    expect(new Street().begin().hear(['l-1']).until(80).lines()).toEqual([]);
  });

  it('may be on one metric, by which others are no hearing', () => {
    const one = new Street({ when: { metric: 'power' } })
      .begin()
      .describe('l-1', { interval: '10s', metrics: { power: {} } });
    one.until(20).hear(['l-1']).until(30).hear(['l-1'], 'light').until(60);
    expect(one.lines()).toEqual(['51 l-1 inactive -> firing (1) since 20: l-1 silent for longer than 3 intervals']);
    expect(one.told[0]!.transition.alert).toMatchObject({
      metric: 'power',
      summary: 'l-1 has been silent in power since 1970-01-01T00:00:20Z',
    });
    expect(
      new Street({ when: { metric: 'heat' } }).begin().describe('l-1', EVERY_10S).hear(['l-1']).until(60).lines(),
    ).toEqual([]);
  });

  it('takes imported and replayed readings for no hearing', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(20);
    for (const mark of [0, 1]) street.hear(['l-1'], 'power', mark);
    expect(street.until(40).lines()).toHaveLength(1);
  });

  it('accuses nobody of what the hub has slept through', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(25).down(3600);
    expect(street.until(25 + 3600 + 10).lines()).toEqual([]);
    expect(street.until(25 + 3600 + 11).lines()).toEqual([
      '3636 l-1 inactive -> firing (1) since 0: l-1 silent for longer than 3 intervals',
    ]);
  });

  it.each([1, 1.5, 3])('lets a device that sends every interval go on after a start, with %d missed', (missed) => {
    const street = new Street({ when: { absent: { missed } } }).begin().describe('l-1', EVERY_10S).hear(['l-1']);
    // What it sent at 10, while nobody listened, is lost.
    street.until(9).down(5).until(20).hear(['l-1']).until(30);
    expect(street.lines()).toEqual([]);
  });

  it('leaves out a device that is out of service, ends its alert at once, and counts it anew when it is back', () => {
    const street = new Street().begin().describe('l-1', EVERY_10S).hear(['l-1']).until(40);
    street
      .describe('l-1', { ...EVERY_10S, outOfService: true })
      .until(200)
      .hear(['l-1'])
      .until(300);
    expect(street.describe('l-1', EVERY_10S).until(340).lines()).toEqual([
      '31 l-1 inactive -> firing (1) since 0: l-1 silent for longer than 3 intervals',
      '40 l-1 firing -> resolved (0) since 0: l-1 is out of service',
      '331 l-1 inactive -> firing (1) since 300: l-1 silent for longer than 3 intervals',
    ]);
  });

  it('goes by an interval as soon as it is declared', () => {
    const longer = new Street()
      .begin()
      .describe('l-1', EVERY_10S)
      .hear(['l-1'])
      .until(20)
      .describe('l-1', { interval: '1m' });
    expect(longer.until(181).lines()).toEqual([expect.stringMatching(/^181 l-1 inactive -> firing/)]);
    const shorter = new Street()
      .begin()
      .describe('l-1', { interval: '1m' })
      .hear(['l-1'])
      .until(40)
      .describe('l-1', EVERY_10S);
    expect(shorter.until(60).lines()).toEqual([expect.stringMatching(/^41 l-1 inactive -> firing/)]);
    const forgiven = new Street()
      .begin()
      .describe('l-1', EVERY_10S)
      .hear(['l-1'])
      .until(40)
      .describe('l-1', { interval: '1m' });
    expect(forgiven.lines().at(-1)).toBe('40 l-1 firing -> resolved (0) since 0: l-1 may be silent for longer now');
  });
});
