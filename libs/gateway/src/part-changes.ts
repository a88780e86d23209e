import type { DeviceChange } from '@seawall/ports';
import { changeBytes } from './change-bytes.ts';

interface Described {
  readonly change: DeviceChange;
  readonly bytes: number;
}

/**
 * The changes of one append, in order. A description is told whole, so of several of one device the last one says it
 * all: those before lose theirs, and whoever renames a device a hundred times at once has it written once.
 */
export class PartChanges {
  readonly all: DeviceChange[] = [];
  /** By device, the last change that holds its description. */
  #described: Map<string, Described> | undefined;
  #bytes = 0;

  /** What they hold until they are stored. */
  get bytes(): number {
    return this.#bytes;
  }

  add(change: DeviceChange): void {
    const added = change.description === undefined ? change : this.#supersede(change);
    const bytes = changeBytes(added);
    this.#bytes += bytes;
    this.all.push(added);
    if (added.description !== undefined) (this.#described ??= new Map()).set(added.device, { change: added, bytes });
  }

  /** @returns the change, with the label history of the one it supersedes if it has none of its own */
  #supersede(change: DeviceChange): DeviceChange {
    const before = this.#described?.get(change.device);
    if (before === undefined) return change;
    const { description: _, labelSpans, ...rest } = before.change;
    const at = this.all.indexOf(before.change);
    this.#bytes -= before.bytes;
    if (rest.domain === undefined && rest.metrics === undefined && rest.status === undefined) this.all.splice(at, 1);
    else {
      this.all[at] = rest;
      this.#bytes += changeBytes(rest);
    }
    return labelSpans === undefined || change.labelSpans !== undefined ? change : { ...change, labelSpans };
  }
}
