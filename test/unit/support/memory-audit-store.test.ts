import { MemoryAuditStore } from '../../support/memory-audit-store.ts';
import { auditStoreContract } from '../../db/audit-store.contract.ts';

const store = new MemoryAuditStore();
auditStoreContract(() => store);
