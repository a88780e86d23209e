import { DEFAULT_IDLE_AFTER_MS, parseRule } from '@seawall/alerts';
import { TestJournal, type TestReading } from '@seawall/alerts/testing';
import { durationMs } from '@seawall/calendar';
import type { DeviceDescription, Rule } from '@seawall/model';
import type { JournalEntry } from '@seawall/ports';
import { arrivalsOf, FlowTimes, happeningsOf, type Arrival, type FlowFile } from './flow.ts';

const SECOND = 1000;

/** How readings that arrive at one moment come: each by itself, or all in one entry. */
export type Batching = 'one by one' | 'together';

/** Writes the journal that a flow would leave: a tick comes every second while the hub runs. */
export function journalOf(flow: FlowFile, batching: Batching): readonly JournalEntry[] {
  const times = new FlowTimes(flow);
  const arrivals = arrivalsOf(flow, times);
  const happenings = happeningsOf(flow, times);
  const moments = [...new Set([...arrivals.map(({ arrives }) => arrives), ...happenings.map(({ at }) => at)])];
  moments.sort((a, b) => a - b);
  const writer = new FlowWriter(flow, moments[0]!, batching);
  for (const moment of moments) {
    writer.tickTo(moment);
    for (const { what } of happenings.filter(({ at }) => at === moment)) writer.happen(what);
    writer.arrive(arrivals.filter(({ arrives }) => arrives === moment));
  }
  writer.tickTo(times.parse(flow.until));
  return writer.entries;
}

class FlowWriter {
  readonly #journal = new TestJournal();
  readonly #flow: FlowFile;
  readonly #rule: Rule;
  readonly #batching: Batching;
  readonly #described = new Map<string, DeviceDescription>();
  #clock: number;
  #isUp = true;
  #standsStill = false;

  constructor(flow: FlowFile, start: number, batching: Batching) {
    this.#flow = flow;
    this.#rule = parseRule(flow.rule);
    this.#batching = batching;
    this.#clock = start;
    this.#start();
    this.#journal.rule(this.#rule);
    for (const [device, description] of Object.entries(flow.devices ?? {})) this.#describe(device, description);
  }

  get entries(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  tickTo(time: number): void {
    if (!this.#isUp || this.#standsStill) this.#clock = time;
    for (; this.#clock + SECOND <= time; this.#clock += SECOND) this.#journal.tick(this.#clock + SECOND);
  }

  arrive(arrivals: readonly Arrival[]): void {
    if (arrivals.length === 0) return;
    if (!this.#isUp || this.#standsStill)
      throw new Error('Nothing arrives while the hub is down or stands still; say when it arrives.');
    const ofOrigin = (origin: Arrival['origin']) => arrivals.filter((arrival) => arrival.origin === origin);
    const entries =
      this.#batching === 'together'
        ? [ofOrigin('live'), ofOrigin('import')].filter((each) => each.length > 0)
        : arrivals.map((arrival) => [arrival]);
    for (const entry of entries) this.#readings(entry);
  }

  happen(what: string): void {
    const ofHub = /^hub (stops|starts|stands still|goes on)$/.exec(what)?.[1];
    if (ofHub === 'stops') this.#stop();
    else if (ofHub === 'starts') this.#start();
    else if (ofHub !== undefined) this.#standsStill = ofHub === 'stands still';
    else this.#ofDevice(what);
  }

  #ofDevice(what: string): void {
    const [, device, does, interval] =
      /^(\S+) (is (?:out of|in) service|declares an interval of (\S+))$/.exec(what) ?? [];
    if (device === undefined) throw new Error(`A flow knows nothing of this: ${what}`);
    this.#describe(device, interval === undefined ? { outOfService: does === 'is out of service' } : { interval });
  }

  #readings(arrivals: readonly Arrival[]): void {
    const { arrives, origin } = arrivals[0]!;
    const readings = arrivals.map(({ device, time, value }): TestReading => {
      return { device, time, value, labels: labelsOf(this.#described.get(device) ?? {}) };
    });
    this.#journal.readings(readings, arrives, origin, this.#flow.metric ?? this.#rule.when.metric);
  }

  #stop(): void {
    this.#journal.hubStop(this.#clock);
    this.#isUp = false;
  }

  #start(): void {
    const { timeZone = 'UTC', delay = '10s', idleAfter, lateness } = this.#flow;
    this.#journal.hubStart(this.#clock, {
      timeZone,
      delayMs: durationMs(delay),
      idleAfterMs: idleAfter === undefined ? DEFAULT_IDLE_AFTER_MS : durationMs(idleAfter),
      allowedLatenessMs: lateness === undefined ? 0 : durationMs(lateness),
      tickMs: SECOND,
    });
    this.#isUp = true;
  }

  #describe(device: string, change: DeviceDescription): void {
    const description = { ...this.#described.get(device), ...change };
    this.#described.set(device, description);
    const labelSpans = [{ from: -Infinity, labels: labelsOf(description) }];
    const payload = { device, domain: this.#rule.when.domain, description, labelSpans, receivedAt: this.#clock };
    this.#journal.append({ kind: 'device', origin: 'live', payload }, this.#clock);
  }
}

function labelsOf({ district = 'unknown', type = 'unknown', gateway }: DeviceDescription) {
  return { district, type, ...(gateway === undefined ? {} : { gateway }) };
}
