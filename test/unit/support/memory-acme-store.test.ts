import { MemoryAcmeStore } from '../../support/memory-acme-store.ts';
import { acmeStoreContract } from '../../db/acme-store.contract.ts';

const store = new MemoryAcmeStore();
acmeStoreContract(() => store);
