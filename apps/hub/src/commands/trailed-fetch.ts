import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** `fetch` for one answer whose trailers are wanted, which Node's own throws away. Of a request's body it takes text only. */
export class TrailedFetch {
  #message: IncomingMessage | undefined;

  /** As the platform's, as far as a command needs it: it follows no redirection. */
  readonly fetch = async (url: string, { method, headers, body, signal }: RequestInit): Promise<Response> => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, {
      ...(method !== undefined && { method }),
      headers: Object.fromEntries(new Headers(headers)),
      ...(signal && { signal }),
    });
    // What breaks later breaks the body, whose reader is told.
    request.on('error', () => undefined);
    request.end(body);
    const [message] = (await once(request, 'response')) as [IncomingMessage];
    this.#message = message;
    return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, {
      status: message.statusCode!,
      headers: Object.entries(message.headers).map(([name, value]) => [name, String(value)] as [string, string]),
    });
  };

  /** By their names in small letters; none until the body has been read to its end. */
  get trailers(): Readonly<Record<string, string | undefined>> {
    return this.#message?.trailers ?? {};
  }
}
