import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { acceptanceFixture } from './acceptance-fixture.ts';
import { payloadsOf, readingsOf } from './gateway-fixture.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const document = readFileSync(new URL('../../../docs/mqtt.md', import.meta.url), 'utf8');
const section = (title: string) => document.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!;
/** A little after the times in the examples. */
const EXAMPLES_SENT = 1_790_000_120_000;
const MEBIBYTE = 1024 * 1024;
const inWords = (value: number) => value.toLocaleString('en');

/** What docs/mqtt.md tells integrators is held against the code. */
describe('the page for integrators', () => {
  it.each([
    `| one packet | ${DEFAULT_LIMITS.maxPacketBytes / 1024} KiB |`,
    `| readings of one message | ${inWords(DEFAULT_LIMITS.maxReadingsPerMessage)} |`,
    `| depth of nested objects | ${DEFAULT_LIMITS.maxDepth} |`,
    `| characters of a line | ${inWords(DEFAULT_LIMITS.maxLineLength)} |`,
    `| time ahead of the hub's clock | ${DEFAULT_LIMITS.maxAheadMs / 60_000} minutes |`,
    `| metrics of a device | ${inWords(DEFAULT_LIMITS.maxSeriesPerDevice)} since`,
    `| devices | ${inWords(DEFAULT_LIMITS.maxDevices)} |`,
    `| a device's whole description, as JSON | ${DEFAULT_LIMITS.maxDescriptionBytes / 1024} KiB |`,
    `| states of a metric in a domain, over all devices | ${inWords(DEFAULT_LIMITS.maxStatesPerMetric)} |`,
    `| the same, over all metrics | ${inWords(DEFAULT_LIMITS.maxStates)} |`,
    `| … brought by one device | ${inWords(DEFAULT_LIMITS.maxStatesOfDevice)} since the hub's start |`,
    `ThingsBoard's attributes | ${DEFAULT_LIMITS.maxLabelChanges} in six hours`,
    `| labels replaced by attributes messages | ${DEFAULT_LIMITS.maxOwnLabelChanges} in six hours`,
    `| connections | ${inWords(DEFAULT_LIMITS.maxConnections)} |`,
    `does not read | ${DEFAULT_LIMITS.maxSubscriberBytes / MEBIBYTE} MiB |`,
  ])('tells the limit %j', (row) => expect(section('Limits')).toContain(row));

  it('shows shapes of telemetry that are stored', async () => {
    const { say, journal, clock } = await acceptanceFixture();
    clock.now = EXAMPLES_SENT;
    const shapes = section('Readings').split('```json\n')[1]!.split('```')[0]!.trim().split('\n');
    expect(shapes).toHaveLength(4);
    for (const shape of shapes) expect(await say('city/environment/aq-1/telemetry', shape)).toBe('forward');
    expect(await payloadsOf(journal, 'rejections')).toEqual([]);
    expect(await readingsOf(journal)).toHaveLength(8);
  });

  it('shows a description that is taken whole', async () => {
    const { say, reasons, deviceOf } = await acceptanceFixture();
    const example = section('Describing a device').split('```json\n')[1]!.split('```')[0]!;
    await say('city/environment/aq-1/attributes', example);
    expect(await reasons()).toEqual([]);
    expect((await deviceOf('aq-1'))?.description).toEqual(JSON.parse(example));
  });

  it('tells what the sample of a number beyond a float is', async () => {
    const { say, journal } = await acceptanceFixture();
    const [, sent, sample] = /`([^`]+)` is `([^`]+)`\), `count`/.exec(section('Answers'))!;
    await say('city/environment/aq-1/telemetry', `{"pm25":${sent}}`);
    expect((await payloadsOf(journal, 'rejections')).flat()).toMatchObject([{ reason: 'not-a-number', sample }]);
  });

  it('shows a line that is stored once the door has its states', async () => {
    const { say, reasons, journal, clock } = await acceptanceFixture();
    clock.now = EXAMPLES_SENT;
    await say('city/environment/aq-1/attributes', { metrics: { door: { states: { '0': 'closed', '1': 'open' } } } });
    const line = section('Line protocol').split('```\n')[1]!.split('```')[0]!;
    await say('city/environment/aq-1/telemetry/lp', line);
    expect(await reasons()).toEqual([]);
    expect(await readingsOf(journal)).toHaveLength(3);
  });
});
