import type { Database } from 'lmdb';

/** The disk has too little left for sessions: nothing was written. */
export class SessionsHaveNoRoomError extends Error {
  override readonly name = 'SessionsHaveNoRoomError';
}

/**
 * Lets a table refuse writes while there is no room, before LMDB meets a full disk: describing a page that it could not
 * write, lmdb (3.5 and older) writes past a buffer, which ends the process sooner or later.
 * @param hasRoom asked before every write
 */
export function refuseWithoutRoom<T extends Database<Buffer, Buffer>>(table: T, hasRoom: () => boolean): T {
  const [put, remove] = [table.put.bind(table), table.remove.bind(table)];
  const asked = <A extends readonly unknown[]>(write: (...parameters: A) => Promise<boolean>) =>
    ((...parameters: A) => (hasRoom() ? write(...parameters) : Promise.reject(noRoom()))) as typeof write;
  return Object.assign(table, { put: asked(put), remove: asked(remove) });
}

function noRoom(): SessionsHaveNoRoomError {
  return new SessionsHaveNoRoomError(
    'The disk has too little room for MQTT sessions and retained messages; nothing of this was kept.',
  );
}
