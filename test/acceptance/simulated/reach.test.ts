import { reachCases } from '../reach.js';
import { simulatedWorld } from './simulated-world.js';

describe('what customers must not reach, on the simulator', () => {
  reachCases(simulatedWorld());
});
