import { pvhCases } from '../pvh.js';
import { simulatedWorld } from './simulated-world.js';

describe('PVH servers, on the simulator', () => {
  pvhCases(
    simulatedWorld([
      { name: 'hamlet', type: 'pvh', settings: ['on_crash = "restart"'] },
      { name: 'laertes', type: 'pvh', bootloader: 'pvgrub' },
    ]),
  );
});
