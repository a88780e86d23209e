import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kysely } from 'kysely';
import { sqliteThreadDialect } from './sqlite-thread-dialect.ts';
import { SqliteThread } from './sqlite-thread.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seawall-sqlite-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const open = (name: string) => SqliteThread.open(join(directory, name), ['journal_mode = WAL', 'synchronous = FULL']);

interface Numbers {
  readonly numbers: { readonly n: number };
}

describe('a database on a thread of its own', () => {
  it('answers statements in the order in which they were asked', async () => {
    const thread = await open('order.db');
    await thread.execute('create table numbers (n integer)', []);
    const inserted = thread.execute('insert into numbers values (?), (?)', [1, 2]);
    const counted = thread.execute('select count(*) as count from numbers', []);
    expect(await inserted).toEqual({ rows: [], changes: 2 });
    expect(await counted).toEqual({ rows: [{ count: 2 }] });
    await thread.close();
  });

  it('tells whoever asked what is wrong with a statement, and goes on', async () => {
    const thread = await open('wrong.db');
    await expect(thread.execute('select * from nowhere', [])).rejects.toThrow('no such table: nowhere');
    expect((await thread.execute('select 1 as one', [])).rows).toEqual([{ one: 1 }]);
    await thread.close();
  });

  it('is not opened where there is another file', async () => {
    await writeFile(join(directory, 'other'), 'This is no database, and long enough to be seen to be none.'.repeat(40));
    await expect(open('other')).rejects.toThrow('file is not a database');
  });

  it('closes after what was asked before, and takes nothing any more', async () => {
    const thread = await open('closed.db');
    const answered = thread.execute('select 1 as one', []);
    await thread.close();
    expect((await answered).rows).toEqual([{ one: 1 }]);
    await expect(thread.execute('select 1', [])).rejects.toThrow('closed');
    await thread.close();
  });

  it('lets nobody see, or get into, a transaction of another', async () => {
    const db = new Kysely<Numbers>({ dialect: sqliteThreadDialect(await open('transactions.db')) });
    await db.schema.createTable('numbers').addColumn('n', 'integer').execute();
    const count = async () =>
      (
        await db
          .selectFrom('numbers')
          .select((eb) => eb.fn.countAll().as('count'))
          .executeTakeFirstOrThrow()
      ).count;
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('numbers').values({ n: 1 }).execute();
      throw new Error('Changed my mind.');
    });
    const counted = count();
    const succeeding = db.transaction().execute(async (trx) => {
      for (const n of [2, 3]) await trx.insertInto('numbers').values({ n }).execute();
    });
    const countedAfter = count();
    await expect(failing).rejects.toThrow('Changed my mind.');
    expect(await counted).toBe(0);
    await succeeding;
    expect(await countedAfter).toBe(2);
    await db.destroy();
  });
});
