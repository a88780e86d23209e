import type { DeviceDescription } from '@seawall/model';
import type { SimulatedDevice } from '../device-kind.ts';

/** Which devices have described themselves otherwise than at first, so that each change is said once. */
export class Redeclarations {
  readonly #said = new Map<SimulatedDevice, string>();

  /** @returns whether the hub has yet to hear of this description */
  isNew(device: SimulatedDevice, description: DeviceDescription): boolean {
    if (description === device.description) return this.#said.delete(device);
    const text = JSON.stringify(description);
    if (this.#said.get(device) === text) return false;
    this.#said.set(device, text);
    return true;
  }
}
