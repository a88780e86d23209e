import { describe, expect, it } from '@jest/globals';
import type { GatewayStatus } from '@seawall/gateway';
import { createMemoryJournal } from '@seawall/ports/memory';
import { health, type HealthView } from './health.ts';

const gateway = (status: Partial<GatewayStatus> = {}) => ({
  status: () => ({ accepting: true, oldestWaitMs: 0, ...status }) as GatewayStatus,
});
const role = (seq = 0, failure?: string) => ({
  status: () => ({ name: 'engine', running: true, seq, stamp: 0, ...(failure === undefined ? {} : { failure }) }),
});
const view = (more: Partial<HealthView> = {}): HealthView => ({
  journal: createMemoryJournal(),
  gateway: gateway(),
  roles: [role()],
  engine: { refused: [] },
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
    const report = health(view({ engine: { refused: [{ id: 'smog', version: 3, message: 'No such aggregate.' }] } }));
    expect(report.ready).toBe(true);
    expect(JSON.stringify(report)).toContain('\\"smog\\" version 3: No such aggregate.');
  });
});
