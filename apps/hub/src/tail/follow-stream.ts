import { setTimeout as delay } from 'node:timers/promises';
import { HubUnreachableError } from '@seawall/devices-sim/errors';
import { ask, TokenRefusedError } from '../commands/http-client.ts';
import type { HubAddress } from '../commands/hub-address.ts';
import { EventParser, type ServerEvent } from './parse-events.ts';

export interface StreamState {
  /** The stream is open. */
  opened(): void;
  /** It was open and ended, or could not be opened again. @param why a few words */
  lost(why: string): void;
}

export interface FollowOptions {
  readonly address: HubAddress;
  readonly path: string;
  readonly signal: AbortSignal;
  readonly state: StreamState;
  /** Without a byte for so long the connection is taken for dead: the hub says something every 15 s. */
  readonly silentMs?: number;
}

const SILENT_MS = 45_000;
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10_000;

/**
 * The events of one of the hub's streams until the signal aborts; a stream that was open once is opened again after the
 * event seen last.
 * @throws HubUnreachableError, HubRefusedError if it can't be opened at first, or is refused for good
 */
export async function* followStream(options: FollowOptions): AsyncGenerator<ServerEvent> {
  const { signal, state } = options;
  const parser = { current: new EventParser() };
  let opened = false;
  let retryMs = RETRY_MS;
  while (!signal.aborted) {
    try {
      for await (const event of connection(options, parser, () => {
        opened = true;
        retryMs = RETRY_MS;
        state.opened();
      }))
        yield event;
      if (!signal.aborted) state.lost('the hub ended it');
    } catch (error) {
      if (signal.aborted) return;
      // A hub that starts or stops answers 503 or nothing; a wrong token stays wrong.
      if (!opened || error instanceof TokenRefusedError) throw error;
      state.lost((error as Error).message);
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }
}

async function* connection(
  { address, path, signal, silentMs = SILENT_MS }: FollowOptions,
  parser: { current: EventParser },
  opened: () => void,
): AsyncGenerator<ServerEvent> {
  const { lastEventId } = parser.current;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new HubUnreachableError('it has said nothing for long')), silentMs);
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
  try {
    const response = await ask(address, path, { headers, signal: AbortSignal.any([signal, silence.signal]) });
    opened();
    parser.current = new EventParser();
    parser.current.lastEventId = lastEventId;
    const decoder = new TextDecoder();
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      timer.refresh();
      for (const event of parser.current.push(decoder.decode(bytes, { stream: true }))) yield event;
    }
  } finally {
    clearTimeout(timer);
  }
}
