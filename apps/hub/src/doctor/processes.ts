import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { PortOwner } from './check-ports.ts';

// What Linux tells of other processes under /proc. Elsewhere, and of other users' processes, nothing is known.

/** The process that holds a POSIX lock on a file, as /proc/locks lists it (proc(5)); undefined if none is seen. */
export function lockHolder(path: string): number | undefined {
  const { ino } = statSync(path);
  for (const line of read('/proc/locks').split('\n')) {
    const [, type, , , pid, file] = line.split(/\s+/);
    if (type !== 'POSIX' || file?.split(':')[2] !== String(ino)) continue;
    if (Number(pid) > 0) return Number(pid);
  }
  return undefined;
}

/** The process that listens on a TCP port, if this user may know. */
export function portOwner(port: number): PortOwner | undefined {
  const sockets = new Set([...listeningSockets('/proc/net/tcp', port), ...listeningSockets('/proc/net/tcp6', port)]);
  if (sockets.size === 0) return undefined;
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    if (list(`/proc/${pid}/fd`).some((fd) => sockets.has(link(`/proc/${pid}/fd/${fd}`))))
      return { pid: Number(pid), program: programOf(Number(pid)) };
  }
  return undefined;
}

const LISTEN = '0A';

/** "socket:[inode]" of every socket that listens on the port. */
function listeningSockets(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.endsWith(suffix))
    .map((fields) => `socket:[${fields[9]}]`);
}

function programOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim() || 'a program';
}

/** Processes end while they are looked at, and others are none of this user's business: both read as nothing. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM', 'ESRCH', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return otherwise;
    throw error;
  }
}

function read(path: string): string {
  return attempt(() => readFileSync(path, 'utf8'), '');
}

function list(path: string): string[] {
  return attempt(() => readdirSync(path), []);
}

function link(path: string): string {
  return attempt(() => readlinkSync(path), '');
}
