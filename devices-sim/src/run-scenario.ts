import { formatRfc3339 } from '@seawall/calendar';
import { randomBytes } from 'node:crypto';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import type { SimulatedDevice } from './device-kind.ts';
import { UsageError } from './errors.ts';
import { CityFaults } from './faults/city-faults.ts';
import { Delivery, payloadOf, type TelemetryMessage } from './faults/delivery.ts';
import { Redeclarations } from './faults/redeclarations.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { Outbox } from './outbox.ts';
import { type Pace, waitUntilDue } from './pacer.ts';
import { loadScenario, type Scenario } from './scenario.ts';
import { schedule } from './schedule.ts';
import { storyOf, type TimelineEvent } from './story.ts';
import { topicOf } from './topics.ts';

/** Bounds memory, and how far one device's readings can run ahead of another's. */
const MAX_IN_FLIGHT = 512;
const PATIENCE_MS = 60_000;
/** Messages between two calls of `onProgress`. */
const PROGRESS_EVERY = 100;

export interface ScenarioProgress {
  /** The newest event time handed over, epoch ms. */
  readonly eventTime: number;
  readonly sent: number;
  readonly acknowledged: number;
}

export interface RunScenarioOptions {
  /** A name from `scenarioNames()`, the path of a YAML file, or a scenario. */
  readonly scenario: string | Scenario;
  /** mqtt://, mqtts://, ws:// or wss:// */
  readonly url: string;
  readonly token?: string;
  /** 1 unless given. */
  readonly seed?: number;
  /**
   * The event time (epoch ms) the scenario's offsets count from, not after now. Unless given: now at speed 1, else the
   * scenario's duration before now, since nothing is published ahead of the clock.
   */
  readonly start?: number;
  /** The first event time to publish (epoch ms), for a run that goes on where another stopped; `start` unless given. */
  readonly resumeFrom?: number;
  /** Event seconds per second while behind the clock; Infinity is as fast as the hub takes it. 1 unless given. */
  readonly speed?: number;
  /** Publishes event times before this one (epoch ms); start + the scenario's duration unless given. */
  readonly until?: number | 'forever';
  /** How many; as many as `cityDevices()` gives unless given. */
  readonly devices?: number;
  /** Ends the run early but in order: the promise resolves with what was done. */
  readonly signal?: AbortSignal;
  /** The wall clock, epoch ms. */
  readonly now?: () => number;
  /** How long the hub may be away before the run is given up: 60 s unless given, without end if `until` is 'forever'. */
  readonly patienceMs?: number;
  /** Called while the devices connect: how many have described themselves, of how many. */
  readonly onIntroduced?: (devices: number, of: number) => void;
  readonly onProgress?: (progress: ScenarioProgress) => void;
  /** Called as the run reaches what happens in the city or to its devices. */
  readonly onEvent?: (event: TimelineEvent) => void;
}

export interface ScenarioSummary {
  /** Telemetry messages handed to the connections, and those of them that the hub acknowledged. */
  readonly sent: number;
  readonly acknowledged: number;
  /** Readings in them, those that were sent twice counted once. */
  readonly readings: number;
  /** Readings that came in a burst after a lost link. */
  readonly late: number;
  /** Messages that were sent a second time. */
  readonly copies: number;
  /** Appointments at which a device said nothing: it was silent, off its link or without power. */
  readonly missed: number;
  /** Epoch ms; null when nothing was sent. */
  readonly firstEventTime: number | null;
  readonly lastEventTime: number | null;
}

/**
 * Lets the simulated city live through a scenario: its devices connect and describe themselves and publish their
 * telemetry at QoS 1, with the faults they have, nothing before it was measured. Up to 1,000 devices have a connection
 * each, say `online`, and `offline` at the end; more of them share gateways.
 * @throws UsageError, HubUnreachableError, HubRefusedError
 */
export async function runScenario(options: RunScenarioOptions): Promise<ScenarioSummary> {
  const run = await prepare(options);
  const { signal } = options;
  const abort = () => run.outbox.fail(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await run.fleet.connect(run.outbox.failed);
    // The clock of the pace begins when the city does, however long its devices took to connect.
    await publishAll(run, { ...run.pace, wallStart: run.now() }, options);
    await run.outbox.drained();
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    await run.fleet.close();
  }
  return { ...run.done, sent: run.outbox.sent, acknowledged: run.outbox.acknowledged };
}

interface Run {
  readonly seed: number;
  readonly devices: readonly SimulatedDevice[];
  readonly delivery: Delivery;
  readonly redeclarations: Redeclarations;
  readonly story: TimelineEvent[];
  readonly pace: Omit<Pace, 'wallStart'>;
  readonly first: number;
  readonly until: number;
  readonly now: () => number;
  readonly fleet: Fleet;
  readonly outbox: Outbox;
  /** Messages sent when progress was last told. */
  told: number;
  readonly done: { -readonly [K in Exclude<keyof ScenarioSummary, 'sent' | 'acknowledged'>]: ScenarioSummary[K] };
}

async function prepare(options: RunScenarioOptions): Promise<Run> {
  const { seed = 1, speed = 1, now = Date.now, url, token, onIntroduced } = options;
  if (!(speed > 0)) throw new UsageError(`speed is ${speed}; give a number above 0.`);
  const scenario = typeof options.scenario === 'string' ? await loadScenario(options.scenario) : options.scenario;
  const start = options.start ?? (speed === 1 ? now() : now() - scenario.duration);
  const first = options.resumeFrom ?? start;
  refuseFuture(start, now());
  const until = options.until === 'forever' ? Infinity : (options.until ?? start + scenario.duration);
  const devices = cityDevices(options.devices);
  const outbox = new Outbox(MAX_IN_FLIGHT);
  const patienceMs = options.patienceMs ?? (until === Infinity ? Infinity : PATIENCE_MS);
  const runId = randomBytes(4).toString('hex');
  const onFailure = (error: Error) => outbox.fail(error);
  const introduced = (count: number) => onIntroduced?.(count, devices.length);
  const faults = new CityFaults(scenario.faults, seed, start);
  return {
    seed,
    devices,
    delivery: new Delivery(new CityReadings(scenario, seed, start), faults, seed),
    redeclarations: new Redeclarations(),
    story: storyOf(scenario, start, faults, devices).filter(({ eventTime }) => eventTime >= first),
    pace: { eventStart: first, speed, notAhead: true },
    first,
    until,
    now,
    fleet: createFleet({ url, token, devices, patienceMs, runId, onFailure, onIntroduced: introduced }),
    outbox,
    told: 0,
    done: { readings: 0, late: 0, copies: 0, missed: 0, firstEventTime: null, lastEventTime: null },
  };
}

function refuseFuture(start: number, now: number): void {
  if (start <= now) return;
  throw new UsageError(
    `The start ${formatRfc3339(start)} lies in the future, and devices publish nothing before it is measured; ` +
      'give a time that has passed.',
  );
}

async function publishAll(run: Run, pace: Pace, options: RunScenarioOptions): Promise<void> {
  const { outbox, done } = run;
  for (const { device, eventTime } of schedule(run.devices, run.seed, run.first)) {
    if (eventTime >= run.until) return;
    await waitUntilDue(pace, eventTime, run.now, outbox.failed);
    for (let next = run.story[0]; next !== undefined && next.eventTime <= eventTime; next = run.story[0]) {
      run.story.shift();
      options.onEvent?.(next);
    }
    const messages = run.delivery.messages(device, eventTime);
    if (messages.length === 0) {
      done.missed++;
      continue;
    }
    describeAnew(run, device, eventTime);
    for (const message of messages) await publish(run, device, message);
    tellProgress(run, eventTime, options);
    done.firstEventTime ??= eventTime;
    done.lastEventTime = eventTime;
  }
}

function describeAnew({ delivery, redeclarations, fleet }: Run, device: SimulatedDevice, eventTime: number): void {
  const description = delivery.description(device, eventTime);
  if (redeclarations.isNew(device, description)) fleet.describe(device, description);
}

async function publish(
  { fleet, outbox, done }: Run,
  device: SimulatedDevice,
  message: TelemetryMessage,
): Promise<void> {
  const { readings, as } = message;
  const topic = topicOf(device.kind.domain, device.id, 'telemetry');
  await outbox.publish(fleet.linkOf(device), { topic, payload: payloadOf(message), qos: 1 });
  if (as === 'copy') done.copies++;
  else done.readings += readings;
  if (as === 'burst') done.late += readings;
}

function tellProgress(run: Run, eventTime: number, { onProgress }: RunScenarioOptions): void {
  const { sent, acknowledged } = run.outbox;
  if (sent - run.told < PROGRESS_EVERY) return;
  run.told = sent;
  onProgress?.({ eventTime, sent, acknowledged });
}
