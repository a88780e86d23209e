import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Turns } from '@seawall/api';
import type { Cursor, Journal, Registry } from '@seawall/ports';
import { createMemoryJournal, createMemoryRegistry } from '@seawall/ports/memory';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchUpRegistry } from './roles/registrar.ts';
import { reloadRules, type RuleReloadOptions } from './rule-reload.ts';

const rule = (above: number) => ({
  id: 'smog',
  severity: 'major',
  when: { domain: 'environment', metric: 'pm25', aggregate: 'mean', window: '1h', above },
});

let rulesDir: string;
let journal: Journal;
let registry: Registry;
let options: RuleReloadOptions;

beforeEach(() => {
  rulesDir = mkdtempSync(join(tmpdir(), 'seawall-reload-'));
  journal = createMemoryJournal();
  registry = createMemoryRegistry();
  const caughtUp = async (_: Cursor) => {
    await catchUpRegistry(journal, registry);
    return true;
  };
  options = { journal, registry, rulesDir, turns: new Turns(), registered: caughtUp, applied: caughtUp };
});
afterEach(() => rmSync(rulesDir, { recursive: true }));

const write = (content: unknown) => writeFileSync(join(rulesDir, 'a.yaml'), JSON.stringify(content));

async function versions(): Promise<[number, number | null][]> {
  const found: [number, number | null][] = [];
  for await (const { entries } of journal.read(journal.start(), { follow: false })) {
    for (const entry of entries) {
      if (entry.kind === 'rule')
        found.push([entry.payload.version, (entry.payload.rule?.when.above as number) ?? null]);
    }
  }
  return found;
}

describe('reloadRules', () => {
  it('says what changed, what was deleted, and that nothing did', async () => {
    write(rule(150));
    expect(await reloadRules(options)).toEqual({ changed: ['smog'], deleted: [], applied: true });
    expect(await reloadRules(options)).toEqual({ changed: [], deleted: [], applied: true });
    rmSync(join(rulesDir, 'a.yaml'));
    expect(await reloadRules(options)).toEqual({ changed: [], deleted: ['smog'], applied: true });
  });

  it('goes on counting versions after a rule was deleted, over restarts of the registry too', async () => {
    write(rule(1));
    await reloadRules(options);
    rmSync(join(rulesDir, 'a.yaml'));
    await reloadRules(options);
    write(rule(2));
    const rebuilt = createMemoryRegistry();
    const again = async () => catchUpRegistry(journal, rebuilt).then(() => true);
    await reloadRules({ ...options, registry: rebuilt, registered: again, applied: again });
    expect(await versions()).toEqual([[1, 1], [2, null], [3, 2]]); // prettier-ignore
  });

  it('gives no version twice when it is called again while it works', async () => {
    write(rule(1));
    // As slow as a disk: whoever does not wait for the turn has read the version by now.
    const append = journal.append.bind(journal);
    journal.append = async (drafts) => {
      for (let i = 0; i < 50; i++) await new Promise(setImmediate);
      return append(drafts);
    };
    const first = reloadRules(options);
    const second = reloadRules(options);
    write(rule(2));
    const third = reloadRules(options);
    await Promise.all([first, second, third]);
    const found = await versions();
    expect(found.map(([version]) => version)).toEqual(found.map((_, i) => i + 1));
    expect(found.at(-1)![1]).toBe(2);
  });

  it('waits for a change through the API that is under way', async () => {
    let done = (): void => undefined;
    const change = options.turns.take(() => new Promise<void>((resolve) => (done = resolve)));
    write(rule(1));
    const reload = reloadRules(options);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(await versions()).toEqual([]);
    done();
    await change;
    expect(await reload).toMatchObject({ changed: ['smog'] });
  });

  it('changes nothing while the registry is behind, or a file is wrong', async () => {
    write(rule(1));
    await expect(reloadRules({ ...options, registered: async () => false })).rejects.toThrow('still busy');
    write({ ...rule(1), severity: 'dire' });
    await expect(reloadRules(options)).rejects.toThrow('severity');
    expect(await versions()).toEqual([]);
    write(rule(1));
    expect(await reloadRules(options)).toMatchObject({ changed: ['smog'] });
  });
});
