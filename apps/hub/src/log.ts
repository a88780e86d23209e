import { constants, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { destination, pino, stdSerializers, type Logger } from 'pino';

const STDERR = 2;
/** Of lines that wait for a reader; what comes on top is dropped. */
const WAITING_BYTES = 1024 * 1024;
const TRY_AGAIN_MS = 1_000;

export interface HubLog {
  readonly log: Logger;
  /** Lines that nobody will ever read, but for those that waited when their reader went. */
  readonly droppedLines: () => number;
}

/**
 * Logs go to standard error, a JSON object a line; standard output belongs to answers. A reader that stalls, a full disk
 * or a terminal that is gone stops nobody: what can't be written waits, and is dropped where too much waits.
 * @param fd must not block; standard error by default
 */
export function createLog(level: string, fd = stderrThatDoesNotBlock()): HubLog {
  let dropped = 0;
  // Synchronous, so that an exit has no write to wait for. Only with a `minLength` does it write again by itself.
  const stream = destination({
    fd,
    sync: true,
    retryEAGAIN: () => false,
    minLength: 1,
    maxLength: WAITING_BYTES,
    periodicFlush: TRY_AGAIN_MS,
  });
  stream.on('drop', () => dropped++);
  let isGone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' || isGone) return;
    // Pino writes no more once the reader is gone for good; this line is lost as well.
    isGone = true;
    dropped++;
    stream.write = () => ++dropped > 0;
  });
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorTold },
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return { log, droppedLines: () => dropped };
}

/** Most sentences of ours end with what their cause says, which pino would say once more behind them. */
function errorTold(error: Error): object {
  const { message, cause } = error;
  const told = stdSerializers.err(error);
  return cause instanceof Error && message.includes(cause.message) ? Object.assign(told, { message }) : told;
}

/** Node has no call for it: looking at `process.stderr` does it for pipes and sockets, a terminal is opened once more. */
function stderrThatDoesNotBlock(): number {
  process.stderr.on('error', () => undefined); // For the banner and the like, which are told to nobody then.
  if (!isatty(STDERR)) return STDERR;
  try {
    return openSync('/dev/stderr', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return STDERR; // Another user's terminal, as after su.
  }
}
