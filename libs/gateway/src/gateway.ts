import type { Rejection, RejectionReason } from '@seawall/model';
import type { Acceptance, Journal, Registry, SessionStore } from '@seawall/ports';
import type { Aedes } from 'aedes';
import { setImmediate } from 'node:timers/promises';
import { GatewayAcceptance } from './acceptance.ts';
import { Counters } from './counters.ts';
import { createBroker } from './mqtt-broker.ts';
import { DeviceDirectory } from './device-directory.ts';
import { DropReport } from './drop-report.ts';
import { ErrorsTopic } from './errors-topic.ts';
import type { OversizedPacket } from './frame-guard.ts';
import type { GatewayLog } from './gateway-log.ts';
import { GroupCommit } from './group-commit.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
import { MqttDoor } from './mqtt-door.ts';
import type { Part } from './part.ts';
import { SessionSweep } from './session-sweep.ts';
import { placeOf, type TopicGrammar } from './topic.ts';

export interface GatewayOptions {
  readonly journal: Journal;
  readonly registry: Pick<Registry, 'allDevices' | 'metrics'>;
  /** The broker's retained messages and sessions; kept in memory unless given. The caller closes it. */
  readonly sessions?: SessionStore;
  readonly bind: string;
  /** 0 takes a free port. */
  readonly mqttPort: number;
  readonly mqttWsPort: number;
  /** Asked of every client as its password; without it everybody is let in. */
  readonly token?: string;
  /** The first level of every device's topic; "city" unless given. */
  readonly tenant?: string;
  /** Under this topic Telegraf's messages are taken in, as `<telegrafTopic>/<host>/<plugin>`; they pass unless given. */
  readonly telegrafTopic?: string;
  readonly limits?: Partial<GatewayLimits>;
  /** Epoch ms; the wall clock unless given. */
  readonly now?: () => number;
  /** Ms of a clock that nobody sets, for intervals; the system's unless given. */
  readonly elapsed?: () => number;
  readonly log: GatewayLog;
}

export interface HubMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  readonly qos: 0 | 1;
}

/** What the gateway does, for `/metrics`; counts are since its start. */
export interface GatewayStatus {
  readonly connections: number;
  readonly devices: number;
  readonly messages: number;
  readonly acceptedReadings: number;
  /** Of these, the ones outside their metric's min–max: stored and flagged. */
  readonly outOfRangeReadings: number;
  readonly rejected: Readonly<Partial<Record<RejectionReason, number>>>;
  /** Answers on `…/errors` topics. */
  readonly answers: number;
  /** Memory of what waits for the disk. */
  readonly heldBytes: number;
  /** Sockets that are not read just now. */
  readonly pausedSockets: number;
  /** False while the journal takes nothing. */
  readonly accepting: boolean;
  /** How long the oldest of what waits for the disk has waited; 0 if nothing waits. Grows also while a write hangs. */
  readonly oldestWaitMs: number;
  /** Appends that the journal refused for good; their senders were cut off unacknowledged. */
  readonly refusedAppends: number;
  /** Beyond the limit of connections, of a page of another origin, or cut off before a CONNECT was accepted for what they sent. */
  readonly refusedConnections: number;
  readonly slowSubscribersCut: number;
}

export interface Gateway {
  readonly acceptance: Acceptance;
  readonly mqttPort: number;
  readonly mqttWsPort: number;
  /**
   * Publishes a message of the hub's own, which is not accepted as input. Resolves when the broker has taken it, and
   * for a retained one stored it.
   */
  publish(message: HubMessage): Promise<void>;
  /** Tells senders, on their devices' errors topics, why what they sent was not kept after all: as bounded as any answer. */
  tell(rejections: readonly Rejection[]): void;
  status(): GatewayStatus;
  /** Stops listening, waits a few seconds at most for appends under way, and disconnects clients, wills unsaid. */
  close(): Promise<void>;
}

/** For the topic of an answer about a device that can't be named, since its client is not known any more. */
const UNKNOWN_CLIENT = '_';
const SWEEP_MS = 1000;
const DRAIN_MS = 3000;
/** So often sessions may expire, and the log is told what they have lost. */
const SESSIONS_KEPT_EVERY_MS = 60_000;
/**
 * A wait for the disk from which on it counts as hung. With SWEEP_MS less than 1.5 s, the shortest silence for which a
 * client is cut (keepalive 1).
 */
const HUNG_MS = 250;

/** Loads the devices, and opens the doors. @throws ListenError for a port that is taken */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new RunningGateway(options);
  await gateway.start(options);
  return gateway;
}

class RunningGateway implements Gateway {
  readonly acceptance: GatewayAcceptance;
  readonly #counters = new Counters();
  readonly #limits: GatewayLimits;
  readonly #grammar: TopicGrammar;
  readonly #directory: DeviceDirectory;
  readonly #commit: GroupCommit;
  readonly #errors: ErrorsTopic;
  readonly #log: GatewayLog;
  #broker!: Aedes;
  #door!: MqttDoor;
  #timer: NodeJS.Timeout | undefined;
  #sessionsTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    const { journal, tenant = 'city', telegrafTopic, limits, log } = options;
    const { now = Date.now, elapsed = () => performance.now() } = options;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#grammar = { tenant, ...(telegrafTopic === undefined ? {} : { telegrafTopic }) };
    this.#log = log;
    this.#directory = new DeviceDirectory(this.#limits);
    this.#errors = new ErrorsTopic({ tenant, elapsed, publish: (topic, payload) => this.#answer(topic, payload) });
    this.#commit = new GroupCommit({
      journal,
      log,
      elapsed,
      onStored: (part) => this.#settled(part),
      onHeld: (heldBytes) => this.#balance(heldBytes),
    });
    this.acceptance = new GatewayAcceptance({
      journal,
      directory: this.#directory,
      commit: this.#commit,
      counters: this.#counters,
      limits: this.#limits,
      ...this.#grammar,
      now,
    });
  }

  async start({ registry, sessions, token, bind, mqttPort, mqttWsPort }: GatewayOptions): Promise<void> {
    await this.#directory.load(registry);
    const closing = () => this.#closed !== undefined;
    const { maxSubscriptionsPerClient } = this.#limits;
    this.#broker = await createBroker({
      acceptance: this.acceptance,
      sessions,
      token,
      maxSubscriptionsPerClient,
      closing,
      log: this.#log,
    });
    this.#door = new MqttDoor({
      broker: this.#broker,
      bind,
      mqttPort,
      mqttWsPort,
      asksToken: token !== undefined,
      limits: this.#limits,
      counters: this.#counters,
      onOversized: (packet, clientId) => this.#rejectOversized(packet, clientId),
      onSlow: (clientId) => this.#cutSlow(clientId),
    });
    try {
      await this.#door.open();
    } catch (error) {
      await this.#door.close();
      throw error;
    }
    this.#timer = setInterval(() => this.#everySecond(), SWEEP_MS);
    this.#timer.unref();
    if (sessions !== undefined) this.#keepSessions(sessions);
  }

  get mqttPort(): number {
    return this.#door.mqttPort;
  }

  get mqttWsPort(): number {
    return this.#door.mqttWsPort;
  }

  publish({ topic, payload, retain, qos }: HubMessage): Promise<void> {
    const bytes =
      typeof payload === 'string'
        ? Buffer.from(payload)
        : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    return new Promise((resolve, reject) => {
      this.#broker.publish({ cmd: 'publish', dup: false, topic, payload: bytes, retain, qos }, (error) => {
        if (error) reject(new Error(`The message on ${topic} was not published: ${error.message}.`, { cause: error }));
        else resolve();
      });
    });
  }

  tell(rejections: readonly Rejection[]): void {
    for (const rejection of rejections) this.#errors.answer(rejection, UNKNOWN_CLIENT);
  }

  status(): GatewayStatus {
    const {
      messages,
      acceptedReadings,
      outOfRangeReadings,
      rejected,
      answers,
      refusedConnections,
      slowSubscribersCut,
    } = this.#counters;
    return {
      connections: this.#door.connections,
      devices: this.#directory.size,
      messages,
      acceptedReadings,
      outOfRangeReadings,
      rejected: { ...rejected },
      answers,
      heldBytes: this.#commit.heldBytes,
      pausedSockets: this.#door.paused ? this.#door.connections : 0,
      accepting: !this.#commit.failing,
      oldestWaitMs: this.#commit.oldestWaitMs,
      refusedAppends: this.#commit.refusedParts,
      refusedConnections,
      slowSubscribersCut,
    };
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#door.stopListening();
    if (!(await this.#commit.drain(DRAIN_MS)))
      this.#log.warn('closed before all that was held could be stored; it was not acknowledged');
    this.#commit.stop();
    clearInterval(this.#timer);
    clearInterval(this.#sessionsTimer);
    // The broker writes acknowledgements at the end of the turn.
    await setImmediate();
    await this.#door.close();
  }

  /** Pauses the sockets above the cap, and reads them again once half of it is free. */
  #balance(heldBytes: number): void {
    if (heldBytes > this.#limits.maxHeldBytes) this.#door.pause();
    else if (this.#door.paused && heldBytes <= this.#limits.maxHeldBytes / 2) this.#door.resume();
  }

  #everySecond(): void {
    this.#errors.sweep();
    // The broker hears no client, not even its ping, until it has answered what the client published.
    if (this.#door.paused || this.#commit.failing || this.#commit.oldestWaitMs > HUNG_MS)
      this.#door.refreshKeepalives();
  }

  #keepSessions(sessions: SessionStore): void {
    const report = new DropReport(() => sessions.status(), this.#log);
    const sweep = new SessionSweep(sessions, this.#log);
    this.#sessionsTimer = setInterval(() => {
      report.tell();
      void sweep.sweep();
    }, SESSIONS_KEPT_EVERY_MS);
    this.#sessionsTimer.unref();
  }

  #settled(part: Part): void {
    this.#counters.countStored(part);
    const { rejections, senders } = part;
    for (const [i, rejection] of rejections.entries()) {
      const sender = senders[i];
      if (typeof sender === 'string') this.#errors.answer(rejection, sender);
    }
  }

  #answer(topic: string, payload: string): void {
    this.#counters.answers++;
    this.publish({ topic, payload, retain: false, qos: 0 }).catch((error: unknown) => {
      this.#log.warn('an answer to a sender was not published', { err: error });
    });
  }

  #rejectOversized({ bytes, topic = '' }: OversizedPacket, clientId: string): void {
    const place = topic === '' ? undefined : placeOf(topic, this.#grammar);
    const subject =
      place !== undefined && place.kind !== 'foreign' ? { domain: place.domain, device: place.device } : {};
    const detail = `The packet has ${bytes} bytes, more than the ${this.#limits.maxPacketBytes} allowed; send several smaller ones.`;
    this.acceptance.rejectPacket({ reason: 'too-large', detail, topic, ...subject, pointer: '', sample: '' }, clientId);
  }

  #cutSlow(clientId: string | null): void {
    this.#counters.slowSubscribersCut++;
    this.#log.warn('a subscriber that does not read was cut off', { clientId, bytes: this.#limits.maxSubscriberBytes });
  }
}
