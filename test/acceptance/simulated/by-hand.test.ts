import { byHandCases } from '../by-hand.js';
import { simulatedWorld } from './simulated-world.js';

describe('an operator at work with xl, on the simulator', () => {
  byHandCases(simulatedWorld());
});
