import { registryContract } from '../contract/registry-contract.ts';
import { createMemoryRegistry } from './memory-registry.ts';

registryContract('The memory registry', async () => createMemoryRegistry({ keptRejections: 5 }));
