import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Resident memory of a running process, in bytes. */
export function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8'));
    if (match !== null) return Number(match[1]) * 1024;
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) * 1024;
}

/** That part of it which is a file's pages (the journal's map, code): the kernel takes them back when it wants. Linux only. */
export function residentFileBytes(pid: number): number | undefined {
  const status = `/proc/${pid}/status`;
  const match = existsSync(status) ? /^RssFile:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8')) : null;
  return match === null ? undefined : Number(match[1]) * 1024;
}

export const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
