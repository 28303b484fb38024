import { crashCases } from '../acceptance/crash.js';
import { realWorld } from './lab/real-world.js';

describe('guests that crash or do not listen, on a real Xen', () => {
  crashCases(realWorld());
});
