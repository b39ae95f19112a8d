import { MemoryFleetStore } from '../../support/memory-fleet-store.ts';
import { fleetStoreContract } from '../../db/fleet-store.contract.ts';

const store = new MemoryFleetStore();
fleetStoreContract(() => store);
