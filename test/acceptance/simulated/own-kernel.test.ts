import { ownKernelCases } from '../own-kernel.js';
import { simulatedWorld } from './simulated-world.js';

describe('the own kernel with more words, on the simulator', () => {
  ownKernelCases(simulatedWorld());
});
