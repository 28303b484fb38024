import { bootLoaderCases } from '../boot-loaders.js';
import { simulatedWorld } from './simulated-world.js';

describe('rescue of servers with boot loaders, on the simulator', () => {
  bootLoaderCases(simulatedWorld());
});
