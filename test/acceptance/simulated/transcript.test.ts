import { transcriptCases } from '../transcript.js';
import { simulatedWorld } from './simulated-world.js';

describe('what a server says, on the simulator', () => {
  transcriptCases(simulatedWorld());
});
