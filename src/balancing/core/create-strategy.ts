import { ConsistentHash } from './consistent-hash.ts';
import { LeastConnections } from './least-connections.ts';
import { WeightedRandom } from './weighted-random.ts';
import { RoundRobin } from './round-robin.ts';
import type { StrategyName } from './balancing-vocabulary.ts';
import type { Strategy, StrategyPorts } from './strategy.ts';
import { TwoChoices } from './two-choices.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

export function createStrategy(name: StrategyName, ports: StrategyPorts): Strategy {
  switch (name) {
    case 'round-robin':
      return new RoundRobin(ports);
    case 'weighted-round-robin':
      return new WeightedRoundRobin();
    case 'least-connections':
      return new LeastConnections(ports);
    case 'random':
      return new WeightedRandom(ports);
    case 'two-choices':
      return new TwoChoices(ports);
    case 'consistent-hash':
      return new ConsistentHash();
  }
}
