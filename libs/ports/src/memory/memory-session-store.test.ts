import { sessionStoreContract } from '../contract/session-store-contract.ts';
import { createMemorySessionStore } from './memory-session-store.ts';

sessionStoreContract('The memory store', async () => createMemorySessionStore({ maxQueuedPerClient: 3 }));
