import { describe, expect, it } from '@jest/globals';
import { EVERY_10S, Street, type StreetOptions } from './silent-street.ts';

const NAMES = Array.from({ length: 12 }, (_, i) => `l-${String(i + 1).padStart(2, '0')}`);

/** Twelve lamps behind a gateway, each heard at a second of its own. */
function behindGateway(options: StreetOptions = {}): Street {
  const street = new Street({ groupBy: ['gateway'], ...options }).begin();
  NAMES.forEach((name, i) =>
    street
      .until(i)
      .describe(name, { ...EVERY_10S, gateway: 'gw-3' })
      .hear([name]),
  );
  return street;
}

describe('a group that falls silent together', () => {
  it('gets one alert at once, which tells the rest a minute later', () => {
    const street = behindGateway().until(300);
    expect(street.lines()).toEqual([
      '31 gw-3 inactive -> firing (1) since 0: 1 of 12 devices silent for longer than 3 intervals',
      '91 gw-3 firing -> firing (12) since 0: now 12 of 12 devices silent',
    ]);
    expect(street.told.map(({ transition }) => transition.alert.summary)).toEqual([
      '1 of 12 devices of gateway gw-3 has been silent since 1970-01-01T00:00:00Z: l-01',
      '12 of 12 devices of gateway gw-3 have been silent since 1970-01-01T00:00:00Z: ' +
        'l-01, l-02, l-03, l-04, l-05, l-06, l-07, l-08, l-09, l-10 and 2 more',
    ]);
  });

  it('is over when all are heard again, and in between tells how many are not, once a minute', () => {
    const street = behindGateway().until(100);
    for (const name of NAMES) street.until(100 + NAMES.indexOf(name) * 5).hear(NAMES.slice(0, NAMES.indexOf(name) + 1));
    expect(street.until(160).lines().slice(2)).toEqual([
      '151 gw-3 firing -> firing (1) since 0: now 1 of 12 devices silent',
      '155 gw-3 firing -> resolved (0) since 0: all 12 devices are heard again',
    ]);
  });

  it('may have as many silent as `above` says', () => {
    const street = behindGateway({ when: { above: 3 } }).until(50);
    expect(street.lines()).toEqual([
      '34 gw-3 inactive -> firing (4) since 3: 4 of 12 devices silent for longer than 3 intervals; up to 3 may be',
    ]);
    expect(street.hear(NAMES.slice(3)).lines().at(-1)).toBe(
      '50 gw-3 firing -> resolved (3) since 3: only 3 of 12 devices still silent',
    );
  });

  it('waits for `for`, and stays for `keepFiringFor`', () => {
    const held = behindGateway({ when: { for: '20s', keepFiringFor: '15s' } })
      .until(60)
      .hear(NAMES);
    expect(held.until(70).hear(NAMES).until(80).lines()).toEqual([
      '31 gw-3 inactive -> pending (1) since 0: 1 of 12 devices silent for longer than 3 intervals, fires after 20s',
      '51 gw-3 pending -> firing (12) since 0: 12 of 12 devices silent for longer than 3 intervals for 20s',
      '75 gw-3 firing -> resolved (0) since 0: all 12 devices are heard again for 15s',
    ]);
    const dropped = behindGateway({ when: { for: '20s' } })
      .until(35)
      .hear(NAMES);
    expect(dropped.lines().at(-1)).toMatch(/^35 gw-3 pending -> inactive \(0\)/);
  });

  it('is left by a device that moves to another', () => {
    const street = new Street({ groupBy: ['gateway'] }).begin();
    street
      .describe('l-1', { ...EVERY_10S, gateway: 'gw-1' })
      .describe('l-2', { ...EVERY_10S, gateway: 'gw-1' })
      .until(20);
    street
      .hear(['l-2'])
      .until(31)
      .describe('l-1', { ...EVERY_10S, gateway: 'gw-2' });
    expect(street.lines()).toEqual([
      '31 gw-1 inactive -> firing (1) since 0: 1 of 2 devices silent for longer than 3 intervals',
      '31 gw-1 firing -> resolved (0) since 0: l-1 is not watched here any more',
      '31 gw-2 inactive -> firing (1) since 0: 1 of 1 device silent for longer than 3 intervals',
    ]);
  });

  it('ends at once what the one that leaves has kept up, and nothing that only stays for `keepFiringFor`', () => {
    const gateway = (name: string) => ({ ...EVERY_10S, gateway: name });
    const street = (above = 0) => {
      const made = new Street({ groupBy: ['gateway'], when: { above, keepFiringFor: '2m' } }).begin();
      for (const device of ['l-1', 'l-2', 'l-3']) made.describe(device, gateway('gw-1'));
      return made;
    };
    const healthy = street().until(20).hear(['l-2', 'l-3']).until(31).hear(['l-1']);
    for (let second = 40; second < 170; second += 10) {
      healthy.until(second).hear(['l-1', 'l-3']);
      if (second === 40) healthy.describe('l-2', gateway('gw-2')).hear(['l-2']);
      else healthy.hear(['l-2']);
    }
    expect(healthy.lines().slice(1)).toEqual([
      expect.stringContaining('gw-1 firing -> firing (0)'),
      '151 gw-1 firing -> resolved (0) since 0: all 2 devices are heard again for 2m',
    ]);
    // Of two that were silent one is heard again, and only then the other leaves.
    const second = street(1).until(20).hear(['l-3']).until(31).hear(['l-2', 'l-3']).until(35);
    second.describe('l-1', gateway('gw-2'));
    expect(second.lines()).toEqual([expect.stringMatching(/^31 gw-1 inactive -> firing \(2\)/)]);
    const silent = street().until(20).hear(['l-2', 'l-3']).until(35).describe('l-1', gateway('gw-2'));
    expect(
      silent
        .lines()
        .filter((line) => line.includes('gw-1'))
        .at(-1),
    ).toBe('35 gw-1 firing -> resolved (0) since 0: l-1 is not watched here any more');
    // Nobody is left.
    const empty = new Street({ groupBy: ['gateway'], when: { keepFiringFor: '30s' } }).begin();
    empty.describe('l-1', gateway('gw-1')).until(35).hear(['l-1']).until(36).describe('l-1', gateway('gw-2'));
    expect(empty.until(65).lines().at(-1)).toBe('65 gw-1 firing -> resolved (0) since 0: no device is silent for 30s');
  });

  it('selects by where', () => {
    const street = new Street({ groupBy: ['district'], when: { where: { district: ['!port'] } } }).begin();
    street
      .describe('l-1', { ...EVERY_10S, district: 'port' })
      .describe('l-2', { ...EVERY_10S, district: 'hill' })
      .hear(['l-1', 'l-2']);
    expect(street.until(60).lines()).toEqual([expect.stringMatching(/^31 hill /)]);
  });

  it('is told in the words of the rule', () => {
    const summary = '{{value}} of {{total}} lamps at {{labels.gateway}} are dark: {{ devices }}';
    const street = behindGateway({ summary, when: { above: 1 } }).until(40);
    expect(street.told[0]!.transition.alert.summary).toBe('2 of 12 lamps at gw-3 are dark: l-01, l-02');
  });

  it('keeps what somebody has acknowledged, and ends with the rule', () => {
    const street = behindGateway().until(40).acknowledge().until(100);
    expect(street.told.at(-1)!.transition.alert).toMatchObject({ revision: 3, value: 12, ack: { by: 'ana' } });
    expect(street.rule.alerts.count('firing')).toBe(1);
    const over = street.rule.withdraw('the rule was deleted', 100_000);
    expect(over.map(({ transition: { to, because } }) => `${to}: ${because}`)).toEqual([
      'resolved: the rule was deleted',
    ]);
    expect(street.rule.withdraw('again', 100_000)).toEqual([]);
  });

  it('gives each life of an alert an id of its own, also where one was silent all along', () => {
    const street = new Street({ groupBy: [] }).begin().describe('l-1', EVERY_10S).describe('l-2', { interval: '1m' });
    street.hear(['l-1', 'l-2']).until(40).hear(['l-1']);
    for (let second = 50; second < 200; second += 10) street.until(second).hear(['l-1']);
    expect(street.lines()).toEqual([
      '31 lamps inactive -> firing (1) since 0: 1 of 2 devices silent for longer than 3 intervals',
      '40 lamps firing -> resolved (0) since 0: all 2 devices are heard again',
      '181 lamps inactive -> firing (1) since 40: 1 of 2 devices silent for longer than 3 intervals',
    ]);
  });
});
