import { describe, expect, it } from '@jest/globals';
import { createMemorySessionStore } from '@seawall/ports/memory';
import { recordingLog } from './gateway-fixture.ts';
import { SessionSweep } from './session-sweep.ts';

describe('a sweep of the sessions', () => {
  it('lets expire what has, and tells of it and of those that gave way once', async () => {
    let now = 0;
    const sessions = createMemorySessionStore({ maxGoneSessions: 2, sessionExpiryMs: 10, now: () => now });
    const log = recordingLog();
    const sweep = new SessionSweep(sessions, log);
    for (const id of ['a', 'b', 'c']) await sessions.addSubscriptions({ id, clean: false }, [{ topic: 'x', qos: 1 }]);
    await sweep.sweep();
    now = 11;
    await sweep.sweep();
    await sweep.sweep();
    expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { displaced: 1, sessions: 2 }],
      ['info', { expired: 2, sessions: 0 }],
    ]);
  });

  it('goes on after one that failed, and says so', async () => {
    const log = recordingLog();
    const sessions = createMemorySessionStore();
    const expireSessions = () => Promise.reject(new Error('no room'));
    await new SessionSweep({ expireSessions, status: () => sessions.status() }, log).sweep();
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { err: new Error('no room') } }]);
  });
});
