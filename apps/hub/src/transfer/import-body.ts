import type { ExportedRow } from './exported-text.ts';
import { numberText } from './exported-text.ts';

const BATCH_READINGS = 5_000;

/** Readings on their way into one request body. */
export class ImportBody {
  readonly #parts: string[] = [];

  add({ domain, device, metric, time, value }: ExportedRow): void {
    const place = JSON.stringify({ domain, device }).slice(1, -1);
    this.#parts.push(`{${place},"ts":${time},"values":{${JSON.stringify(metric)}:${numberText(value)}}}`);
  }

  get readings(): number {
    return this.#parts.length;
  }

  get isFull(): boolean {
    return this.#parts.length >= BATCH_READINGS;
  }

  text(): string {
    return `[${this.#parts.join(',')}]`;
  }
}
