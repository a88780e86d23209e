import { createServer } from 'node:net';
import type { PortState } from './check-ports.ts';
import { portOwner } from './processes.ts';

/** Tries to listen, and lets go at once. */
export async function probePort(bind: string, port: number): Promise<PortState> {
  if (port === 0) return { kind: 'free' };
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: bind, port }, resolve);
    });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return code === 'EADDRINUSE' ? { kind: 'taken', by: portOwner(port) } : { kind: 'refused', code, message };
  }
  await new Promise((resolve) => server.close(resolve));
  return { kind: 'free' };
}
