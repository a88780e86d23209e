import type { DeviceDescription } from '@seawall/model';
import type { SimulatedDevice } from './device-kind.ts';
import { GatewayFleet } from './gateway-fleet.ts';
import type { MqttLink } from './mqtt-link.ts';
import { OwnLinks } from './own-links.ts';

/** Up to so many devices each has a connection of its own. */
export const MOST_OWN_LINKS = 1000;

export interface FleetOptions {
  readonly url: string;
  readonly token?: string;
  readonly devices: readonly SimulatedDevice[];
  readonly patienceMs: number;
  /** Tells apart the client ids of two simulators at one hub. */
  readonly runId: string;
  /** Called when a link is given up. */
  readonly onFailure: (error: Error) => void;
  /** Called now and then while devices connect, with the number of those that have described themselves. */
  readonly onIntroduced?: (devices: number) => void;
}

/** The simulated devices' connections. */
export interface Fleet {
  /** Connects, and lets every device describe itself. */
  connect(signal: AbortSignal): Promise<void>;
  linkOf(device: SimulatedDevice): MqttLink;
  /** Says anew what the device is, and keeps to it when its link comes back. Not under `connect`. */
  describe(device: SimulatedDevice, description: DeviceDescription): void;
  /** Says `offline` and goodbye; takes seconds at most, whatever the hub does. */
  close(): Promise<void>;
}

/** A small city has a connection a device, a large one field gateways that devices share. */
export function createFleet(options: FleetOptions): Fleet {
  return options.devices.length > MOST_OWN_LINKS ? new GatewayFleet(options) : new OwnLinks(options);
}
