import type { Device, MetricDefinition } from '@seawall/model';
import { foldDevice } from '@seawall/ports';
import { GatewayAcceptance, type MqttMessage, type Verdict } from './acceptance.ts';
import { Counters } from './counters.ts';
import { DeviceDirectory } from './device-directory.ts';
import { ARRIVAL, controlledJournal, payloadsOf, recordingLog, registryOf } from './gateway-fixture.ts';
import { GroupCommit } from './group-commit.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';

export interface AcceptanceFixtureOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly devices?: readonly Device[];
  readonly metrics?: readonly MetricDefinition[];
  readonly telegrafTopic?: string;
}

/** The acceptance over a memory journal, without a broker: what a message becomes, and what is made of it. */
export async function acceptanceFixture(options: AcceptanceFixtureOptions = {}) {
  const { limits, devices, metrics, telegrafTopic } = options;
  const clock = { now: ARRIVAL };
  const { journal, control } = controlledJournal(() => clock.now);
  const all = { ...DEFAULT_LIMITS, ...limits };
  const directory = new DeviceDirectory(all);
  await directory.load(registryOf(devices, metrics));
  const counters = new Counters();
  const commit = new GroupCommit({
    journal,
    log: recordingLog(),
    onStored: (part) => counters.countStored(part),
    onHeld: () => undefined,
    elapsed: () => clock.now,
  });
  const acceptance = new GatewayAcceptance({
    journal,
    directory,
    commit,
    counters,
    limits: all,
    tenant: 'city',
    ...(telegrafTopic === undefined ? {} : { telegrafTopic }),
    now: () => clock.now,
  });
  const say = async (topic: string, payload: unknown, more: Partial<MqttMessage> = {}): Promise<Verdict> => {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    let verdict: Verdict | undefined = undefined;
    await new Promise<void>((resolve, reject) => {
      const message = { topic, payload: Buffer.from(text), retain: false, clientId: 'c', ...more };
      verdict = acceptance.accept(message, (error) => (error === undefined ? resolve() : reject(error)));
    });
    return verdict!;
  };
  /** The last state of a device, as readers of the journal have it. */
  const deviceOf = async (id: string): Promise<Device | undefined> => {
    const changes = (await payloadsOf(journal, 'device')).filter(({ device }) => device === id);
    return changes.reduce<Device | undefined>((device, change) => foldDevice(device, change, 0), undefined);
  };
  const reasons = async () =>
    (await payloadsOf(journal, 'rejections')).flat().map(({ reason, pointer }) => [reason, pointer]);
  return { clock, journal, control, directory, counters, commit, acceptance, say, reasons, deviceOf };
}
