import { pointerToken, sampleOf, type DevicePatch, type Fault } from '@seawall/codecs';
import type { Described, DeviceDirectory } from './device-directory.ts';
import type { DeviceEntry, Lane } from './device-entry.ts';
import { LabelChurn } from './label-churn.ts';

/** The description's fields that are labels, beside those under `labels`. */
export const LABEL_FIELDS = ['district', 'type', 'site', 'gateway'] as const;

export interface BoundedDescriptionsOptions {
  readonly directory: DeviceDirectory;
  /** Replacements of one device's labels within six hours. */
  readonly maxLabelChanges: number;
  /** Labels stand under `labels` in what is sent, as in an attributes message, and not beside the fields. */
  readonly nested: boolean;
}

interface Replacement {
  readonly label: string;
  /** Under `labels`; else it is a field. */
  readonly own: boolean;
  readonly before: string;
  readonly after: string | null;
}

/**
 * Describes devices by their attributes or by what foreign formats say beside their readings, as the tags of lines do.
 * Labels that keep changing are held as they are, for each change makes the history longer that goes into the log whole.
 */
export class BoundedDescriptions {
  readonly #options: BoundedDescriptionsOptions;
  readonly #churn: LabelChurn;

  constructor(options: BoundedDescriptionsOptions) {
    this.#options = options;
    this.#churn = new LabelChurn(options.maxLabelChanges);
  }

  /** @param arrivalTime epoch ms; a change of labels holds from then on */
  describe(lane: Lane, patch: DevicePatch, arrivalTime: number): Described {
    const { directory } = this.#options;
    const replaced = replacements(lane.device, patch);
    if (replaced.length === 0 || this.#churn.spend(lane.device, costOf(replaced), arrivalTime))
      return directory.describe(lane, patch, arrivalTime);
    const flapping = this.#flapping(lane.device, replaced[0]!);
    const rest = without(patch, replaced);
    if (rest === undefined) return { usable: false, change: undefined, faults: [flapping] };
    const described = directory.describe(lane, rest, arrivalTime);
    return { ...described, faults: [...described.faults, flapping] };
  }

  #flapping({ id }: DeviceEntry, { label, own, before, after }: Replacement): Fault {
    const { maxLabelChanges, nested } = this.#options;
    const change = `from ${quoted(before)} to ${after === null ? 'none' : quoted(after)}`;
    const detail =
      `The label "${label}" of the device "${id}" changes more than ${maxLabelChanges} times in six hours, now ${change}; ` +
      'it stays as it was, and the readings are kept under it. If each of its values is a thing of its own, give each ' +
      'a device of its own; if it is a measurement, send it as a reading; else leave it out.';
    return {
      reason: 'flapping-label',
      detail,
      pointer: `${own && nested ? '/labels' : ''}${pointerToken(label)}`,
      sample: sampleOf(after),
    };
  }
}

/** Labels that the device has and that the patch would make another; new ones are bounded by their number. */
function replacements({ description }: DeviceEntry, patch: DevicePatch): Replacement[] {
  const found: Replacement[] = [];
  const look = (own: boolean, label: string, before: string | undefined, after: string | null | undefined): void => {
    if (before !== undefined && after !== undefined && before !== after) found.push({ label, own, before, after });
  };
  for (const field of LABEL_FIELDS) look(false, field, description[field], patch[field]);
  const { labels } = patch;
  if (labels === undefined) return found;
  for (const [label, before] of Object.entries(description.labels ?? {})) {
    if (labels === null) look(true, label, before, null);
    else if (Object.hasOwn(labels, label)) look(true, label, before, labels[label]);
  }
  return found;
}

/** A label that is taken away makes room for one to be put there, which is a change, too, and is not counted itself. */
function costOf(replaced: readonly Replacement[]): number {
  return Math.max(1, replaced.filter(({ after }) => after === null).length);
}

/** What else the patch says; undefined if that is nothing. */
function without(patch: DevicePatch, replaced: readonly Replacement[]): DevicePatch | undefined {
  const isHeld = (own: boolean, name: string) => replaced.some((held) => held.own === own && held.label === name);
  const { labels, ...fields } = patch;
  const kept: [string, unknown][] = Object.entries(fields).filter(([field]) => !isHeld(false, field));
  const keptLabels = Object.entries(labels ?? {}).filter(([label]) => !isHeld(true, label));
  if (keptLabels.length > 0) kept.push(['labels', Object.fromEntries(keptLabels)]);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function quoted(text: string): string {
  return `"${text.slice(0, 64)}"`;
}
