import { powerCases } from '../../acceptance/power.js';
import { realWorld } from '../lab/real-world.js';
import { OLDER } from '../lab/release.js';

describe('power, on Xen 4.17', () => {
  powerCases(realWorld(OLDER));
});
