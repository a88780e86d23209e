import {
  decodeLineProtocol,
  labelNameFault,
  ownCopy,
  sampleOfText,
  type DevicePatch,
  type Fault,
  type LineLimits,
  type LineProtocolResult,
  type LineSinkFinder,
  type LineTags,
  type Precision,
  type ReadingSink,
  type Refusal,
  type Subject,
  type SubjectRefusal,
} from '@seawall/codecs';
import { nameFault, type DeviceDescription } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';
import { LABEL_FIELDS, type BoundedDescriptions } from './bounded-descriptions.ts';
import type { DeviceDirectory } from './device-directory.ts';
import type { Lane } from './device-entry.ts';
import { foreignName } from './foreign-name.ts';
import type { LaneSink } from './lane-sink.ts';
import { subjectFault } from './topic.ts';

/** What the door knows of the lines that came by it. */
export interface LineDoor {
  /** A topic that names its sender: every line must be of it. */
  readonly sender?: { readonly domain: string; readonly device: string };
  /** The device of lines that have no tag `device` and no tag `host`; `_` unless given. */
  readonly fallbackDevice?: string;
  /** Epoch ms. */
  readonly arrivalTime: number;
}

/** What came of one message's lines. */
export interface DecodedLines extends LineProtocolResult {
  /** That they led to, in the order they were found. */
  readonly lanes: readonly Lane[];
}

/** The work on one message. */
interface LineMessage {
  readonly door: LineDoor;
  /** By domain and device. */
  readonly sinks: Map<string, TaggedSink>;
  /** Of tags that can't be labels; the readings beside them are kept. */
  readonly faults: Fault[];
  /** Of those told. */
  unusableTags: number;
}

export interface LaneOfLineOptions {
  readonly directory: DeviceDirectory;
  readonly descriptions: BoundedDescriptions;
  /** Has begun the message before its first line is read. */
  readonly sink: LaneSink;
  /** Told of what must go to the log before the readings. */
  readonly onChange: (change: DeviceChange) => void;
}

/** A head whose tags its device has taken on. */
interface KnownHead {
  readonly lane: Lane;
  /** The device's description then: while it is the same object there is nothing to do. */
  readonly description: DeviceDescription;
}

const NO_DEVICE = '_';
const MAX_KNOWN_HEADS = 100_000;
const LONGEST_KNOWN_HEAD = 512;
/** Of one message; a head of 64 kB may hold ten thousand, and each is kept with its reason. */
const MAX_UNUSABLE_TAGS = 1000;
/** More than any device may have, so that what follows them in a line makes no difference. */
const MANY_LABELS = 64;

/**
 * Whose a line of line protocol is: the measurement is the domain, the tag `device`, else `host`, is the device, and
 * all tags but `device` are its labels, merged by key into its description.
 */
export class LaneOfLine {
  readonly #known = new Map<string, KnownHead>();
  readonly #options: LaneOfLineOptions;

  constructor(options: LaneOfLineOptions) {
    this.#options = options;
  }

  /** Takes in the lines of one message: their readings go to the sink, their tags to their devices. */
  decode(payload: Uint8Array, precision: Precision, limits: LineLimits, door: LineDoor): DecodedLines {
    const message: LineMessage = { door, sinks: new Map(), faults: [], unusableTags: 0 };
    const find: LineSinkFinder = (...head) => this.#sinkOf(message, ...head);
    const { faults, lines, dropped } = decodeLineProtocol(payload, precision, door.arrivalTime, limits, find);
    const lanes = [...message.sinks.values()].map(({ lane }) => lane);
    return { faults: [...faults, ...message.faults], lines, dropped, lanes };
  }

  #sinkOf(
    message: LineMessage,
    measurement: string,
    tags: LineTags,
    head: string,
    line: number,
  ): ReadingSink | SubjectRefusal {
    const { door, sinks } = message;
    const { sender, fallbackDevice = NO_DEVICE } = door;
    const key = `${sender === undefined ? fallbackDevice : `${sender.domain}/${sender.device}`}\n${head}`;
    const known = this.#known.get(key);
    const lane = known?.lane ?? this.#lane(measurement, tags, door);
    if ('reason' in lane) return lane;
    const name = `${lane.domain}/${lane.device.id}`;
    let sink = sinks.get(name);
    if (sink === undefined) sinks.set(name, (sink = new TaggedSink(this.#options, lane, door.arrivalTime)));
    if (known === undefined || known.description !== lane.device.description)
      this.#describe(message, sink, tags, key, line);
    return sink;
  }

  #lane(measurement: string, tags: LineTags, { sender, fallbackDevice = NO_DEVICE }: LineDoor): Lane | SubjectRefusal {
    const { directory } = this.#options;
    const tagged = tagOf(tags, 'device');
    if (sender !== undefined)
      return contradiction(sender, measurement, tagged) ?? directory.lane(sender.domain, sender.device);
    const domain = foreignName(measurement);
    const device = foreignName(tagged ?? tagOf(tags, 'host') ?? fallbackDevice);
    const refusal = subjectFault(domain, device);
    return refusal === undefined ? directory.lane(domain, device) : { ...refusal, subject: { domain, device } };
  }

  /** Lets the sink describe its device before the next reading, and remembers the head once that is done. */
  #describe(message: LineMessage, sink: TaggedSink, tags: LineTags, key: string, line: number): void {
    const { door, faults } = message;
    const room = MAX_UNUSABLE_TAGS - message.unusableTags;
    const { patch, faults: found } = descriptionOf(tags, room);
    const place = { pointer: `/${line}`, subject: sink.subject };
    const ofTags = found.map((fault) => ({ ...fault, ...place }));
    sink.beforeNextReading((lane) => {
      this.#tellUnusable(ofTags, message);
      if (patch !== undefined) {
        const { change, faults: more, usable } = this.#options.descriptions.describe(lane, patch, door.arrivalTime);
        faults.push(...more.map((fault) => ({ ...(usable ? fault : noneKept(fault)), ...place })));
        if (change !== undefined) this.#options.onChange(change);
        if (!usable || more.length > 0) return;
      }
      this.#remember(key, { lane, description: lane.device.description });
    });
  }

  #tellUnusable(ofTags: readonly Fault[], message: LineMessage): void {
    const room = MAX_UNUSABLE_TAGS - message.unusableTags;
    message.unusableTags += ofTags.length;
    message.faults.push(...ofTags.slice(0, Math.max(0, room)));
    if (room < 0 || room >= ofTags.length) return;
    const detail = `More than ${MAX_UNUSABLE_TAGS} tags of the message can't be labels; the rest are not told one by one, and tags behind one are not looked at. The readings are kept without them.`;
    message.faults.push({ reason: 'bad-name', detail, pointer: '', sample: ofTags[room]!.sample });
  }

  #remember(key: string, head: KnownHead): void {
    if (key.length > LONGEST_KNOWN_HEAD) return;
    if (this.#known.size >= MAX_KNOWN_HEADS) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, head);
  }
}

/** The sink of one device in one domain, for one message. */
class TaggedSink implements ReadingSink {
  readonly subject: Subject;
  lane: Lane;
  #describe: ((lane: Lane) => void) | undefined;
  readonly #options: LaneOfLineOptions;
  readonly #arrivalTime: number;

  constructor(options: LaneOfLineOptions, lane: Lane, arrivalTime: number) {
    this.#options = options;
    this.lane = lane;
    this.subject = { domain: lane.domain, device: lane.device.id };
    this.#arrivalTime = arrivalTime;
  }

  beforeNextReading(describe: (lane: Lane) => void): void {
    this.#describe = describe;
  }

  reading(metric: string, eventTime: number, value: number): Refusal | undefined {
    if (!this.lane.registered || this.#describe !== undefined) {
      const refusal = this.#prepare();
      if (refusal !== undefined) return refusal;
    }
    return this.#options.sink.turnTo(this.lane).reading(metric, eventTime, value);
  }

  stateNumber(metric: string, name: string): number | undefined {
    return this.#options.sink.turnTo(this.lane).stateNumber(metric, name);
  }

  #prepare(): Refusal | undefined {
    const { directory, onChange } = this.#options;
    if (!this.lane.registered) {
      // Another domain's line of this message may have made the device known.
      this.lane = directory.lane(this.lane.domain, this.lane.device.id);
      const change = this.lane.registered ? undefined : directory.register(this.lane, this.#arrivalTime);
      if (change !== undefined && 'reason' in change) return change;
      if (change !== undefined) onChange(change);
    }
    const describe = this.#describe;
    this.#describe = undefined;
    describe?.(this.lane);
    return undefined;
  }
}

/** Of a description that is refused as a whole. */
function noneKept(fault: Fault): Fault {
  return { ...fault, detail: `${fault.detail} None of the line's tags describes it now; the readings are kept.` };
}

/** On a topic that names its sender, a line that names another is a mistake to tell of, not one to guess about. */
function contradiction(
  { domain, device }: NonNullable<LineDoor['sender']>,
  measurement: string,
  tagged: string | undefined,
): Refusal | undefined {
  const names = (said: string, name: string) => said === name || foreignName(said) === name;
  if (!names(measurement, domain))
    return {
      reason: 'bad-name',
      detail: `The measurement "${measurement.slice(0, 64)}" is not the topic's domain "${domain}"; write the domain as measurement, or publish under that domain.`,
    };
  if (tagged !== undefined && !names(tagged, device))
    return {
      reason: 'bad-name',
      detail: `The tag "device" names "${tagged.slice(0, 64)}", but the topic "${device}"; leave the tag out, or publish to that device's topic.`,
    };
  return undefined;
}

function tagOf(tags: LineTags, name: string): string | undefined {
  return tags.find(([key]) => key === name)?.[1];
}

/** What the tags say of their device. @param room for unusable ones; beyond, and with far too many labels, no more is read */
function descriptionOf(
  tags: LineTags,
  room: number,
): { readonly patch: DevicePatch | undefined; readonly faults: readonly Fault[] } {
  const fields: Record<string, string> = {};
  const labels: Record<string, string> = {};
  const faults: Fault[] = [];
  let good = 0;
  for (const [key, raw] of tags) {
    if (key === 'device') continue;
    const field = LABEL_FIELDS.some((name) => name === key);
    const value = ownCopy(raw.normalize('NFC'));
    const label = ownCopy(key.normalize('NFC'));
    const problem = labelProblem(label, value, field);
    if (problem !== undefined) faults.push(unusableTag(key, raw, problem));
    else {
      (field ? fields : labels)[label] = value;
      good++;
    }
    if (faults.length > Math.max(0, room) || good > MANY_LABELS) break;
  }
  const empty = Object.keys(fields).length === 0 && Object.keys(labels).length === 0;
  return { patch: empty ? undefined : { ...fields, labels }, faults };
}

function labelProblem(label: string, value: string, isField: boolean): string | undefined {
  const ofName = isField ? undefined : labelNameFault(label);
  if (ofName !== undefined) return `its name ${ofName}`;
  const ofValue = nameFault(value);
  return ofValue === undefined ? undefined : `its value ${ofValue}`;
}

function unusableTag(key: string, value: string, problem: string): Fault {
  const detail = `The tag "${key.slice(0, 64)}" can't be a label, since ${problem}; the readings are kept without it. Rename it, or leave it out.`;
  return { reason: 'bad-name', detail, pointer: '', sample: sampleOfText(`${key.slice(0, 64)}=${value}`) };
}
