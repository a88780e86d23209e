/** One server-sent event; `data` is as it came. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** A line is never longer than this; more than one is no hub of ours. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Server-sent events out of pieces of text (WHATWG HTML, 9.2.6); remembers the last id, also of events without data. */
export class EventParser {
  lastEventId: string | undefined;
  retryMs: number | undefined;
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id: string | undefined;

  /** @returns the events that the piece completes. @throws Error if a line never ends */
  push(piece: string): readonly ServerEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n/);
    this.#rest = lines.pop()!;
    if (this.#rest.length > MAX_BUFFERED) throw new Error('The stream holds a line that does not end.');
    return lines.flatMap((line) => this.#take(line) ?? []);
  }

  #take(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
    if (field === 'event') this.#event = value!;
    else if (field === 'data') this.#data.push(value!);
    else if (field === 'id') this.#id = value!;
    else if (field === 'retry' && /^\d+$/.test(value!)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    if (this.#id !== undefined) this.lastEventId = this.#id;
    const data = this.#data.join('\n');
    const complete = this.#data.length > 0 ? { event: this.#event || 'message', data } : undefined;
    this.#event = '';
    this.#data = [];
    this.#id = undefined;
    return complete;
  }
}
