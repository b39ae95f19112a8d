import { MemoryQuotaStore } from '../../support/memory-quota-store.ts';
import { quotaStoreContract } from '../../db/quota-store.contract.ts';

const store = new MemoryQuotaStore();
quotaStoreContract(() => store);
