import { crashCases } from '../crash.js';
import { simulatedWorld } from './simulated-world.js';

describe('guests that crash or do not listen, on the simulator', () => {
  crashCases(simulatedWorld());
});
