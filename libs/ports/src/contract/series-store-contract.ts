import { describe } from '@jest/globals';
import type { SeriesStore } from '../series-store.ts';
import { absurdContract } from './series-store-absurd-contract.ts';
import { aggregateContract } from './series-store-aggregate-contract.ts';
import { lateContract } from './series-store-late-contract.ts';
import { StoreHarness } from './series-store-harness.ts';
import { overflowContract } from './series-store-overflow-contract.ts';
import { pageContract } from './series-store-page-contract.ts';
import { rateContract } from './series-store-rate-contract.ts';
import { retentionContract } from './series-store-retention-contract.ts';
import { rollupContract } from './series-store-rollup-contract.ts';
import { selectionContract } from './series-store-selection-contract.ts';
import { writeContract } from './series-store-write-contract.ts';

export {
  batchOf,
  collect,
  planOf,
  readingsChange,
  type PlainReading,
  type WholeSeries,
} from './series-store-harness.ts';

export interface SeriesStoreContractOptions {
  /** Whether the store makes rollups. */
  readonly rollups: boolean;
  /** Only what is computed: for a second way of computing, over what is written and found in the same way. */
  readonly aggregatesOnly?: boolean;
  /** Whether background work and retention are looked at as well: always, unless this says otherwise. */
  readonly tiers?: boolean;
}

/**
 * What every SeriesStore promises.
 * @param open answers an empty store; the suite closes it
 */
export function seriesStoreContract(
  name: string,
  open: () => Promise<SeriesStore>,
  { rollups, aggregatesOnly = false, tiers = true }: SeriesStoreContractOptions,
): void {
  describe(`${name} as a SeriesStore`, () => {
    const harness = new StoreHarness(open);
    if (!aggregatesOnly) writeContract(harness);
    if (!aggregatesOnly) selectionContract(harness);
    aggregateContract(harness);
    overflowContract(harness, tiers);
    rateContract(harness);
    pageContract(harness);
    if (tiers) rollupContract(harness, rollups);
    if (tiers && rollups) lateContract(harness);
    if (tiers) retentionContract(harness, rollups);
    if (tiers && rollups) absurdContract(harness);
  });
}
