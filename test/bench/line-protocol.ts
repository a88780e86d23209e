import { decodeLineProtocol, type LineLimits, type LineSinkFinder, type ReadingSink } from '@seawall/codecs';
import { ReadingBatchBuilder, UNDESCRIBED, type Series } from '@seawall/model';
import { seededRandom } from '../support/seeded-random.ts';

const DEVICES = 1000;
const LINES_PER_BODY = 5000;
const BODIES = 20;
const FIELDS = ['flow', 'speed', 'occupancy', 'queue'];
const START_MS = Date.UTC(2026, 8, 21);
const LIMITS: LineLimits = { maxReadings: 100_000, maxLineLength: 65_536, maxAheadMs: Infinity };

export interface LineProtocolSpeed {
  /** Of each round, by processor time of all threads, so that busy neighbours do not count. */
  readonly linesPerCpuSecond: readonly number[];
  readonly fieldsPerLine: number;
  readonly bytesPerLine: number;
}

/** Bytes to columns and no further: no journal, no door. Each round decodes the same bodies. */
export function measureLineProtocol(rounds: number): LineProtocolSpeed {
  const bodies = Array.from({ length: BODIES }, (_, i) => bodyOf(i));
  for (let i = 0; i < 2; i++) decodeAll(bodies);
  const linesPerCpuSecond = Array.from({ length: rounds }, () => {
    const began = process.cpuUsage();
    decodeAll(bodies);
    const { user, system } = process.cpuUsage(began);
    return Math.round((BODIES * LINES_PER_BODY * 1e6) / (user + system));
  });
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  return {
    linesPerCpuSecond,
    fieldsPerLine: FIELDS.length,
    bytesPerLine: Math.round(bytes / (BODIES * LINES_PER_BODY)),
  };
}

/** As a client of InfluxDB writes them: one line a device and moment, four fields, nanoseconds. */
function bodyOf(number: number): Buffer {
  const random = seededRandom(number);
  const lines = Array.from({ length: LINES_PER_BODY }, (_, i) => {
    const device = `loop-${(i % DEVICES).toString().padStart(4, '0')}`;
    const time = START_MS + (number * LINES_PER_BODY + i) * 7;
    const fields = `flow=${Math.floor(random() * 900)}i,speed=${(random() * 90).toFixed(1)},occupancy=${(random() * 100).toFixed(2)},queue=${Math.floor(random() * 30)}`;
    return `traffic,device=${device},district=harbour,type=loop-detector ${fields} ${time}000000`;
  });
  return Buffer.from(lines.join('\n'));
}

function decodeAll(bodies: readonly Buffer[]): void {
  const find = finder();
  for (const body of bodies) {
    const builder = new ReadingBatchBuilder();
    const { dropped } = decodeLineProtocol(body, 'ns', START_MS, LIMITS, find(builder));
    const taken = builder.take().seriesIndex.length;
    if (dropped > 0 || taken !== LINES_PER_BODY * FIELDS.length)
      throw new Error(`The bench's own lines were not taken: ${taken} readings, ${dropped} lines dropped.`);
  }
}

/** Interned series, as the gateway keeps them from message to message. */
function finder(): (builder: ReadingBatchBuilder) => LineSinkFinder {
  const known = new Map<string, Map<string, Series>>();
  return (builder) => (domain, tags) => {
    const device = tags.find(([key]) => key === 'device')![1];
    let series = known.get(device);
    if (series === undefined) known.set(device, (series = new Map<string, Series>()));
    return sinkOf(domain, device, series, builder);
  };
}

function sinkOf(domain: string, device: string, known: Map<string, Series>, builder: ReadingBatchBuilder): ReadingSink {
  return {
    reading: (metric, eventTime, value) => {
      let series = known.get(metric);
      if (series === undefined) known.set(metric, (series = { domain, device, metric }));
      builder.add(series, UNDESCRIBED, eventTime, value, 0);
      return undefined;
    },
    stateNumber: () => undefined,
  };
}
