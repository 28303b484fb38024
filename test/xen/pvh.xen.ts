import { pvhCases } from '../acceptance/pvh.js';
import { realWorld } from './lab/real-world.js';

describe('PVH servers, on a real Xen', () => {
  pvhCases(realWorld());
});
