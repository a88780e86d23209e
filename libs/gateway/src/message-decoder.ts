import {
  decodeAttributes,
  decodeStatus,
  decodeTelemetry,
  sampleOfBytes,
  unitFault,
  type DecodedAttributes,
  type DevicePatch,
  type Fault,
  type LineLimits,
  type TelemetryLimits,
} from '@seawall/codecs';
import type { ReadingBatchBuilder } from '@seawall/model';
import type { DeviceChange } from '@seawall/ports';
import type { BoundedDescriptions } from './bounded-descriptions.ts';
import type { Described, DeviceDirectory } from './device-directory.ts';
import type { Lane } from './device-entry.ts';
import { foreignName } from './foreign-name.ts';
import type { LaneOfLine } from './lane-of-line.ts';
import type { LaneSink } from './lane-sink.ts';
import type { GatewayLimits } from './limits.ts';
import { decodeThingsBoardAttributes } from './thingsboard-attributes.ts';
import { subjectFault, type TopicKind, type TopicPlace } from './topic.ts';

/** A topic's place with the lane it leads to, once that is known. */
export interface KnownTopic {
  readonly place: TopicPlace;
  lane: Lane | undefined;
}

/** A place where messages are decoded. */
export type DecodedPlace = Exclude<TopicPlace, { kind: 'foreign' | 'refused' }>;
type OwnKind = 'own-telemetry' | 'own-attributes';

export interface Decoded {
  /** Something of it was used. */
  readonly usable: boolean;
  /** The topic is this one device's alone, so the message is for nobody else. */
  readonly personal?: boolean;
  readonly faults: readonly Fault[];
  /** Whose message it was, as far as it can be told. */
  readonly domain?: string;
  readonly device?: string;
}

export interface MessageDecoderOptions {
  readonly directory: DeviceDirectory;
  /** By attributes messages. */
  readonly ownDescriptions: BoundedDescriptions;
  /** By ThingsBoard's attributes. */
  readonly foreignDescriptions: BoundedDescriptions;
  readonly lines: LaneOfLine;
  readonly sink: LaneSink;
  readonly limits: GatewayLimits;
  /** Told of what must go to the log before the readings. */
  readonly onChange: (change: DeviceChange) => void;
}

/** What the decoder is given of a message. */
export interface DecodableMessage {
  readonly payload: Uint8Array;
  /** The user name its client connected with. */
  readonly userName?: string;
}

type Outcome = readonly [usable: boolean, faults: readonly Fault[]];

/** From a message on a place to readings in the builder, changes of devices, and faults. */
export class MessageDecoder {
  readonly #options: MessageDecoderOptions;
  readonly #limits: TelemetryLimits & LineLimits;

  constructor(options: MessageDecoderOptions) {
    this.#options = options;
    const { maxReadingsPerMessage: maxReadings, maxDepth, maxLineLength, maxAheadMs } = options.limits;
    this.#limits = { maxReadings, maxDepth, maxLineLength, maxAheadMs };
  }

  /** @param arrivalTime epoch ms @param known its place is none that is foreign or refused */
  decode(message: DecodableMessage, known: KnownTopic, builder: ReadingBatchBuilder, arrivalTime: number): Decoded {
    const { sink } = this.#options;
    sink.begin(builder, arrivalTime);
    const decoded = this.#placed(message, known, arrivalTime);
    return sink.faults.length === 0 ? decoded : { ...decoded, faults: [...decoded.faults, ...sink.faults] };
  }

  #placed(message: DecodableMessage, known: KnownTopic, arrivalTime: number): Decoded {
    const place = known.place as DecodedPlace;
    switch (place.kind) {
      case 'telegraf':
        return this.#telegraf(message.payload, place.host, arrivalTime);
      case 'own-telemetry':
      case 'own-attributes':
        return this.#own(message, place.kind, arrivalTime);
      default: {
        const { domain, device, kind } = place;
        const lane = known.lane ?? this.#options.directory.lane(domain, device);
        const [usable, faults] = this.#ofDevice(kind, message.payload, lane, arrivalTime);
        if (lane.registered) known.lane = lane;
        return { usable, faults, domain, device };
      }
    }
  }

  #ofDevice(kind: TopicKind, payload: Uint8Array, lane: Lane, arrivalTime: number): Outcome {
    const { ownDescriptions } = this.#options;
    switch (kind) {
      case 'telemetry':
        return this.#telemetry(payload, lane, arrivalTime);
      case 'lines': {
        const sender = { domain: lane.domain, device: lane.device.id };
        const { faults } = this.#options.lines.decode(payload, 'ns', this.#limits, { sender, arrivalTime });
        return [this.#options.sink.accepted > 0, faults];
      }
      case 'attributes':
        return this.#attributes(payload, lane, arrivalTime, decodeAttributes(payload, unitFault), (patch) =>
          ownDescriptions.describe(lane, patch, arrivalTime),
        );
      case 'status':
        return this.#status(payload, lane, arrivalTime);
    }
  }

  #telemetry(payload: Uint8Array, lane: Lane, arrivalTime: number): Outcome {
    const { sink } = this.#options;
    const faults = decodeTelemetry(payload, arrivalTime, this.#limits, sink.turnTo(lane));
    return [sink.accepted > 0, faults];
  }

  /** Lines of one device are answered on its topic; those of several or none on the client's. */
  #telegraf(payload: Uint8Array, host: string, arrivalTime: number): Decoded {
    const { lines, sink } = this.#options;
    const { faults, lanes } = lines.decode(payload, 'ns', this.#limits, { fallbackDevice: host, arrivalTime });
    const only = lanes.length === 1 ? lanes[0] : undefined;
    return { usable: sink.accepted > 0, faults, ...(only && { domain: only.domain, device: only.device.id }) };
  }

  #own({ payload, userName = '' }: DecodableMessage, kind: OwnKind, arrivalTime: number): Decoded {
    const device = foreignName(userName);
    const refusal = ownFault(device);
    if (refusal !== undefined) {
      const fault: Fault = { reason: 'bad-topic', detail: refusal, pointer: '', sample: sampleOfBytes(payload) };
      return { usable: false, personal: true, faults: [fault] };
    }
    const { directory, foreignDescriptions } = this.#options;
    const lane = directory.laneOf(device);
    const [usable, faults] =
      kind === 'own-telemetry'
        ? this.#telemetry(payload, lane, arrivalTime)
        : this.#attributes(payload, lane, arrivalTime, decodeThingsBoardAttributes(payload, unitFault), (patch) =>
            foreignDescriptions.describe(lane, patch, arrivalTime),
          );
    return { usable, personal: true, faults, domain: lane.domain, device };
  }

  #attributes(
    payload: Uint8Array,
    lane: Lane,
    arrivalTime: number,
    decoded: DecodedAttributes,
    describe: (patch: DevicePatch) => Described,
  ): Outcome {
    if (decoded.patch === undefined) return [false, decoded.faults];
    const noRoom = this.#noRoom(lane, sampleOfBytes(payload));
    if (noRoom !== undefined) return [false, [...decoded.faults, noRoom]];
    const { change, faults, usable } = describe(decoded.patch);
    const all = [...decoded.faults, ...faults];
    if (!usable) return [false, all];
    this.#tell(lane, change, arrivalTime);
    return [true, all];
  }

  #status(payload: Uint8Array, lane: Lane, arrivalTime: number): Outcome {
    const status = decodeStatus(payload);
    if (typeof status !== 'string') return [false, [status]];
    const noRoom = this.#noRoom(lane, status);
    if (noRoom !== undefined) return [false, [noRoom]];
    this.#tell(lane, this.#options.directory.setStatus(lane, status, arrivalTime), arrivalTime);
    return [true, []];
  }

  /** To be asked before anything of the device is changed, for the change of one that finds no room goes to no log. */
  #noRoom(lane: Lane, sample: string): Fault | undefined {
    const refusal = lane.registered ? undefined : this.#options.directory.noRoom(lane);
    return refusal && { ...refusal, pointer: '', sample };
  }

  /** Tells of a device's change, with its registration if it is new. There is room for it. */
  #tell(lane: Lane, change: DeviceChange | undefined, arrivalTime: number): void {
    const { directory, onChange } = this.#options;
    const registration = lane.registered ? undefined : directory.register(lane, arrivalTime);
    if (registration !== undefined) onChange({ ...(registration as DeviceChange), ...change });
    else if (change !== undefined) onChange(change);
  }
}

/** @returns why a user name names no device */
function ownFault(device: string): string | undefined {
  if (device === '')
    return "On v1/devices/me/… the device is the user name that its client connected with, and this one gave none; connect with the device's id as user name.";
  const fault = subjectFault('unsorted', device);
  return fault && `On v1/devices/me/… the device is the client's user name. ${fault.detail}`;
}
