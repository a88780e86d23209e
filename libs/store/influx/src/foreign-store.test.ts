import { expect, it } from '@jest/globals';
import { cursorAfter, ForeignStoreError, JOURNAL_START } from '@seawall/ports';
import { openInfluxStore } from './open-influx-store.ts';
import { influxSuite } from './testing/influx-suite.ts';

influxSuite((server) => {
  it('refuses to go on with what was written from another log', async () => {
    const where = { url: server().url, database: server().newDatabase() };
    const at = cursorAfter({ partition: 0, seq: 7 });
    const first = await openInfluxStore({ ...where, log: 'a' });
    await first.write([], at);
    await first.close();
    const again = await openInfluxStore({ ...where, log: 'a' });
    expect(await again.cursor()).toBe(at);
    await again.close();
    const other = await openInfluxStore({ ...where, log: 'b' });
    await expect(other.cursor()).rejects.toThrow(ForeignStoreError);
    await expect(other.write([], cursorAfter({ partition: 0, seq: 9 }))).rejects.toThrow(/holds what another hub/);
    await other.close();
  });

  it('belongs to nobody before anything is written', async () => {
    const where = { url: server().url, database: server().newDatabase() };
    const first = await openInfluxStore({ ...where, log: 'a' });
    expect(await first.cursor()).toBe(JOURNAL_START);
    await first.close();
    const other = await openInfluxStore({ ...where, log: 'b' });
    expect(await other.cursor()).toBe(JOURNAL_START);
    await other.close();
  });
});
