import { dom0HalfCases } from '../dom0-half.js';
import { simulatedWorld } from './simulated-world.js';

describe('the dom0 half’s life, on the simulator', () => {
  dom0HalfCases(simulatedWorld());
});
