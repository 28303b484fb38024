import { powerCases } from '../acceptance/power.js';
import { realWorld } from './lab/real-world.js';

describe('power, on a real Xen', () => {
  powerCases(realWorld());
});
