import { rescueCases } from '../rescue.js';
import { simulatedWorld } from './simulated-world.js';

describe('rescue by a kernel of dom0’s, on the simulator', () => {
  rescueCases(simulatedWorld());
});
