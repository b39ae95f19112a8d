import { MemoryMemberStore } from '../../support/memory-member-store.ts';
import { memberStoreContract } from '../../db/member-store.contract.ts';

const store = new MemoryMemberStore();
memberStoreContract(() => store);
