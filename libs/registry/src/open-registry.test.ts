import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cursorAfter, cursorSeq, type EntryOf, type JournalEntry, type Registry } from '@seawall/ports';
import { registryContract } from '@seawall/ports/contract';
import Database from 'libsql';
import { openRegistry, RegistryTooNewError } from './index.ts';

const STAMP = 1_790_000_000_000;

let directory: string;
let files = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-registry-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function newPath(): string {
  return join(directory, String(++files), 'registry.db');
}

registryContract('The registry on SQLite', () => openRegistry({ path: newPath(), keptRejections: 5 }));

describe('the registry on SQLite', () => {
  it('is the same after it was opened again', async () => {
    const path = newPath();
    const before = await openRegistry({ path });
    await before.apply([deviceEntry(1, 'a'), tick(2)], cursorAfter(tick(2)));
    await before.close();
    const after = await openRegistry({ path });
    expect(cursorSeq(after.cursor())).toBe(2);
    expect((await after.device('a'))?.labelSpans).toEqual([
      { from: -Infinity, labels: { district: 'north', type: 'loop' } },
      { from: STAMP + 0.125, labels: { district: 'south', type: 'loop' } },
    ]);
    await after.close();
  });

  it('goes on counting and trimming rejections where it stopped', async () => {
    const path = newPath();
    for (let seq = 1; seq <= 3; seq++) {
      const registry = await openRegistry({ path, keptRejections: 2 });
      await registry.apply([rejectionsEntry(seq)], cursorAfter({ partition: 0, seq }));
      await registry.close();
    }
    const registry = await openRegistry({ path, keptRejections: 2 });
    expect(await registry.rejectionCounts()).toEqual({ 'bad-time': 3 });
    const { items } = await registry.rejections({}, { limit: 9 });
    expect(items.map(({ id }) => id)).toEqual(['3-0', '2-0']);
    await registry.close();
  });

  it('writes a cursor that only passed over entries at most once a second of stamps, and when it closes', async () => {
    const path = newPath();
    const registry = await openRegistry({ path });
    await applyTo(registry, tick(1, STAMP));
    await applyTo(registry, tick(2, STAMP + 999));
    expect(cursorSeq(registry.cursor())).toBe(1);
    await applyTo(registry, tick(3, STAMP + 1000));
    expect(cursorSeq(registry.cursor())).toBe(3);
    await applyTo(registry, tick(4, STAMP + 1001));
    await registry.close();
    const again = await openRegistry({ path });
    expect(cursorSeq(again.cursor())).toBe(4);
    await again.close();
  });

  it('applies all of a call or nothing', async () => {
    const registry = await openRegistry({ path: newPath() });
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const broken = { ...rejectionsEntry(2), payload: [circular] } as unknown as JournalEntry;
    await expect(registry.apply([deviceEntry(1, 'a'), broken], cursorAfter(broken))).rejects.toThrow(TypeError);
    expect(cursorSeq(registry.cursor())).toBe(0);
    expect(await registry.device('a')).toBeUndefined();
    await applyTo(registry, deviceEntry(1, 'a'));
    expect(await registry.device('a')).toBeDefined();
    await registry.close();
  });

  it('lets others have their turn while it applies much', async () => {
    const registry = await openRegistry({ path: newPath() });
    const entries = Array.from({ length: 1_000 }, (_, i) => deviceEntry(i + 1, `device-${i}`));
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await registry.apply(entries, cursorAfter(entries.at(-1)!));
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(20);
    expect((await registry.devices({}, { limit: 2_000 })).items).toHaveLength(1_000);
    await registry.close();
  });

  it('learns the places of devices that an older Seawall wrote', async () => {
    const path = newPath();
    const registry = await openRegistry({ path });
    const entry = deviceEntry(1, 'a');
    const description = { location: { lat: 22.25, lon: 113.55 } };
    await applyTo(registry, { ...entry, payload: { ...entry.payload, description } });
    await applyTo(registry, deviceEntry(2, 'b'));
    await registry.close();
    const database = new Database(path);
    database.exec('delete from schema_migration where number >= 2; drop index device_place');
    for (const column of ['severity', 'rule', 'domain', 'device']) database.exec(`drop index alert_${column}_changed`);
    database.exec('alter table device drop column lat; alter table device drop column lon');
    database.close();
    const again = await openRegistry({ path });
    const area = { kind: 'box', west: 113, south: 22, east: 114, north: 23 } as const;
    expect(await again.devicesWithin(area)).toEqual(new Set(['a']));
    await again.close();
  });

  it('is refused in a sentence when a newer Seawall wrote it', async () => {
    const path = newPath();
    await (await openRegistry({ path })).close();
    const database = new Database(path);
    database.exec("insert into schema_migration (number, name) values (99, 'from the future')");
    database.close();
    await expect(openRegistry({ path })).rejects.toThrow(RegistryTooNewError);
    await expect(openRegistry({ path })).rejects.toThrow(/schema version 99, and this Seawall knows versions up to 3/);
  });
});

async function applyTo(registry: Registry, entry: JournalEntry): Promise<void> {
  await registry.apply([entry], cursorAfter(entry));
}

function tick(seq: number, stamp = STAMP): JournalEntry {
  return { version: 1, kind: 'tick', payload: null, origin: 'live', stamp, partition: 0, seq };
}

function deviceEntry(seq: number, device: string): EntryOf<'device'> {
  const labelSpans = [
    { from: -Infinity, labels: { district: 'north', type: 'loop' } },
    { from: STAMP + 0.125, labels: { district: 'south', type: 'loop' } },
  ];
  const payload = { device, domain: 'traffic', labelSpans, receivedAt: STAMP };
  return { version: 1, kind: 'device', payload, origin: 'live', stamp: STAMP, partition: 0, seq };
}

function rejectionsEntry(seq: number): EntryOf<'rejections'> {
  const rejection = {
    reason: 'bad-time' as const,
    detail: 'The time is not a time.',
    topic: 'city/traffic/a/telemetry',
    pointer: '/ts',
    receivedAt: STAMP,
    sample: '{}',
  };
  return { version: 1, kind: 'rejections', payload: [rejection], origin: 'live', stamp: STAMP, partition: 0, seq };
}
