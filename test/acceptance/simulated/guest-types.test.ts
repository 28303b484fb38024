import { guestTypeCases } from '../guest-types.js';
import { OTHER_TYPES, simulatedWorld } from './simulated-world.js';

describe('guests that are not PV, on the simulator', () => {
  guestTypeCases(simulatedWorld(OTHER_TYPES));
});
