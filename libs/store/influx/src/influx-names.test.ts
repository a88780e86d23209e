import { describe, expect, it } from '@jest/globals';
import { nameFault, ReadingBatchBuilder, ReadingFlag, topicNameFault, UNDESCRIBED } from '@seawall/model';
import type { Cursor } from '@seawall/ports';
import { collect, planOf } from '@seawall/ports/contract';
import fc from 'fast-check';
import { decodeName, fieldName, flagsField, measurementName, tagName, tagValue } from './influx-names.ts';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

/** Whatever a name may hold, and often what line protocol or InfluxDB take for something of theirs. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc
    .array(
      fc.constantFrom('\\', ',', '=', ' ', '"', "'", '~', '%', '%5C', ':flags', 'time', '_field', '#', '*', '.', '香'),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((parts) => parts.join('')),
);
const name = text.map((any) => any.normalize('NFC')).filter((any) => nameFault(any) === undefined);
const topicName = name.filter((any) => topicNameFault(any) === undefined);

describe('names', () => {
  const encodings = { measurementName, fieldName, tagName, tagValue };

  it.each(Object.entries(encodings))('of %s can be told from what is stored', (_, encode) => {
    fc.assert(fc.property(text, (any) => expect(decodeName(encode(any))).toBe(any)));
    expect(decodeName(encode(''))).toBe('');
  });

  it('stay as they are where they can', () => {
    for (const plain of ['pm25', 'a b', '50%_x', '温度', 'a=b,c', 'x.y:z', 'flags', 'Time'])
      for (const encode of Object.values(encodings)) expect(encode(plain)).toBe(plain);
  });

  it('make of no metric the flags of another', () => {
    fc.assert(fc.property(text, text, (a, b) => expect(fieldName(a)).not.toBe(flagsField(b))));
  });
});

influxSuite((server) => {
  it('takes whatever the grammar allows, and finds it again by each of its names', async () => {
    const store = await openInfluxStore({ url: server().url, database: server().newDatabase() });
    let seq = 0;
    const property = fc.asyncProperty(
      fc.record({ domain: topicName, device: topicName, metric: name, label: name, value: name }),
      async ({ domain, device, metric, label, value }) => {
        const eventTime = Date.UTC(2026, 0, 1) + ++seq;
        const spans = [{ from: -Infinity, labels: { [label]: value } }];
        const builder = new ReadingBatchBuilder();
        builder.add({ domain, device, metric }, UNDESCRIBED, eventTime, seq, ReadingFlag.none);
        await store.write(
          [
            { kind: 'labels', device, spans },
            { kind: 'readings', seq, batch: builder.take() },
          ],
          String(seq) as Cursor,
        );
        const exactly = (text: string) => (text.startsWith('!') || text.includes('*') ? ['*'] : [text]);
        const where = { domain: exactly(domain), device: exactly(device), [label]: exactly(value) };
        const found = await collect(
          store.query(planOf({ metrics: [metric], where, from: eventTime, to: eventTime + 1 })),
        );
        expect(found).toMatchObject([
          { domain, metric, labels: { [label]: value, device }, time: [eventTime], values: { value: [seq] } },
        ]);
        const groupBy = [label];
        const grouped = await collect(
          store.query(
            planOf({ metrics: [metric], where, from: eventTime, to: eventTime + 1, aggregate: ['max'], groupBy }),
          ),
        );
        expect(grouped).toMatchObject([{ labels: { [label]: value }, values: { max: [seq] } }]);
      },
    );
    try {
      // No key of an object that was written down as one.
      const proto = { domain: 'd', device: 'a', metric: '__proto__', label: '__proto__', value: '__proto__' };
      await fc.assert(property, { numRuns: 60, examples: [[proto]] });
    } finally {
      await store.close();
    }
  }, 60_000);
});
