import { sessionStoreContract } from '../contract/session-store-contract.ts';
import { createMemorySessionStore } from './memory-session-store.ts';

sessionStoreContract('The memory store', async (options) => createMemorySessionStore(options));
