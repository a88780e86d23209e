import type { Duplex } from 'node:stream';
import { FrameGuard, type FrameFault } from './frame-guard.ts';

/** Whether sockets are read. Shared by all connections. */
export interface Gate {
  paused: boolean;
}

export interface ConnectionGuardOptions {
  readonly gate: Gate;
  readonly maxPacketBytes: number;
  /** Of the first packet, whose sender is a stranger yet. */
  readonly maxConnectBytes: number;
  readonly maxSubscriberBytes: number;
  readonly onFault: (fault: FrameFault) => void;
  readonly onSlow: () => void;
}

/**
 * Stands between a connection and the broker, which pulls bytes with `read` and pushes them with `write`:
 * - nothing is read while the gate is closed, so that a sender waits in its own network buffers;
 * - a packet above the limit, or a first one that is no CONNECT, ends the connection before it is buffered, and one with a
 *   text that is not UTF-8 before it is read;
 * - `write` never asks the broker to wait, for it would let the publisher wait for its slowest subscriber: a
 *   subscriber that leaves too much unread is cut off instead.
 */
export function guardConnection(connection: Duplex, options: ConnectionGuardOptions): void {
  const frames = new FrameGuard(options.maxPacketBytes, options.maxConnectBytes);
  const read = connection.read.bind(connection);
  connection.read = (size?: number): unknown => {
    // read(0) only fills the stream's own bounded buffer.
    if (size === 0) return read(0);
    if (options.gate.paused) return null;
    const chunk = read(size) as Uint8Array | null;
    const fault = chunk === null ? undefined : frames.check(chunk);
    if (fault === undefined) return chunk;
    options.onFault(fault);
    // The broker is told of an error, as of what it finds malformed itself.
    connection.destroy(fault.fault === 'not-utf8' ? new Error('A text in the packet is not UTF-8') : undefined);
    return null;
  };
  const write = connection.write.bind(connection) as (...parameters: unknown[]) => boolean;
  connection.write = (...parameters: unknown[]): boolean => {
    if (!write(...parameters) && connection.writableLength > options.maxSubscriberBytes && !connection.destroyed) {
      options.onSlow();
      connection.destroy();
    }
    return true;
  };
}

/** Lets the broker look again for what came while the gate was closed. */
export function resumeConnection(connection: Duplex): void {
  if (!connection.destroyed) connection.emit('readable');
}
