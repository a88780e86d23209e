import type { ServerResponse } from 'node:http';
import type { Cursor } from '@seawall/ports';
import { writeAwaited } from '../http/answer-stream.ts';

/** What a stream may put into one event. JSON holds no line ends, so `data` is one line. */
export interface StreamEvent {
  readonly event: string;
  /** Absent on all but the last part of what is more than one event, so that a resumed stream repeats the whole. */
  readonly id?: Cursor;
  readonly data: unknown;
}

/** One client's server-sent events (WHATWG HTML, 9.2). Each write waits until the client has caught up. */
export class EventStream {
  readonly #raw: ServerResponse;
  readonly #signal: AbortSignal;
  readonly #stallMs: number;
  #said = false;

  constructor(raw: ServerResponse, signal: AbortSignal, stallMs: number) {
    this.#raw = raw;
    this.#signal = signal;
    this.#stallMs = stallMs;
  }

  send({ event, id, data }: StreamEvent): Promise<void> {
    const place = id === undefined ? '' : `id: ${id}\n`;
    return this.#write(`event: ${event}\n${place}data: ${JSON.stringify(data)}\n\n`);
  }

  /**
   * If nothing was said since the last call: a comment, and the place reached. An event without data is not dispatched,
   * but its id is remembered, so a client with a narrow filter resumes near the log's end.
   */
  pingIfSilent(place: Cursor): void {
    if (!this.#said && !this.#raw.writableNeedDrain && !this.#signal.aborted)
      this.#raw.write(`: ping\nid: ${place}\n\n`);
    this.#said = false;
  }

  /** How soon a client that was cut off comes back. */
  retry(milliseconds: number): Promise<void> {
    return this.#write(`retry: ${milliseconds}\n\n`);
  }

  #write(text: string): Promise<void> {
    this.#said = true;
    return writeAwaited(this.#raw, text, this.#signal, this.#stallMs);
  }
}
