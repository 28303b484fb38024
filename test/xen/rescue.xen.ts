import { rescueCases } from '../acceptance/rescue.js';
import { realWorld } from './lab/real-world.js';

describe('rescue by a kernel of dom0’s, on a real Xen', () => {
  rescueCases(realWorld());
});
