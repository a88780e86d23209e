import { describe, expect, it } from '@jest/globals';
import { topicNameFault, type Rejection } from '@seawall/model';
import fc from 'fast-check';
import { ErrorsTopic, topicLevel } from './errors-topic.ts';

const rejection = (more: Partial<Rejection> = {}): Rejection => ({
  reason: 'bad-time',
  detail: 'No.',
  topic: 'city/environment/aq-1/telemetry',
  domain: 'environment',
  device: 'aq-1',
  pointer: '/ts',
  receivedAt: Date.UTC(2026, 8, 21),
  sample: '1',
  ...more,
});

function fixture() {
  const clock = { now: 1000 };
  const sent: { topic: string; document: Record<string, unknown> }[] = [];
  const publish = (topic: string, payload: string) =>
    void sent.push({ topic, document: JSON.parse(payload) as Record<string, unknown> });
  return { clock, sent, errors: new ErrorsTopic({ tenant: 'city', publish, elapsed: () => clock.now }) };
}

describe('answers to senders', () => {
  it('are problem documents on the device’s errors topic', () => {
    const { sent, errors } = fixture();
    errors.answer(rejection(), 'c');
    expect(sent).toEqual([
      {
        topic: 'city/environment/aq-1/errors',
        document: {
          type: 'urn:seawall:rejection:bad-time',
          title: 'The time can not be read',
          detail: 'No.',
          reason: 'bad-time',
          topic: 'city/environment/aq-1/telemetry',
          pointer: '/ts',
          receivedAt: '2026-09-21T00:00:00.000Z',
          sample: '1',
          count: 1,
        },
      },
    ]);
  });

  it('go to the client where no device is known', () => {
    const { sent, errors } = fixture();
    errors.answer(rejection({ domain: undefined, device: undefined }), 'my/client');
    expect(sent[0]?.topic).toBe('city/clients/my%2Fclient/errors');
  });

  it('come at most once a second for a device and reason, with the count since the last', () => {
    const { clock, sent, errors } = fixture();
    for (let i = 0; i < 100; i++) errors.answer(rejection({ sample: String(i) }), 'c');
    errors.answer(rejection({ reason: 'bad-name' }), 'c');
    errors.answer(rejection({ device: 'aq-2' }), 'c');
    expect(sent.map(({ document }) => document.count)).toEqual([1, 1, 1]);
    clock.now += 999;
    errors.sweep();
    expect(sent).toHaveLength(3);
    clock.now += 1;
    errors.sweep();
    expect(sent).toHaveLength(4);
    expect(sent[3]?.document).toMatchObject({ count: 99, sample: '99' });
  });

  it('come at once again after a quiet second', () => {
    const { clock, sent, errors } = fixture();
    for (let i = 0; i < 3; i++) {
      errors.answer(rejection(), 'c');
      clock.now += 1000;
      if (i === 1) errors.sweep();
    }
    expect(sent.map(({ document }) => document.count)).toEqual([1, 1, 1]);
  });

  it('are bounded in memory: beyond ten thousand devices in a second nobody more is answered', () => {
    const { clock, sent, errors } = fixture();
    for (let i = 0; i < 10_500; i++) errors.answer(rejection({ device: `d${i}` }), 'c');
    expect(sent).toHaveLength(10_000);
    clock.now += 1000;
    errors.sweep();
    errors.answer(rejection({ device: 'late' }), 'c');
    expect(sent.at(-1)?.topic).toBe('city/environment/late/errors');
  });
});

it('keeps the first 128 characters of a longer client id whole', () => {
  const id = '\u{1f600}'.repeat(200);
  expect(topicLevel(id)).toBe(id.slice(0, 256));
});

it('makes one good topic level of any client id', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (clientId) => {
      const level = topicLevel(clientId);
      expect(level).not.toMatch(/[/+#]/);
      expect(topicNameFault(level) ?? '').not.toMatch(/control|empty|\$/);
    }),
  );
});
