import type { QueryAnswer } from '../../support/http.ts';
import type { Question } from './questions.ts';

/** An answer in one form, whoever gave it: by series and time, the values in the question's order. */
export type Answer = ReadonlyMap<string, readonly number[]>;

export const keyOf = (series: string | undefined, time: number) => `${series ?? ''} ${time}`;

interface Latest {
  readonly items: readonly { readonly device: string; readonly time: number; readonly value: number }[];
  readonly next: string | null;
}

/** @throws Error if the answer was cut */
export function hubAnswer(question: Question, text: string): Answer {
  const answer = JSON.parse(text) as QueryAnswer | Latest;
  if (answer.next !== null) throw new Error(`The hub's answer to ${question.name} was cut.`);
  if ('items' in answer) return new Map(answer.items.map(({ device, time, value }) => [keyOf(device, time), [value]]));
  const { by, values: names } = question;
  return new Map(
    answer.series.flatMap(({ labels, time, values }) =>
      time.map((t, i) => [keyOf(by && labels[by], t), names.map((name) => values[name]![i]!)] as const),
    ),
  );
}

/** What the hub's answer came from: raw, 1m or 1h; null for lists. */
export function hubSource(text: string): string | null {
  return (JSON.parse(text) as Partial<QueryAnswer>).source ?? null;
}

interface InfluxAnswer {
  readonly results: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly values: readonly (readonly number[])[];
    }[];
  }[];
}

/** @throws Error with what InfluxDB says is wrong */
export function influxAnswer({ by }: Question, text: string): Answer {
  const [{ error, series = [] }] = (JSON.parse(text) as InfluxAnswer).results as [InfluxAnswer['results'][0]];
  if (error !== undefined) throw new Error(`InfluxDB says: ${error}`);
  return new Map(
    series.flatMap(({ tags, values }) =>
      values.map(([time, ...rest]) => [keyOf(by && tags?.[by], time!), rest] as const),
    ),
  );
}

/** @returns a sentence on where two answers differ by more than rounding; undefined if nowhere */
function difference(a: Answer, b: Answer): string | undefined {
  if (a.size === 0) return 'it is empty';
  if (a.size !== b.size) return `one has ${a.size} points, the other ${b.size}`;
  for (const [key, values] of a) {
    const others = b.get(key);
    if (others === undefined) return `only one has a point at ${key}`;
    const wrong = values.findIndex((value, i) => !isClose(value, others[i]!));
    if (wrong !== -1) return `at ${key} one has ${values[wrong]}, the other ${others[wrong]}`;
  }
  return undefined;
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}

/** @throws Error unless both answer alike */
export function mustAgree(name: string, hub: Answer, who: string, other: Answer): void {
  const differs = difference(hub, other);
  if (differs !== undefined)
    throw new Error(`Question ${name}: the hub's answer and that of ${who} differ: ${differs}.`);
}
