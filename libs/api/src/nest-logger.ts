import type { LoggerService } from '@nestjs/common';
import type { ApiLog } from './options.ts';

/** Nest's own messages: what goes wrong reaches the log, its narration of a normal start does not. */
export function nestLogger(log: ApiLog): LoggerService {
  return {
    log: () => undefined,
    warn: (message: unknown) => log.warn(String(message)),
    // A port that can't be listened on is thrown to whoever starts the server, who says it in a sentence.
    error: (message: unknown, ...rest: unknown[]) =>
      rest.at(-1) === 'NestApplication' ? undefined : log.error(String(message), { detail: rest.map(String) }),
    fatal: (message: unknown, ...rest: unknown[]) => log.error(String(message), { detail: rest.map(String) }),
  };
}
