import { percentOf, type WINDOW_AGGREGATES, type WindowAggregate } from '@seawall/model';
import type { Aggregate } from './aggregate.ts';
import { count } from './count.ts';
import { first } from './first.ts';
import { last } from './last.ts';
import { max } from './max.ts';
import { mean } from './mean.ts';
import { min } from './min.ts';
import { percentile } from './percentile.ts';
import { rate } from './rate.ts';
import { stddev } from './stddev.ts';
import { sum } from './sum.ts';

export type { Aggregate, PartialAggregate } from './aggregate.ts';
export { SKETCH_RELATIVE_ERROR } from '@seawall/model';

type NamedAggregate = (typeof WINDOW_AGGREGATES)[number];

const AGGREGATES: Readonly<Record<NamedAggregate, Aggregate>> = {
  count,
  sum,
  mean,
  min,
  max,
  first,
  last,
  stddev,
  rate,
};

export function aggregateOf(name: WindowAggregate): Aggregate {
  const percent = percentOf(name);
  return percent === undefined ? AGGREGATES[name as NamedAggregate] : percentile(percent);
}
