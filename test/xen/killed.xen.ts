import { killedAgainCases } from '../acceptance/killed-again.js';
import { killedCases } from '../acceptance/killed.js';
import { realWorld } from './lab/real-world.js';

describe('a dom0 half that is killed, on a real Xen', () => {
  const world = realWorld();
  killedCases(world);
  // A boot of the whole host and twenty starts of the half take minutes here.
  if (process.env['POSTERN_TEST_LONG'] !== undefined) killedAgainCases(world, 20);
});
