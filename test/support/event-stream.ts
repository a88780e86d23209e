export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** A client of server-sent events that keeps all it hears. */
export class EventStream {
  readonly events: ServerSentEvent[] = [];
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  private constructor(response: Response) {
    this.#ended = this.#read(response).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) throw error;
    });
  }

  /** @param lastEventId resume after this event */
  static async open(url: URL, lastEventId?: string): Promise<EventStream> {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`${url.pathname} answered ${response.status}`);
    const stream = new EventStream(response);
    stream.#abort.signal.addEventListener('abort', () => abort.abort());
    return stream;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop()!;
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    const fields = block.split(/\r?\n/).map((line) => /^([^:]*):? ?(.*)$/.exec(line)!.slice(1) as [string, string]);
    const value = (name: string) => fields.findLast(([field]) => field === name)?.[1];
    const data = fields.filter(([field]) => field === 'data').map(([, text]) => text);
    if (data.length > 0)
      this.events.push({ id: value('id'), event: value('event') ?? 'message', data: data.join('\n') });
  }
}
