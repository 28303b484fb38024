import { ownKernelCases } from '../acceptance/own-kernel.js';
import { realWorld } from './lab/real-world.js';

describe('the own kernel with more words, on a real Xen', () => {
  ownKernelCases(realWorld());
});
