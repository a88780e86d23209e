import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { streamedChunks } from './streamed-chunks.ts';

const ROWS = 300_000;

describe('a streamed answer of the engine', () => {
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;
  beforeEach(async () => {
    instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    connection = await instance.connect();
    await connection.run('BEGIN');
  });
  afterEach(() => {
    connection.disconnectSync();
    instance.closeSync();
  });

  async function rowsOf(sql: string, each: (rows: number) => void = () => undefined): Promise<number> {
    let rows = 0;
    for await (const chunk of streamedChunks(connection, await connection.stream(sql))) each((rows += chunk.rowCount));
    return rows;
  }

  it('comes whole', async () => {
    expect(await rowsOf(`SELECT i FROM range(${ROWS}) AS rows (i)`)).toBe(ROWS);
    expect(await rowsOf('SELECT i FROM range(0) AS rows (i)')).toBe(0);
  });

  it('throws where the engine fails on the way', async () => {
    const failing = `SELECT CASE WHEN i = ${ROWS / 2} THEN error('no more') ELSE i END FROM range(${ROWS}) AS rows (i)`;
    await expect(rowsOf(failing)).rejects.toThrow('broke off');
  });

  it('throws where it is interrupted, whoever did that', async () => {
    const interrupt = () => connection.interrupt();
    await expect(rowsOf(`SELECT i FROM range(${ROWS * 100}) AS rows (i)`, interrupt)).rejects.toThrow('broke off');
  });
});
