import { powerCases } from '../power.js';
import { simulatedWorld } from './simulated-world.js';

describe('power, on the simulator', () => {
  powerCases(simulatedWorld());
});
