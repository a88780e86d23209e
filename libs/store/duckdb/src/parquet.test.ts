import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countParquetRows, readParquet } from './parquet-reader.ts';
import { ParquetWriter } from './parquet-writer.ts';

const ODD = { domain: '环境', device: `O'Brien, "7"`, metric: 'pm2.5', unit: null };
const PLAIN = { domain: 'environment', device: 'aq-7', metric: 'pm25', unit: 'ug/m3' };

describe('a Parquet file of readings', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-parquet-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function rowsIn(path: string): Promise<unknown[][]> {
    const rows: unknown[][] = [];
    for await (const { domain, device, metric, unit, time, value } of readParquet(path)) {
      for (let i = 0; i < time.length; i++) rows.push([domain[i], device[i], metric[i], unit[i], time[i], value[i]]);
    }
    return rows;
  }

  it('gives back names, units, microseconds and doubles as they were, in their order', async () => {
    const path = join(folder, "it's.parquet");
    const writer = await ParquetWriter.open(path);
    const times = Float64Array.of(1_790_000_000_000.123, 1_790_000_000_001.999);
    await writer.write(ODD, times, Float64Array.of(-0, 1e-300));
    await writer.write(PLAIN, times, Float64Array.of(0.1 + 0.2, -1.7976931348623157e308));
    await writer.write(ODD, Float64Array.of(1_700_000_000_000), Float64Array.of(3));
    await writer.finish();
    const of = ({ domain, device, metric, unit }: typeof ODD | typeof PLAIN) => [domain, device, metric, unit];
    expect(await rowsIn(path)).toEqual([
      [...of(ODD), 1_790_000_000_000.123, -0],
      [...of(ODD), 1_790_000_000_001.999, 1e-300],
      [...of(PLAIN), 1_790_000_000_000.123, 0.1 + 0.2],
      [...of(PLAIN), 1_790_000_000_001.999, -1.7976931348623157e308],
      [...of(ODD), 1_700_000_000_000, 3],
    ]);
    expect(await countParquetRows(path)).toBe(5);
    await ParquetWriter.discard(path);
    expect(await readdir(folder)).toEqual(["it's.parquet"]);
  });

  /** @param rows SQL of its columns, as somebody else may write it */
  async function edited(rows: string): Promise<string> {
    const path = join(folder, 'edited.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (${rows}) TO '${path}' (FORMAT PARQUET)`);
    connection.disconnectSync();
    instance.closeSync();
    return path;
  }

  it.each(['NULL', "'nan'::DOUBLE"])('is refused for a row whose value is %s', async (value) => {
    const path = await edited(
      `SELECT now() AS time, 'e' AS domain, 'a' AS device, 'm' AS metric, unnest([1.5, ${value}]) AS value, 'm' AS unit`,
    );
    await expect(rowsIn(path)).rejects.toThrow(/no finite number as its value/);
  });

  // By the engine alone it would end there, like one that is finished.
  it.each(['NULL', "'1.5 V'"])('is refused for such a row also behind many others: %s', async (value) => {
    const path = await edited(
      `SELECT now() AS time, 'e' AS domain, 'a' AS device, 'm' AS metric, CASE WHEN i = 150000 THEN ${value} ELSE '1' END AS value, 'm' AS unit
        FROM range(160000) AS rows (i)`,
    );
    await expect(rowsIn(path)).rejects.toThrow(/no finite number as its value/);
  });

  it('keeps the order of many', async () => {
    const path = join(folder, 'many.parquet');
    const writer = await ParquetWriter.open(path);
    const n = 50_000;
    for (let run = 0; run < 6; run++) {
      const times = Float64Array.from({ length: n }, (_, i) => 1_700_000_000_000 + (run >> 1) * n + i);
      await writer.write(run % 2 === 0 ? ODD : PLAIN, times, times);
    }
    await writer.finish();
    let at = 0;
    for await (const { device, value } of readParquet(path)) {
      for (let i = 0; i < value.length; i++, at++) {
        const run = Math.floor(at / n);
        if (value[i] !== 1_700_000_000_000 + (run >> 1) * n + (at % n)) throw new Error(`row ${at} is ${value[i]}`);
        if (device[i] !== (run % 2 === 0 ? ODD : PLAIN).device) throw new Error(`row ${at} is of ${device[i]}`);
      }
    }
    expect(at).toBe(6 * n);
  });

  it('is not there before it is finished, and nothing is when it is given up', async () => {
    const path = join(folder, 'a.parquet');
    const writer = await ParquetWriter.open(path);
    await writer.write(PLAIN, Float64Array.of(1_790_000_000_000), Float64Array.of(1));
    expect(existsSync(path)).toBe(false);
    writer.close();
    await ParquetWriter.discard(path);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is gone on with where its writer was left, without what was not kept', async () => {
    const path = join(folder, 'a.parquet');
    const at = (time: number, value: number) => [Float64Array.of(time + 0.001), Float64Array.of(value)] as const;
    const first = await ParquetWriter.open(path);
    await first.write(ODD, ...at(1, -0));
    await first.keep();
    await first.write(PLAIN, ...at(1, 2));
    const kept = await first.keep();
    await first.write(PLAIN, ...at(2, 3));
    await first.keep(); // of which nobody was told
    await first.write(ODD, ...at(2, 4));
    first.close();
    const [odd, plain] = [{ ...ODD }, { ...PLAIN }];
    const second = (await ParquetWriter.resume(path, kept, ({ unit }) => (unit === null ? odd : plain)))!;
    const taken: unknown[] = [];
    for await (const { series, time, value } of second.taken()) taken.push([series, time[0], value[0]]);
    expect(taken).toEqual([
      [odd, 1.001, -0],
      [plain, 1.001, 2],
    ]);
    await second.write(odd, ...at(3, 5));
    expect(await second.keep()).toBe(kept + 1);
    await second.write(plain, ...at(3, 6));
    await second.finish();
    expect((await rowsIn(path)).map((row) => [row[1], ...row.slice(4)])).toEqual([
      [ODD.device, 1.001, -0],
      [PLAIN.device, 1.001, 2],
      [ODD.device, 3.001, 5],
      [PLAIN.device, 3.001, 6],
    ]);
    await ParquetWriter.discard(path);
    expect(await readdir(folder)).toEqual(['a.parquet']);
    expect(await ParquetWriter.resume(path, kept, (series) => series)).toBeUndefined();
  });

  it('is refused when it is none', async () => {
    const path = join(folder, 'a.parquet');
    await writeFile(path, 'PAR1 and nothing else');
    await expect(rowsIn(path)).rejects.toThrow();
  });
});
