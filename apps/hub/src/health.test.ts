import { describe, expect, it } from '@jest/globals';
import type { GatewayStatus } from '@seawall/gateway';
import { createMemoryJournal } from '@seawall/ports/memory';
import type { JournalStatus } from '@seawall/ports';
import type { DiskState } from './disk/disk-watch.ts';
import { health, type HealthView } from './health.ts';

const gateway = (status: Partial<GatewayStatus> = {}) => ({
  status: () => ({ accepting: true, oldestWaitMs: 0, ...status }) as GatewayStatus,
});
const role = (seq = 0, failure?: string) => ({
  status: () => ({ name: 'engine', running: true, seq, stamp: 0, ...(failure === undefined ? {} : { failure }) }),
});
const disk = (state: DiskState) => ({
  status: () => ({ state, freeBytes: 1, totalBytes: 2, lowBytes: 3, reserveBytes: 4 }),
  sentence: () => `It is ${state}.`,
});
const journal = (status: Partial<JournalStatus>) => ({
  status: () => ({ ...createMemoryJournal().status(), ...status }),
});
const view = (more: Partial<HealthView> = {}): HealthView => ({
  journal: createMemoryJournal(),
  gateway: gateway(),
  roles: [role()],
  engine: { refused: [], unsaved: undefined },
  clock: { expirySentence: () => undefined, stampsSentence: () => undefined },
  disk: disk('enough'),
  maintainer: { status: () => ({ pieces: 0, busyMs: 0 }) },
  journalBounds: { highWaterBytes: 1e9 },
  ...more,
});
const failing = (more: Partial<HealthView>) => health(view(more)).checks.filter(({ ok }) => !ok);

describe('health', () => {
  it('is ready while everything works', () => {
    expect(health(view())).toMatchObject({ ready: true });
  });

  it('is not ready while nothing is accepted, or messages wait for a disk that hangs', () => {
    expect(failing({ gateway: gateway({ accepting: false }) })).toMatchObject([{ name: 'gateway' }]);
    expect(failing({ gateway: gateway({ oldestWaitMs: 5_001 }) })).toMatchObject([
      { name: 'gateway', detail: expect.stringContaining('waited 5 s') },
    ]);
    expect(failing({ gateway: gateway({ oldestWaitMs: 4_000 }) })).toEqual([]);
  });

  it('tells why a role fails', () => {
    expect(failing({ roles: [role(0, 'The store is down.')] })).toMatchObject([{ detail: 'The store is down.' }]);
  });

  it('names rules that are not run, and is ready all the same', () => {
    const report = health(
      view({ engine: { refused: [{ id: 'smog', version: 3, message: 'No such aggregate.' }], unsaved: undefined } }),
    );
    expect(report.ready).toBe(true);
    expect(JSON.stringify(report)).toContain('\\"smog\\" version 3: No such aggregate.');
  });

  it('tells that expiry waits for a clock that has jumped, and that one is behind the stamps, and is ready all the same', () => {
    const report = health(
      view({ clock: { expirySentence: () => 'expiry waits: so it is', stampsSentence: () => 'the clock is behind' } }),
    );
    expect(report.ready).toBe(true);
    const detail = 'orders what is stored; expiry waits: so it is';
    expect(report.checks).toContainEqual({ name: 'maintenance', ok: true, detail });
    expect(report.checks).toContainEqual({ name: 'clock', ok: true, detail: 'the clock is behind' });
  });

  it('tells of a disk that has little room, and is ready all the same until that is too little', () => {
    const low = health(view({ disk: disk('low') }));
    expect(low.ready).toBe(true);
    expect(low.checks).toContainEqual({ name: 'disk', ok: true, detail: 'It is low.' });
    expect(failing({ disk: disk('full') })).toMatchObject([{ name: 'disk', detail: 'It is full.' }]);
  });

  it('names who is furthest behind when the journal takes nothing because of that', () => {
    const consumers = [
      { name: 'engine', seq: 90 },
      { name: 'writer', seq: 40 },
    ];
    const full = journal({ writable: false, failure: 'Full.', suspendedBy: 'readers', lastSeq: 100, consumers });
    expect(failing({ journal: full, roles: [] })).toMatchObject([
      { name: 'journal', detail: 'Full. Furthest behind is "writer", with 60 entries to read.' },
    ]);
  });

  it('tells of what harms nobody who sends or asks: a grown file, a state not kept, a store out of order', () => {
    const report = health(
      view({
        journal: journal({ bytes: 2e9 }),
        engine: { refused: [], unsaved: 'No room.' },
        maintainer: { status: () => ({ pieces: 0, busyMs: 0, failure: 'Out of order.' }) },
      }),
    );
    expect(report.ready).toBe(true);
    const details = report.checks.map(({ detail }) => detail).join(' | ');
    for (const said of ['has grown to 2.0 GB', 'its state was not kept: No room.', 'Out of order.'])
      expect(details).toContain(said);
  });
});
