import { seriesStoreContract } from '../contract/series-store-contract.ts';
import { createMemorySeriesStore } from './memory-series-store.ts';

seriesStoreContract('the memory store', async () => createMemorySeriesStore(), { rollups: false });
