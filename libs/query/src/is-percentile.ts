import type { QueryAggregate } from '@seawall/model';

export function isPercentile(name: QueryAggregate): name is `p${number}` {
  return /^p\d+$/.test(name);
}
