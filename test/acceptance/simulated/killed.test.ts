import { killedAgainCases } from '../killed-again.js';
import { killedCases } from '../killed.js';
import { simulatedWorld } from './simulated-world.js';

describe('a dom0 half that is killed, on the simulator', () => {
  const world = simulatedWorld();
  killedCases(world);
  // The many kills are in test/faults. These few show that the cases for the real host work.
  killedAgainCases(world, 5);
});
