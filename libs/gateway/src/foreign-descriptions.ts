import { pointerToken, sampleOf, type DevicePatch, type Fault } from '@seawall/codecs';
import type { Described, DeviceDirectory } from './device-directory.ts';
import type { DeviceEntry, Lane } from './device-entry.ts';
import { LabelChurn } from './label-churn.ts';
import type { GatewayLimits } from './limits.ts';

/** The description's fields that are labels, beside those under `labels`. */
export const LABEL_FIELDS = ['district', 'type', 'site', 'gateway'] as const;

interface Replacement {
  readonly label: string;
  readonly before: string;
  readonly after: string | null;
}

/**
 * Describes devices by what foreign formats say beside their readings: tags of lines, attributes of ThingsBoard's.
 * Merged by key like an attributes message, but labels that keep changing are held as they are.
 */
export class ForeignDescriptions {
  readonly #directory: DeviceDirectory;
  readonly #churn: LabelChurn;
  readonly #maxChanges: number;

  constructor(directory: DeviceDirectory, { maxLabelChanges }: Pick<GatewayLimits, 'maxLabelChanges'>) {
    this.#directory = directory;
    this.#churn = new LabelChurn(maxLabelChanges);
    this.#maxChanges = maxLabelChanges;
  }

  /** @param arrivalTime epoch ms; a change of labels holds from then on */
  describe(lane: Lane, patch: DevicePatch, arrivalTime: number): Described {
    const replaced = replacements(lane.device, patch);
    if (replaced.length === 0 || this.#churn.spend(lane.device, arrivalTime))
      return this.#directory.describe(lane, patch, arrivalTime);
    const described = this.#directory.describe(lane, without(patch, replaced), arrivalTime);
    return { ...described, faults: [...described.faults, this.#flapping(lane.device, replaced[0]!)] };
  }

  #flapping({ id }: DeviceEntry, { label, before, after }: Replacement): Fault {
    const change = `from ${quoted(before)} to ${after === null ? 'none' : quoted(after)}`;
    const detail =
      `The label "${label}" of the device "${id}" changes more than ${this.#maxChanges} times in six hours, now ${change}; ` +
      'it stays as it was, and the readings are kept under it. If each of its values is a thing of its own, give each ' +
      'a device of its own; if it is a measurement, send it as a reading; else leave it out.';
    return { reason: 'flapping-label', detail, pointer: pointerToken(label), sample: sampleOf(after) };
  }
}

/** Labels that the device has and that the patch would make another; new ones are bounded by their number. */
function replacements({ description }: DeviceEntry, patch: DevicePatch): Replacement[] {
  const found: Replacement[] = [];
  const look = (label: string, before: string | undefined, after: string | null | undefined): void => {
    if (before !== undefined && after !== undefined && before !== after) found.push({ label, before, after });
  };
  for (const field of LABEL_FIELDS) look(field, description[field], patch[field]);
  for (const [label, after] of Object.entries(patch.labels ?? {})) {
    if (Object.hasOwn(description.labels ?? {}, label)) look(label, description.labels![label], after);
  }
  return found;
}

function without(patch: DevicePatch, replaced: readonly Replacement[]): DevicePatch {
  const held = new Set(replaced.map(({ label }) => label));
  const kept = ([label]: readonly [string, unknown]) => !held.has(label);
  const rest = Object.fromEntries(Object.entries(patch).filter(kept));
  return patch.labels ? { ...rest, labels: Object.fromEntries(Object.entries(patch.labels).filter(kept)) } : rest;
}

function quoted(text: string): string {
  return `"${text.slice(0, 64)}"`;
}
