import type { WindowAggregate } from '@seawall/model';
import type { Aggregate } from './aggregate.ts';
import { count } from './count.ts';
import { first } from './first.ts';
import { last } from './last.ts';
import { max } from './max.ts';
import { mean } from './mean.ts';
import { min } from './min.ts';
import { rate } from './rate.ts';
import { stddev } from './stddev.ts';
import { sum } from './sum.ts';

export type { Aggregate, PartialAggregate } from './aggregate.ts';

export const AGGREGATES: Readonly<Record<WindowAggregate, Aggregate>> = {
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
