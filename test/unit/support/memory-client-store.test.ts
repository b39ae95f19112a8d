import { MemoryClientStore } from '../../support/memory-client-store.ts';
import { clientStoreContract } from '../../db/client-store.contract.ts';

const store = new MemoryClientStore();
clientStoreContract(() => store);
