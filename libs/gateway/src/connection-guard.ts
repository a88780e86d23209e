import type { Duplex } from 'node:stream';
import { FrameGuard, type OversizedPacket } from './frame-guard.ts';

/** Whether sockets are read. Shared by all connections. */
export interface Gate {
  paused: boolean;
}

export interface ConnectionGuardOptions {
  readonly gate: Gate;
  readonly maxPacketBytes: number;
  readonly maxSubscriberBytes: number;
  readonly onOversized: (packet: OversizedPacket) => void;
  readonly onSlow: () => void;
}

/**
 * Stands between a connection and the broker, which pulls bytes with `read` and pushes them with `write`:
 * - nothing is read while the gate is closed, so that a sender waits in its own network buffers;
 * - a packet above the limit ends the connection before it is buffered;
 * - `write` never asks the broker to wait, for it would let the publisher wait for its slowest subscriber: a
 *   subscriber that leaves too much unread is cut off instead.
 */
export function guardConnection(connection: Duplex, options: ConnectionGuardOptions): void {
  const frames = new FrameGuard(options.maxPacketBytes);
  const read = connection.read.bind(connection);
  connection.read = (size?: number): unknown => {
    // read(0) only fills the stream's own bounded buffer.
    if (size === 0) return read(0);
    if (options.gate.paused) return null;
    const chunk = read(size) as Uint8Array | null;
    const oversized = chunk === null ? undefined : frames.check(chunk);
    if (oversized === undefined) return chunk;
    options.onOversized(oversized);
    connection.destroy();
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
