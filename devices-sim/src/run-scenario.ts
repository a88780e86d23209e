import { randomBytes } from 'node:crypto';
import { cityDevices } from './city.ts';
import { CityReadings } from './city-readings.ts';
import type { SimulatedDevice } from './device-kind.ts';
import { UsageError } from './errors.ts';
import { Fleet } from './fleet.ts';
import { Outbox } from './outbox.ts';
import { type Pace, waitUntilDue } from './pacer.ts';
import { loadScenario, type Scenario } from './scenario.ts';
import { schedule } from './schedule.ts';
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

export interface TimelineEvent {
  /** Epoch ms. */
  readonly eventTime: number;
  readonly text: string;
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
   * The event time (epoch ms) the scenario's offsets count from. Unless given: now at speed 1, else the scenario's
   * duration before now, since nothing is published ahead of the clock.
   */
  readonly start?: number;
  /** The first event time to publish (epoch ms), for a run that goes on where another stopped; `start` unless given. */
  readonly resumeFrom?: number;
  /** Event seconds per second while behind the clock; Infinity is as fast as the hub takes it. 1 unless given. */
  readonly speed?: number;
  /** Publishes event times before this one (epoch ms); start + the scenario's duration unless given. */
  readonly until?: number | 'forever';
  /** 48 unless given. */
  readonly devices?: number;
  /** Ends the run early but in order: the promise resolves with what was done. */
  readonly signal?: AbortSignal;
  /** The wall clock, epoch ms. */
  readonly now?: () => number;
  /** How long the hub may be away before the run is given up: 60 s unless given, without end if `until` is 'forever'. */
  readonly patienceMs?: number;
  readonly onProgress?: (progress: ScenarioProgress) => void;
  /** Called as the run reaches what happens in the scenario. */
  readonly onEvent?: (event: TimelineEvent) => void;
}

export interface ScenarioSummary {
  /** Telemetry messages handed to the connections, and those of them that the hub acknowledged. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly readings: number;
  /** Epoch ms; null when nothing was sent. */
  readonly firstEventTime: number | null;
  readonly lastEventTime: number | null;
}

/**
 * Lets the simulated city live through a scenario: each device connects, describes itself, says `online` and
 * publishes its telemetry at QoS 1, never ahead of the clock; at the end each says `offline`.
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
    await publishAll(run, options);
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
  readonly city: CityReadings;
  readonly story: TimelineEvent[];
  readonly pace: Pace;
  readonly first: number;
  readonly until: number;
  readonly now: () => number;
  readonly fleet: Fleet;
  readonly outbox: Outbox;
  readonly done: { readings: number; firstEventTime: number | null; lastEventTime: number | null };
}

async function prepare(options: RunScenarioOptions): Promise<Run> {
  const { seed = 1, speed = 1, now = Date.now, url, token } = options;
  if (!(speed > 0)) throw new UsageError(`speed is ${speed}; give a number above 0.`);
  const scenario = typeof options.scenario === 'string' ? await loadScenario(options.scenario) : options.scenario;
  const start = options.start ?? (speed === 1 ? now() : now() - scenario.duration);
  const first = options.resumeFrom ?? start;
  const until = options.until === 'forever' ? Infinity : (options.until ?? start + scenario.duration);
  const devices = cityDevices(options.devices);
  const outbox = new Outbox(MAX_IN_FLIGHT);
  const patienceMs = options.patienceMs ?? (until === Infinity ? Infinity : PATIENCE_MS);
  const runId = randomBytes(4).toString('hex');
  const onFailure = (error: Error) => outbox.fail(error);
  return {
    seed,
    devices,
    city: new CityReadings(scenario, seed, start),
    story: storyOf(scenario, start).filter(({ eventTime }) => eventTime >= first),
    pace: { wallStart: now(), eventStart: first, speed, notAhead: true },
    first,
    until,
    now,
    fleet: new Fleet({ url, token, devices, patienceMs, runId, onFailure }),
    outbox,
    done: { readings: 0, firstEventTime: null, lastEventTime: null },
  };
}

async function publishAll(run: Run, { onProgress, onEvent }: RunScenarioOptions): Promise<void> {
  const { fleet, outbox, done } = run;
  for (const { device, eventTime } of schedule(run.devices, run.seed, run.first)) {
    if (eventTime >= run.until) return;
    await waitUntilDue(run.pace, eventTime, run.now, outbox.failed);
    while (run.story[0] !== undefined && run.story[0].eventTime <= eventTime) {
      const event = run.story.shift()!;
      onEvent?.(event);
    }
    const values = run.city.read(device, eventTime);
    if (values === undefined) continue;
    const topic = topicOf(device.kind.domain, device.id, 'telemetry');
    await outbox.publish(fleet.linkOf(device), { topic, payload: JSON.stringify({ ts: eventTime, values }), qos: 1 });
    done.readings += Object.keys(values).length;
    done.firstEventTime ??= eventTime;
    done.lastEventTime = eventTime;
    if (outbox.sent % PROGRESS_EVERY === 0) {
      onProgress?.({ eventTime, sent: outbox.sent, acknowledged: outbox.acknowledged });
    }
  }
}

/** What happens, in order. */
function storyOf({ timeline }: Scenario, start: number): TimelineEvent[] {
  const events = timeline.flatMap(({ from, to, text, over }) => [
    { eventTime: start + from, text },
    { eventTime: start + to, text: over },
  ]);
  return events.sort((a, b) => a.eventTime - b.eventTime);
}
