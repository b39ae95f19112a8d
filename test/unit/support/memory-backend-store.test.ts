import { MemoryBackendStore } from '../../support/memory-backend-store.ts';
import { backendStoreContract } from '../../db/backend-store.contract.ts';

const store = new MemoryBackendStore();
backendStoreContract(() => store);
