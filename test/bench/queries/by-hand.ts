import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { HUB_STORE_MEMORY_MB } from '../../support/fill-store.ts';
import { keyOf, type Answer } from './answers.ts';
import { DISTRICTS, type CityReadings } from './city-readings.ts';
import type { Question, QuestionName, Subject } from './questions.ts';
import { sqlByHand, type Statement } from './sql-by-hand.ts';

type Columns = readonly (readonly unknown[])[];

/** A way to answer a question. */
export interface ByHand extends Statement {
  readonly run: () => Promise<Columns>;
  readonly answerOf: (columns: Columns) => Answer;
}

/**
 * The file of a hub (a copy of it, as long as that runs), asked by statements written by hand. As the hub has it: two
 * threads, as much memory; what one would look up beforehand (numbers of series, who stands in which district) lies ready.
 */
export class StoreByHand {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(path: string, { stations }: CityReadings): Promise<StoreByHand> {
    const options = {
      access_mode: 'READ_ONLY',
      threads: '2',
      memory_limit: `${HUB_STORE_MEMORY_MB}MB`,
      preserve_insertion_order: 'false',
    };
    const instance = await DuckDBInstance.create(path, options);
    const connection = await instance.connect();
    const rows = stations.map(({ device, labels }) => `('${device}', ${DISTRICTS.indexOf(labels.district!)})`);
    await connection.run(`
      CREATE TEMP TABLE station AS SELECT device, district::UTINYINT AS district FROM (VALUES ${rows.join(', ')}) AS t (device, district);
      CREATE TEMP TABLE place AS SELECT id AS series, metric, device, district FROM series JOIN station USING (device) ORDER BY id`);
    return new StoreByHand(instance, connection);
  }

  async waysTo(question: Question, subject: Subject): Promise<readonly ByHand[]> {
    const known = {
      series: await this.#seriesOf(question.name, subject),
      readings: await this.#readings(question.name, subject),
      rolledTo: (await this.#columns('SELECT rolled_to FROM rolling'))[0]![0] as number,
    };
    return sqlByHand(question.name, subject, known).map((statement) => ({
      ...statement,
      run: () => this.#columns(statement.sql),
      answerOf: (columns) => answerOf(question, columns),
    }));
  }

  close(): void {
    this.#connection.disconnectSync();
    this.#instance.closeSync();
  }

  async #seriesOf(name: QuestionName, { metric, device }: Subject): Promise<readonly number[]> {
    const one = name === 'b' || name === 'c' ? ` AND device = '${device}'` : '';
    const sql = `SELECT series FROM place WHERE metric = '${metric}'${one} ORDER BY series`;
    return (await this.#columns(sql))[0] as number[];
  }

  /** The last ones may not be in order yet; the latest of each may be anywhere. */
  async #readings(name: QuestionName, { day, month }: Subject): Promise<string> {
    const to = name === 'd' || name === 'f' ? month.to : day.to;
    const [unordered] = (await this.#columns(
      `SELECT count(*)::INTEGER FROM raw WHERE time < ${to * 1000}`,
    )) as number[][];
    return unordered![0] === 0
      ? 'sealed'
      : '(SELECT series, time, value FROM sealed UNION ALL SELECT series, time, value FROM raw)';
  }

  async #columns(sql: string): Promise<Columns> {
    return (await this.#connection.runAndReadAll(sql)).getColumnsJS();
  }
}

/** The columns are: series of the answer (a district's number, a device, or nothing), time in ms, values. */
function answerOf({ by }: Question, [series, time, ...values]: Columns): Answer {
  const name = (of: unknown) =>
    by === 'district' ? DISTRICTS[of as number] : by === 'device' ? String(of) : undefined;
  return new Map(
    (time as readonly number[]).map((t, i) => [keyOf(name(series![i]), t), values.map((column) => Number(column[i]))]),
  );
}
