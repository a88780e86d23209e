import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionPacket, SessionStore } from '@seawall/ports';
import { openLmdbSessionStore } from './open-lmdb-session-store.ts';

const client = { id: 'c', clean: false };
const packet = (payload: string): SessionPacket => ({
  cmd: 'publish',
  topic: 'a/b',
  payload: Buffer.from(payload),
  qos: 1,
  retain: true,
  dup: false,
});

describe('sessions on a disk without room', () => {
  let path: string;
  let sessions: SessionStore;
  let hasRoom = true;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'seawall-sessions-'));
    hasRoom = true;
    sessions = await openLmdbSessionStore({ path, hasRoom: () => hasRoom });
    await sessions.storeRetained(packet('before'));
  });

  afterEach(async () => {
    await sessions.destroy();
    await rm(path, { recursive: true });
  });

  async function retained(): Promise<string[]> {
    const payloads: string[] = [];
    for await (const { payload } of sessions.createRetainedStream('#') as AsyncIterable<SessionPacket>)
      payloads.push(String(payload));
    return payloads;
  }

  it('are refused, not written, and go on when there is room', async () => {
    hasRoom = false;
    const subscription = { topic: 'x', qos: 1 } as const;
    const writes = [
      () => sessions.storeRetained(packet('without room')),
      () => sessions.storeRetained(packet('')),
      () => sessions.addSubscriptions(client, [subscription]),
      () => sessions.incomingStorePacket(client, { ...packet('q'), qos: 2, messageId: 1 }),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow('too little room');
    expect(await retained()).toEqual(['before']);
    hasRoom = true;
    await sessions.storeRetained(packet('after'));
    await sessions.addSubscriptions(client, [subscription]);
    expect(await retained()).toEqual(['after']);
    expect(await sessions.subscriptionsByClient(client)).toMatchObject([subscription]);
  });
});
