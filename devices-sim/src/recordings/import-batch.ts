import type { RecordedElement } from './row-reader.ts';

/** Elements on their way into one request body. */
export class ImportBatch {
  readonly elements: RecordedElement[] = [];
  readings = 0;
  bytes = 2;
  readonly #parts: string[] = [];

  add(element: RecordedElement): void {
    const { domain, device, ts, values } = element;
    const part = JSON.stringify({ domain, device, ts, values });
    this.#parts.push(part);
    this.elements.push(element);
    this.readings += Object.keys(values).length;
    this.bytes += Buffer.byteLength(part) + 1;
  }

  body(): string {
    return `[${this.#parts.join(',')}]`;
  }

  /** The element a JSON pointer into the body speaks of: "/17/values/pm25". */
  elementAt(pointer: string): RecordedElement | undefined {
    const match = /^\/(\d+)/.exec(pointer);
    return match === null ? undefined : this.elements[Number(match[1])];
  }
}
