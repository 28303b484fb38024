import { killedCases } from '../acceptance/killed.js';
import { realWorld } from './lab/real-world.js';

describe('a dom0 half that is killed, on a real Xen', () => {
  killedCases(realWorld());
});
