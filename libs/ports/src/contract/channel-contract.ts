import { describe, expect, it } from '@jest/globals';
import type { Alert, AlertTransition } from '@seawall/model';
import type { Channel } from '../channel.ts';

/** A channel, and what its other side can be made to do and be seen to have. */
export interface ChannelUnderTest {
  readonly channel: Channel;
  /** Ids and states of the alerts that arrived, oldest first; each delivery once. */
  readonly arrived: () => readonly { readonly id: string; readonly state: string }[];
  /** From now on the other side takes nothing; undefined: it does again. */
  readonly failWith: (error: Error | undefined) => void;
}

/** What every channel must do. */
export function channelContract(name: string, open: () => ChannelUnderTest): void {
  describe(`${name} as a channel`, () => {
    it('has a name', () => {
      expect(open().channel.name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('delivers firing and resolved alerts in the order it is given them', async () => {
      const { channel, arrived } = open();
      await channel.deliver(alertTransition('a', 'pending', 'firing'));
      await channel.deliver(alertTransition('b', 'pending', 'firing'));
      await channel.deliver(alertTransition('a', 'firing', 'resolved'));
      expect(arrived()).toEqual([
        { id: 'a', state: 'firing' },
        { id: 'b', state: 'firing' },
        { id: 'a', state: 'resolved' },
      ]);
    });

    it('fails a delivery its other side did not take, and delivers it when asked again', async () => {
      const { channel, arrived, failWith } = open();
      failWith(new Error('The other side is gone.'));
      await expect(channel.deliver(alertTransition('a', 'pending', 'firing'))).rejects.toThrow('is gone');
      expect(arrived()).toEqual([]);
      failWith(undefined);
      await channel.deliver(alertTransition('a', 'pending', 'firing'));
      expect(arrived()).toEqual([{ id: 'a', state: 'firing' }]);
    });

    it('may be given the same transition twice', async () => {
      const { channel, arrived } = open();
      const transition = alertTransition('a', 'pending', 'firing');
      await channel.deliver(transition);
      await channel.deliver(transition);
      expect(new Set(arrived().map(({ id }) => id))).toEqual(new Set(['a']));
    });
  });
}

/** A transition of a plain alert; for the tests of channels. */
export function alertTransition(
  id: string,
  from: AlertTransition['from'],
  to: AlertTransition['to'],
  change: Partial<Omit<AlertTransition, 'alert'>> & { readonly alert?: Partial<Alert> } = {},
): AlertTransition {
  const state = to === 'inactive' ? 'pending' : to;
  return {
    from,
    to,
    because: 'mean 187 above 150',
    levels: { domain: 'environment', district: 'xiangzhou', subject: 'aq-1' },
    ...change,
    alert: {
      ...PLAIN_ALERT,
      id,
      state,
      endsAt: to === 'resolved' ? '2026-09-21T16:00:00.000Z' : null,
      ...change.alert,
    },
  };
}

const PLAIN_ALERT: Alert = {
  id: '',
  key: 'smog/aq-1',
  revision: 1,
  state: 'firing',
  severity: 'major',
  mode: 'actual',
  rule: 'smog',
  summary: 'Smog at aq-1',
  labels: { domain: 'environment', device: 'aq-1' },
  annotations: {},
  metric: 'pm25',
  unit: 'ug/m3',
  value: 187,
  startsAt: '2026-09-21T13:00:00.000Z',
  updatedAt: '2026-09-21T14:13:20.000Z',
  endsAt: null,
  ack: null,
  silencedBy: [],
  inhibitedBy: [],
  location: null,
  url: null,
  evidence: {
    domain: 'environment',
    aggregate: 'mean',
    windowStart: '2026-09-21T13:00:00.000Z',
    windowEnd: '2026-09-21T14:00:00.000Z',
    count: 60,
    threshold: 'above 150',
  },
  corrects: null,
};
