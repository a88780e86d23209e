import { sampleOfBytes, type Fault } from '@seawall/codecs';
import { ReadingBatchBuilder, type Rejection } from '@seawall/model';
import {
  OverloadedError,
  type Acceptance,
  type Appended,
  type DeviceChange,
  type Journal,
  type Origin,
  type Receipt,
  type TelemetrySubmission,
} from '@seawall/ports';
import { createHash } from 'node:crypto';
import { BoundedDescriptions } from './bounded-descriptions.ts';
import { boundedFaults } from './bounded-faults.ts';
import type { Counters } from './counters.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { GroupCommit } from './group-commit.ts';
import { firstReceipt, inSendersWords, receiptOf, submissionKey } from './http-submission.ts';
import { LaneOfLine } from './lane-of-line.ts';
import { LaneSink } from './lane-sink.ts';
import type { GatewayLimits } from './limits.ts';
import { MessageDecoder, type KnownTopic } from './message-decoder.ts';
import { keyId, Part, rejectionsKey, type Acknowledge, type PartKey } from './part.ts';
import { rejectionOf } from './rejection-of.ts';
import { SubmissionDecoder } from './submission-decoder.ts';
import { placeOf, TopicCache, type TopicPlace } from './topic.ts';

/** A message as the broker has it. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  /** null for the will of a client that is long gone. */
  readonly clientId: string | null;
  /** What its client connected with; absent if it gave none. */
  readonly userName?: string;
  /** For QoS 2: the packet's id, and whether the sender says that it sends it again. */
  readonly exactlyOnce?: { readonly packetId: number; readonly dup: boolean };
}

/** What the broker does with a message after its acknowledgement. */
export type Verdict = 'forward' | 'drop';

export interface AcceptanceOptions {
  readonly journal: Journal;
  readonly directory: DeviceDirectory;
  readonly commit: GroupCommit;
  readonly counters: Counters;
  readonly limits: GatewayLimits;
  readonly tenant: string;
  /** As in `TopicGrammar`. */
  readonly telegrafTopic?: string;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What a message holds besides its payload while it waits: the packet, its callbacks. Measured, rounded up. */
const MESSAGE_OVERHEAD = 512;
const REJECTION_OVERHEAD = 1024;
const RETRY_AFTER_SECONDS = 5;
const BYTES_PER_CHARACTER = 2;

/**
 * The stages every message passes: authorise → decode → validate → label → append → acknowledge. The middle three are
 * one pass over the payload: the codec gives each reading to a `LaneSink`, which validates and labels it.
 */
export class GatewayAcceptance implements Acceptance {
  readonly #options: AcceptanceOptions;
  readonly #topics: TopicCache<KnownTopic>;
  readonly #messages: MessageDecoder;
  readonly #submissions: SubmissionDecoder;
  /** Where the message under work puts what it brings. */
  #part: Part;

  constructor(options: AcceptanceOptions) {
    this.#options = options;
    const { limits, directory, commit } = options;
    this.#topics = new TopicCache(limits.maxKnownTopics, (topic) => ({
      place: placeOf(topic, options),
      lane: undefined,
    }));
    this.#part = commit.open;
    const onChange = (change: DeviceChange) => this.#part.addChange(change);
    const sink = new LaneSink(directory, onChange);
    const { maxLabelChanges, maxOwnLabelChanges } = limits;
    const foreignDescriptions = new BoundedDescriptions({ directory, maxLabelChanges, nested: false });
    const ownDescriptions = new BoundedDescriptions({ directory, maxLabelChanges: maxOwnLabelChanges, nested: true });
    const lines = new LaneOfLine({ directory, descriptions: foreignDescriptions, sink, onChange });
    this.#messages = new MessageDecoder({
      directory,
      ownDescriptions,
      foreignDescriptions,
      lines,
      sink,
      limits,
      onChange,
    });
    this.#submissions = new SubmissionDecoder({ directory, lines, sink, limits });
  }

  /**
   * Takes a message in. `acknowledge` is called once all it brought is on disk, after those of earlier messages; with
   * an error if the journal refuses it for good.
   * @returns at once, what shall become of the message itself
   */
  accept(message: MqttMessage, acknowledge: Acknowledge): Verdict {
    this.#options.counters.messages++;
    const known = this.#topics.get(message.topic);
    const { place } = known;
    if (place.kind === 'foreign') return this.#pass(message, acknowledge);
    if (place.kind === 'refused') return this.#refuse(message, place, acknowledge);
    // An empty retained message takes back what the topic retains.
    if (message.retain && message.payload.length === 0 && !isPersonal(place)) return this.#pass(message, acknowledge);
    const key = place.kind === 'attributes' || place.kind === 'status' ? undefined : this.#keyOf(message);
    return key === undefined
      ? this.#gather(message, known, acknowledge)
      : this.#acceptOnce(message, known, key, acknowledge);
  }

  /** A packet that was cut off before it was read. */
  rejectPacket(rejection: Omit<Rejection, 'receivedAt'>, clientId: string | null): void {
    this.#part = this.#options.commit.open;
    const kept = this.#now(rejection);
    this.#keep(kept, clientId);
    this.#options.commit.gathered(REJECTION_OVERHEAD + kept.topic.length * BYTES_PER_CHARACTER);
  }

  /** The hub forgets a QoS 2 packet id: its handshake is over, or its session. */
  released(clientId: string, packetId: number): void {
    this.#forget(packetKey(clientId, packetId));
  }

  async reject(rejection: Omit<Rejection, 'receivedAt'>, origin: Origin): Promise<void> {
    const part = new Part(origin);
    part.rejections.push(this.#now(rejection));
    await this.#append(part);
    this.#options.counters.countStored(part);
  }

  async submit(submission: TelemetrySubmission): Promise<Receipt> {
    const { commit, limits, counters } = this.#options;
    if (commit.heldBytes + submission.body.length > limits.maxHeldBytes) {
      throw new OverloadedError(
        'More is waiting for the disk than the hub may hold; send this again later.',
        RETRY_AFTER_SECONDS,
      );
    }
    counters.messages++;
    const key = submissionKey(submission);
    const part = this.#decodeSubmission(submission, new Part(submission.origin, key));
    commit.hold(part, submission.body.length + broughtBytes(part));
    try {
      const first = await this.#append(part);
      if (part.duplicate) return await firstReceipt(this.#options.journal, key!, first!, receiptOf(part));
    } catch (error) {
      // The device was registered in memory; the log must hear of it before its next reading.
      if (part.changes.length > 0) this.#keepChanges(part.changes);
      throw inSendersWords(error, submission);
    } finally {
      commit.release(part);
    }
    counters.countStored(part);
    return receiptOf(part);
  }

  /** @returns where the draft with the key was stored, if there is one */
  async #append(part: Part): Promise<Appended | undefined> {
    const appended = await this.#options.journal.append(part.drafts());
    const keyed = part.key && appended[part.changes.length];
    part.duplicate = keyed?.duplicate ?? false;
    return keyed;
  }

  #pass({ payload }: MqttMessage, acknowledge: Acknowledge): Verdict {
    const { commit } = this.#options;
    // Acknowledgements keep the order of arrival [MQTT-4.6.0-2].
    if (commit.idle) acknowledge();
    else {
      commit.open.acknowledgements.push(acknowledge);
      commit.gathered(payload.length + MESSAGE_OVERHEAD);
    }
    return 'forward';
  }

  #refuse(message: MqttMessage, place: Extract<TopicPlace, { kind: 'refused' }>, acknowledge: Acknowledge): Verdict {
    const { commit, now } = this.#options;
    this.#part = commit.open;
    const fault: Fault = { ...place.refusal, pointer: '', sample: sampleOfBytes(message.payload) };
    this.#keep(rejectionOf(fault, message.topic, place, now()), message.clientId);
    commit.open.acknowledgements.push(acknowledge);
    commit.gathered(message.payload.length + MESSAGE_OVERHEAD + REJECTION_OVERHEAD);
    return 'drop';
  }

  /** The usual way: into the open batch, with everybody else's. */
  #gather(message: MqttMessage, known: KnownTopic, acknowledge: Acknowledge): Verdict {
    const { commit } = this.#options;
    const part = commit.open;
    const before = broughtBytes(part);
    const verdict = this.#take(message, known, part, commit.builder);
    part.acknowledgements.push(acknowledge);
    commit.gathered(message.payload.length + MESSAGE_OVERHEAD + broughtBytes(part) - before);
    return verdict;
  }

  /** A QoS 2 message has entries of its own, under a key, so that its second coming stores nothing. */
  #acceptOnce(message: MqttMessage, known: KnownTopic, key: PartKey, acknowledge: Acknowledge): Verdict {
    const part = new Part('live', key);
    const builder = new ReadingBatchBuilder();
    const verdict = this.#take(message, known, part, builder);
    part.batch = builder.take();
    part.acknowledgements.push(acknowledge);
    this.#options.commit.add(part, message.payload.length + MESSAGE_OVERHEAD + broughtBytes(part));
    return verdict;
  }

  #keyOf({ exactlyOnce, clientId, topic, payload }: MqttMessage): PartKey | undefined {
    if (exactlyOnce === undefined || clientId === null) return undefined;
    const id = packetKey(clientId, exactlyOnce.packetId);
    // [MQTT-3.3.1-1]: without DUP it is a new message, though its id came round.
    if (!exactlyOnce.dup) this.#forget(id);
    return { id, fingerprint: createHash('sha256').update(`${topic}\u0000`).update(payload).digest('hex') };
  }

  #forget(key: string): void {
    this.#options.journal.forgetKey(key);
    this.#options.journal.forgetKey(rejectionsKey(key));
  }

  #take(message: MqttMessage, known: KnownTopic, part: Part, builder: ReadingBatchBuilder): Verdict {
    this.#part = part;
    const arrivalTime = this.#options.now();
    const { usable, personal, faults, domain, device } = this.#messages.decode(message, known, builder, arrivalTime);
    for (const fault of faults)
      this.#keep(rejectionOf(fault, message.topic, { domain, device }, arrivalTime), message.clientId);
    return usable && !personal ? 'forward' : 'drop';
  }

  #decodeSubmission(submission: TelemetrySubmission, part: Part): Part {
    const { source, domain, device } = submission;
    const { limits, now } = this.#options;
    const arrivalTime = now();
    const builder = new ReadingBatchBuilder();
    this.#part = part;
    const { faults, lines } = this.#submissions.decode(submission, builder, arrivalTime);
    part.batch = builder.take();
    part.lines = lines;
    for (const fault of boundedFaults(faults, limits.maxRejectionsPerSubmission))
      this.#keep(rejectionOf(fault, source, { domain, device }, arrivalTime), null);
    return part;
  }

  #now({ topic, domain, device, ...fault }: Omit<Rejection, 'receivedAt'>): Rejection {
    const subject = { ...(domain !== undefined && { domain }), ...(device !== undefined && { device }) };
    return rejectionOf(fault, topic, subject, this.#options.now());
  }

  #keep(rejection: Rejection, clientId: string | null): void {
    this.#part.rejections.push(rejection);
    this.#part.senders.push(clientId);
  }

  #keepChanges(changes: readonly DeviceChange[]): void {
    const part = new Part();
    for (const change of changes) part.addChange(change);
    this.#options.commit.add(part, part.changeBytes);
  }
}

/** What messages led to beside their readings, which are no more than the payload. */
function broughtBytes({ rejections, changeBytes }: Part): number {
  return rejections.length * REJECTION_OVERHEAD + changeBytes;
}

/** Nothing is retained there, so there is nothing to take back. */
function isPersonal({ kind }: TopicPlace): boolean {
  return kind === 'own-telemetry' || kind === 'own-attributes';
}

function packetKey(clientId: string, packetId: number): string {
  return keyId('mqtt', clientId, packetId);
}
