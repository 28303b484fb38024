import { rescueCases } from '../../acceptance/rescue.js';
import { realWorld } from '../lab/real-world.js';
import { OLDER } from '../lab/release.js';

describe('rescue by a kernel of dom0’s, on Xen 4.17', () => {
  rescueCases(realWorld(OLDER));
});
