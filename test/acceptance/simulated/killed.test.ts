import { killedCases } from '../killed.js';
import { simulatedWorld } from './simulated-world.js';

describe('a dom0 half that is killed, on the simulator', () => {
  killedCases(simulatedWorld());
});
